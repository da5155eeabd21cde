#include "kdc/audit_reading.h"

#include <boost/test/unit_test.hpp>

#include "kdc/audit.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::audit_reading_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  std::vector<Fields> tail(const Fields& question) {
    const Told told = ask("operator", "audit.tail", question);
    BOOST_REQUIRE(told.outcome == accepted);
    return told.page().rows;
  }
  // What a client does to check the chain itself.
  std::vector<AuditRow> all_rows() {
    std::vector<AuditRow> rows;
    Digest link{};
    std::string after = "0";
    do {
      const Page page = ask("operator", "audit.records", Fields{{"after", after}}).page();
      for (const Fields& row : page.rows) {
        std::string hex;
        for (const std::string& piece : row.all("record")) hex += piece;
        Buffer record = *from_hex(hex);
        link = audit_link(link, record);
        rows.push_back({rows.size() + 1, std::move(record), link});
      }
      after = page.next;
    } while (!after.empty());
    return rows;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reading_the_audit_log, Fixture)

BOOST_AUTO_TEST_CASE(shows_the_last_records_unless_told_from_where) {
  tgt("operator");
  BOOST_TEST(ask("carol", "tgs", ServiceTicketRequest{"nobody", 0s}.encode()).outcome ==
             Errc::service_unknown);
  const auto rows = tail({{"count", "3"}});
  BOOST_REQUIRE(rows.size() == 3U);
  const Fields& last = rows.back();
  BOOST_TEST(last.get("sequence") == std::to_string(records()));
  BOOST_TEST(last.get("time") == "1790000000");
  BOOST_TEST(last.get("event") == "tgs");
  BOOST_TEST(last.get("outcome") == "WB-SERVICE-UNKNOWN");
  BOOST_TEST(last.get("by") == "carol@DEMO.TEST");
  BOOST_TEST(last.get("audience") == "nobody");
  BOOST_TEST(rows[1].get("event") == "login");
  BOOST_TEST(rows[1].get("outcome") == "done");
  BOOST_TEST(tail({}).size() == 20U);
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_record_until_the_end) {
  tgt("operator");
  const std::string before = std::to_string(records());
  BOOST_TEST(tail({{"after", before}}).empty());
  tgt("carol");
  const auto rows = tail({{"after", before}});
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0].get("event") == "login");
  const Told one = ask("operator", "audit.tail", Fields{{"after", "1"}, {"count", "2"}});
  BOOST_TEST(one.page().next == "3");
}

BOOST_AUTO_TEST_CASE(leaves_no_record_of_its_own) {
  tgt("operator");
  const std::uint64_t before = records();
  tail({});
  ask("operator", "audit.records", Fields{{"after", "0"}});
  ask("operator", "audit.checkpoint", Fields{});
  BOOST_TEST(records() == before);
}

BOOST_AUTO_TEST_CASE(gives_the_exact_bytes_so_that_the_chain_can_be_checked) {
  issuer.record({"test.long",
                 std::nullopt,
                 {{"a", std::string(1000, 'x')},
                  {"b", std::string(1000, 'y')},
                  {"c", std::string(1000, 'z')}}});
  workflow_ticket();
  const auto rows = all_rows();
  BOOST_TEST(rows.size() == records());
  const Fields signed_one = ask("operator", "audit.checkpoint", Fields{}).fields();
  BOOST_TEST(signed_one.get("signer") == "1");
  const SignedCheckpoint checkpoint{KeyId{1}, *from_hex(signed_one.get("statement")),
                                    *fixed_from_hex<64>(signed_one.get("signature"))};
  const auto verified = checkpoint.verify(epochs.document());
  BOOST_REQUIRE(outcome(verified) == accepted);
  BOOST_TEST(verified->sequence == rows.size());
  BOOST_TEST((verified->link == rows.back().link));
  BOOST_TEST(!verify_audit(rows, {*verified}).has_value());
}

BOOST_AUTO_TEST_CASE(never_lets_a_record_s_field_pass_for_one_of_ours) {
  tgt("operator");
  issuer.record({"test", std::nullopt, {{"event", "login"}, {"outcome", "done"}, {"x", "y"}}});
  const Fields row = tail({{"after", std::to_string(records() - 1)}}).front();
  BOOST_TEST(row.get("event") == "test");
  BOOST_TEST(row.get("event_") == "login");
  BOOST_TEST(row.get("outcome_") == "done");
}

BOOST_AUTO_TEST_CASE(refuses_what_it_does_not_know) {
  const auto refused = [&](const char* operation, const Fields& question) {
    return ask("operator", operation, question).outcome;
  };
  BOOST_TEST(refused("audit.tail", {{"after", "-1"}}) == Errc::malformed);
  BOOST_TEST(refused("audit.tail", {{"count", "many"}}) == Errc::malformed);
  BOOST_TEST(refused("audit.records", {{"after", "18446744073709551616"}}) == Errc::malformed);
  BOOST_TEST(refused("audit.records", {{"after", "18446744073709551615"}}) == accepted);
  BOOST_TEST(refused("audit.checkpoint", {{"after", "1"}}) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_reading_test
