#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"
#include "tests/support/daemon.h"

namespace waybill::test::grpc_test {
namespace {

using namespace std::chrono_literals;

/// A trigger with a gRPC door, and a worker that shouts.
struct Shouting {
  Shouting()
      : port(free_port()),
        trigger(realm, "trigger/orders", {"--grpc-listen", address()}),
        worker(realm, trigger.url(), {.handlers = {{"invoice-report", "tr a-z A-Z"}}}) {}
  std::string address() const { return "127.0.0.1:" + std::to_string(port); }
  // The example, as the service of that keytab.
  Ended ask(const std::string& name, const std::string& action, std::string_view input) {
    return run(
        realm.program(WAYBILL_EXAMPLE_GRPC,
                      {realm.realm_file().string(), realm.keytab_of(name).string(), address(),
                       "trigger/orders", "queue-alice", "invoice-report", action}),
        input, 60s);
  }

  LiveRealm realm;
  const std::uint16_t port;
  LiveTrigger trigger;
  LiveWorker worker;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_service_that_speaks_grpc)

BOOST_AUTO_TEST_CASE(starts_work_with_its_keytab_and_gets_the_result) {
  Shouting stage;
  const Ended done = stage.ask("carol", "invoice:read", "over grpc\n");
  BOOST_TEST(done.status == 0, done.err);
  BOOST_TEST(done.out == "OVER GRPC\n");
  const Ended denied = stage.ask("carol", "invoice:shred", "x");
  BOOST_TEST(denied.status == 1);
  BOOST_TEST(denied.err.find("WB-") != std::string::npos, denied.err);
  BOOST_TEST(stage.ask("mallory", "invoice:read", "x").status == 1);
  BOOST_TEST(stage.trigger.daemon().is_running());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::grpc_test
