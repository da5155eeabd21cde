#include "ticket/adapters/status_pages.h"

#include <stdexcept>

#include <boost/test/unit_test.hpp>

#include "tests/support/manual_clock.h"

namespace waybill::test::status_pages_test {
namespace {

struct Fixture {
  Lacks lacking;
  bool broken = false;
  ManualClock clock;
  StatusPages pages{clock,
                    {[this] {
                       if (broken) throw std::runtime_error("secret of the disk");
                       return lacking;
                     },
                     [] {
                       return std::vector<Figure>{{"waybill_leases", "Jobs.", 2}};
                     }}};
  HttpReply get(const char* path, const char* method = "GET") const {
    return pages.answer({method, path, {}, {}, {}, "127.0.0.1"});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_pages_for_operators, Fixture)

BOOST_AUTO_TEST_CASE(say_that_the_process_answers) {
  lacking = {"all"};
  BOOST_TEST(get("/healthz").status == 200);
  BOOST_TEST(get("/healthz").body == "ok\n");
}

BOOST_AUTO_TEST_CASE(say_ready_only_when_nothing_is_lacking) {
  BOOST_TEST(get("/readyz").status == 200);
  BOOST_TEST(get("/readyz").body == "ready\n");
  lacking = {"the KDC does not answer", "the disk is full"};
  BOOST_TEST(get("/readyz").status == 503);
  BOOST_TEST(get("/readyz").body == "the KDC does not answer\nthe disk is full\n");
}

BOOST_AUTO_TEST_CASE(take_what_cannot_be_found_out_for_not_ready_and_do_not_say_why) {
  broken = true;
  BOOST_TEST(get("/readyz").status == 503);
  BOOST_TEST(get("/readyz").body.find("secret") == std::string::npos);
  BOOST_TEST(get("/metrics").body.find("\nwaybill_ready 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(are_in_the_format_that_prometheus_reads) {
  const HttpReply reply = get("/metrics");
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.content_type == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(reply.body.find("\nwaybill_leases 2\n") != std::string::npos);
  BOOST_TEST(reply.body.find("\nwaybill_ready 1\n") != std::string::npos);
  BOOST_TEST(reply.body.find("# TYPE process_cpu_seconds_total counter\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(are_three_and_are_only_read) {
  BOOST_TEST(get("/").status == 404);
  BOOST_TEST(get("/metrics/").status == 404);
  for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
    BOOST_TEST(get(path, "POST").status == 405);
    BOOST_TEST(get(path, "DELETE").status == 405);
  }
}

BOOST_AUTO_TEST_CASE(have_an_address_of_their_own) {
  const StatusServer server({"127.0.0.1", 0}, pages);
  HttpClient client("http://" + server.address().text());
  BOOST_TEST(client.get("/readyz").body == "ready\n");
  BOOST_TEST(client.get("/metrics").status == 200);
  BOOST_TEST(client.send("POST", "/readyz", "text/plain", "x").status == 413);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::status_pages_test
