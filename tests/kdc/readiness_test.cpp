#include "kdc/readiness.h"

#include <cerrno>

#include <boost/test/unit_test.hpp>

#include "kdc/housekeeping.h"
#include "kdc/server.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::readiness_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  Server server{parts};

  HttpReply ask_page(const char* path) {
    return server.answer({"GET", path, {}, {}, {}, "127.0.0.1"});
  }
  HttpReply post(const char* path, Bytes body) {
    return server.answer({"POST",
                          path,
                          {},
                          {{"Content-Type", "application/msgpack"}},
                          std::string(text_of(body)),
                          "127.0.0.1"});
  }
  // What is counted under this name so far, whatever the order of its labels.
  static double counted(const std::string& family, std::vector<std::string> labels) {
    const std::string text = metrics().text();
    for (std::size_t at = text.find("\n" + family + "{"); at != std::string::npos;
         at = text.find("\n" + family + "{", at + 1)) {
      const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
      bool all = true;
      for (const std::string& label : labels) all &= line.find(label) != std::string::npos;
      if (all) return std::stod(line.substr(line.rfind(' ')));
    }
    return 0;
  }
  static double refusals(const char* operation, const char* code) {
    return counted("waybill_refusals_total", {std::string("operation=\"") + operation + "\"",
                                              std::string("code=\"") + code + "\""});
  }
  static double done(const char* operation, const char* how = "done") {
    return counted("waybill_operations_total", {std::string("operation=\"") + operation + "\"",
                                                std::string("outcome=\"") + how + "\""});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_kdc_is_ready, Fixture)

BOOST_AUTO_TEST_CASE(while_it_can_sign_store_and_publish) {
  BOOST_TEST(lacks(parts).empty());
  BOOST_TEST(ask_page("/readyz").status == 200);
}

BOOST_AUTO_TEST_CASE(not_after_its_epochs_have_ended) {
  clock.advance(24h * 365 * 3);
  const HttpReply reply = ask_page("/readyz");
  BOOST_TEST(reply.status == 503);
  BOOST_TEST(reply.body.find("epoch") != std::string::npos, reply.body);
}

BOOST_AUTO_TEST_CASE(until_the_feed_has_been_silent_for_ten_seconds) {
  clock.advance(10s);
  BOOST_TEST(lacks(parts).empty());
  clock.advance(1s);
  BOOST_TEST_REQUIRE(lacks(parts).size() == 1U);
  BOOST_TEST(ask_page("/readyz").body.find("feed") != std::string::npos);
  feed.head();  // publishes
  BOOST_TEST(lacks(parts).empty());
}

BOOST_AUTO_TEST_CASE(not_while_the_store_takes_nothing_and_again_once_it_does) {
  const auto full = [](StoreChange&, Fields&) -> Checked { throw StoreError("no room", ENOSPC); };
  BOOST_CHECK_THROW(change(full), StoreError);
  BOOST_TEST_REQUIRE(lacks(parts).size() == 1U);
  BOOST_TEST(ask_page("/readyz").body.find("store") != std::string::npos);
  HighWater mark(scratch / "high-water", store);
  Housekeeping(parts, mark).tick();  // nobody else asks for anything
  BOOST_TEST(lacks(parts).empty());
  BOOST_TEST(last_record().event == "store.tried");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_kdc_counts, Fixture)

BOOST_AUTO_TEST_CASE(each_refusal_in_clear_by_its_code) {
  const double garbage = refusals("call", "WB-MALFORMED");
  const double lost = refusals("other", "WB-NOT-FOUND");
  post("/v1/call", bytes_of("garbage"));
  ask_page("/no/such/path");
  BOOST_TEST(refusals("call", "WB-MALFORMED") == garbage + 1);
  BOOST_TEST(refusals("other", "WB-NOT-FOUND") == lost + 1);
}

BOOST_AUTO_TEST_CASE(a_login_that_is_refused_inside_its_answer) {
  const double before = refusals("login", "WB-LOGIN-FAILED");
  BOOST_TEST(bool(login(PrincipalKey::random(), "carol")) == false);
  BOOST_TEST(refusals("login", "WB-LOGIN-FAILED") == before + 1);
}

BOOST_AUTO_TEST_CASE(each_operation_of_a_call_by_its_outcome_and_code) {
  const double selves = done("self");
  const double denied = refusals("admin.grant.list", "WB-NOT-PERMITTED");
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == accepted);
  BOOST_TEST(ask("carol", "admin.grant.list", Fields{}).outcome == Errc::not_permitted);
  BOOST_TEST(done("self") == selves + 1);
  BOOST_TEST(refusals("admin.grant.list", "WB-NOT-PERMITTED") == denied + 1);
}

BOOST_AUTO_TEST_CASE(what_it_does_not_know_under_one_name) {
  const double before = done("unknown", "refused");
  BOOST_TEST(ask("carol", "carols.secret", Fields{}).outcome == Errc::unknown_operation);
  BOOST_TEST(done("unknown", "refused") == before + 1);
  BOOST_TEST(metrics().text().find("carols.secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_name_of_anybody) {
  workflow_ticket();
  const HttpServer none({}, [](const HttpRequest&) { return HttpReply{}; });
  const std::string text = metrics().text(figures(parts, none));
  for (const char* name : {"carol", "queue-alice", "trigger/orders", "invoice-report", "TEST"}) {
    BOOST_TEST(text.find(name) == std::string::npos, name);
  }
  BOOST_TEST(text.find("waybill_feed_age_seconds 0\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::readiness_test
