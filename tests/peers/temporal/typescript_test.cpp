// Temporal's own client and worker for TypeScript, beside our daemons and on the same server.
#include "tests/peers/temporal/temporal_realm.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::typescript_test {
namespace {

using namespace std::chrono_literals;

/// Where the SDK is, which $WAYBILL_TEMPORAL_SDK names.
std::filesystem::path sdk() {
  const char* named = std::getenv("WAYBILL_TEMPORAL_SDK");
  return named == nullptr ? "" : named;
}

boost::test_tools::assertion_result sdk_is_here(boost::unit_test::test_unit_id unit) {
  return DevServer::is_here(unit) && std::filesystem::exists(sdk());
}

/// Programs of this folder, in a folder where they find the SDK.
struct Typescript {
  TemporalRealm& all = TemporalRealm::shared();
  const std::filesystem::path folder = all.realm.folder() / "typescript";

  Typescript() {
    if (std::filesystem::exists(folder)) return;
    std::filesystem::create_directory(folder);
    for (const auto& entry : std::filesystem::directory_iterator(WAYBILL_TYPESCRIPT)) {
      if (entry.path().extension() == ".js") std::filesystem::copy(entry.path(), folder);
    }
    std::filesystem::create_directory_symlink(sdk() / "node_modules", folder / "node_modules");
  }

  Command node(const std::string& program, const std::vector<std::string>& more) const {
    std::vector<std::string> words{"node", (folder / program).string(), all.server.address()};
    words.insert(words.end(), more.begin(), more.end());
    return all.realm.program("/usr/bin/env", std::move(words));
  }
  Ended client(const std::string& what, const std::string& workflow_id) const {
    return run(node("client.js", {what, workflow_id}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_official_typescript, Typescript,
                         *boost::unit_test::precondition(sdk_is_here))

BOOST_AUTO_TEST_CASE(client_describes_our_work_and_reads_none_of_it) {
  const std::string id = all.submit();
  BOOST_TEST(all.end_of(id) == "completed");
  const Ended looked = client("look", id);
  BOOST_TEST_REQUIRE(looked.status == 0, looked.err);
  const auto seen = nlohmann::json::parse(looked.out);
  BOOST_TEST(seen.at("status") == "COMPLETED");
  BOOST_TEST(seen.at("type") == "invoice-report");
  BOOST_TEST(seen.at("result").get<std::string>().starts_with("none: "), seen.at("result"));
  BOOST_TEST(looked.out.find(to_base64(all.sealed_result(id).front().data)) != std::string::npos);
  for (const std::string& secret :
       {std::string("number,amount"), to_base64(bytes_of(Errand{}.input)), std::string("carol")}) {
    BOOST_TEST(looked.out.find(secret) == std::string::npos, secret);
  }
}

BOOST_AUTO_TEST_CASE(client_terminates_our_work_and_its_owner_is_told) {
  Errand errand;
  errand.type = "invoice-held";
  const std::string id = all.submit(errand);
  BOOST_TEST_REQUIRE(all.is_in_hand(id));
  const Ended ended = client("terminate", id);
  BOOST_TEST_REQUIRE(ended.status == 0, ended.err);
  BOOST_TEST(all.end_of(id) == "failed WB-JOB-FAILED");
  all.let_go(id);
}

BOOST_AUTO_TEST_CASE(worker_does_what_a_ticket_allows_and_refuses_the_rest) {
  BOOST_TEST(all.worker.daemon().terminate() == 0);
  Daemon worker(node("worker.js", {WAYBILL_PROGRAM, all.realm.keytab_of("queue-alice").string(),
                                   (folder / "uses").string()}),
                all.realm.folder() / "typescript.log");
  worker.start();
  BOOST_TEST_REQUIRE(worker.says("polling", 120s), worker.log());
  const std::string id = all.submit_without_report();
  const temporal::NewWorkflow good = all.copy_of_start(id);
  auto moved = good;
  moved.id += "-copy";
  BOOST_TEST(all.failure({moved.id, all.start_as_stranger(moved)}) == "WB-TICKET-WORKFLOW");
  auto swapped = good;
  swapped.input.front().data.back() ^= 1;
  BOOST_TEST(all.failure({id, all.start_as_stranger(swapped)}) == "WB-SEAL-INTEGRITY");
  auto bare = good;
  bare.header.clear();
  BOOST_TEST(all.failure({id, all.start_as_stranger(bare)}) == "WB-MALFORMED");
  BOOST_TEST(all.failure({id, all.start_as_stranger(good)}) == "WB-TICKET-REPLAY");
  all.trigger.start();
  BOOST_TEST(all.end_of(id) == "completed", worker.log());
  BOOST_TEST(all.result_of(id).out == "NUMBER,AMOUNT\n1,10\n");
  worker.kill();
  all.worker.daemon().start();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::typescript_test
