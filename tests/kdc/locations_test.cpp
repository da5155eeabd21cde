#include "kdc/locations.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"

namespace waybill::test::locations_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  Outcome announce(std::string_view who, std::string url) {
    return ask(who, "announce", Fields{{"url", std::move(url)}}).outcome;
  }
  std::vector<std::string> located(const Fields& question) {
    std::vector<std::string> out;
    for (const Fields& row : ask("carol", "locate", question).page().rows) {
      out.push_back(std::string(row.get("principal")) + " " + std::string(row.get("url")));
    }
    return out;
  }
  using Rows = std::vector<std::string>;
  const Rows orders{"trigger/orders@DEMO.TEST http://127.0.0.1:8090"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_announcement, Fixture)

BOOST_AUTO_TEST_CASE(is_found_by_who_looks_for_the_queue) {
  BOOST_TEST(announce("trigger/orders", "http://127.0.0.1:8090") == accepted);
  BOOST_TEST(located({{"queue", "queue-alice"}}) == orders);
  BOOST_TEST(located({{"queue", "queue-alice@DEMO.TEST"}}) == orders);
  BOOST_TEST(located({}) == orders);
  BOOST_TEST(located({{"queue", "elsewhere"}}) == Rows{});
}

BOOST_AUTO_TEST_CASE(takes_the_place_of_the_one_before) {
  BOOST_TEST(announce("trigger/orders", "https://old.test") == accepted);
  BOOST_TEST(announce("trigger/orders", "http://127.0.0.1:8090") == accepted);
  BOOST_TEST(located({}) == orders);
}

BOOST_AUTO_TEST_CASE(is_for_services_with_a_ceiling) {
  BOOST_TEST(announce("archive", "http://127.0.0.1:1") == Errc::ceiling_missing);
  BOOST_TEST(announce("carol", "http://127.0.0.1:1") == Errc::not_permitted);
  BOOST_TEST(located({}) == Rows{});
}

BOOST_AUTO_TEST_CASE(is_not_shown_any_more_of_a_trigger_that_is_disabled_or_has_no_ceiling) {
  BOOST_TEST(announce("trigger/orders", "http://127.0.0.1:8090") == accepted);
  BOOST_TEST(announce("trigger/rogue", "http://127.0.0.1:8091") == accepted);
  disable("trigger/rogue");
  BOOST_TEST(located({}) == orders);
  change([](StoreChange& c, Fields&) {
    c.remove_grant(2);
    return ok();
  });
  BOOST_TEST(located({}) == Rows{});
}

BOOST_AUTO_TEST_CASE(is_a_plain_http_address) {
  for (const char* url : {"", "ftp://x", "127.0.0.1:80", "http://a b", "http://x\n", "http://é"}) {
    BOOST_TEST(announce("trigger/orders", url) == Errc::malformed);
  }
  BOOST_TEST(announce("trigger/orders", "http://" + std::string(250, 'x')) == Errc::malformed);
  BOOST_TEST(announce("trigger/orders", "http://" + std::string(249, 'x')) == accepted);
  BOOST_TEST(ask("trigger/orders", "announce", Fields{}).outcome == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::locations_test
