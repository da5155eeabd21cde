#include "worker/handlers.h"

#include <sys/stat.h>

#include <fstream>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/worker/desk.h"
#include "ticket/wire/hex.h"

namespace waybill::test::handlers_test {
namespace {

using nlohmann::json;
using worker::Briefing;
using worker::Handlers;

std::string text_in(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::vector<std::string>& environment, const std::string& entry) {
  return std::ranges::find(environment, entry) != environment.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_handlers)

BOOST_AUTO_TEST_CASE(are_commands_by_type) {
  Handlers handlers;
  BOOST_TEST(handlers.empty());
  BOOST_TEST(outcome(handlers.add("invoice-report=./make --as=pdf")) == accepted);
  BOOST_TEST(outcome(handlers.add("pay= ./pay")) == accepted);
  BOOST_TEST(outcome(handlers.require("pay=bank:transfer")) == accepted);
  BOOST_TEST(outcome(handlers.require("pay=bank:read")) == accepted);
  BOOST_TEST_REQUIRE(handlers.find("invoice-report") != nullptr);
  BOOST_TEST(handlers.find("invoice-report")->command == "./make --as=pdf");
  BOOST_TEST(handlers.find("invoice-report")->actions.empty());
  BOOST_TEST(
      handlers.find("pay")->actions == (std::vector<std::string>{"bank:transfer", "bank:read"}),
      boost::test_tools::per_element());
  BOOST_TEST(handlers.find("invoice-") == nullptr);
  BOOST_TEST(handlers.find("") == nullptr);
}

BOOST_AUTO_TEST_CASE(are_replaced_and_kept_by_those_who_found_them) {
  Handlers handlers;
  BOOST_TEST(outcome(handlers.add("pay=./old")) == accepted);
  const auto found = handlers.find("pay");
  Handlers next;
  BOOST_TEST(outcome(next.add("pay=./new")) == accepted);
  BOOST_TEST(outcome(next.require("pay=bank:transfer")) == accepted);
  handlers = next;
  BOOST_TEST(found->command == "./old");
  BOOST_TEST(found->actions.empty());
  BOOST_TEST(handlers.find("pay")->command == "./new");
  BOOST_TEST(handlers.find("pay")->actions.size() == 1U);
}

BOOST_AUTO_TEST_CASE(are_refused_when_the_option_is_not_as_it_must_be) {
  Handlers handlers;
  BOOST_TEST(outcome(handlers.add("report=./make")) == accepted);
  const std::pair<const char*, Errc> added[] = {{"", Errc::bad_name},
                                                {"=x", Errc::bad_name},
                                                {"a b=x", Errc::bad_name},
                                                {"invoice-*=x", Errc::bad_name},
                                                {"other", Errc::malformed},
                                                {"other=", Errc::malformed},
                                                {"report=./other", Errc::already_exists}};
  for (const auto& [option, expected] : added) {
    BOOST_TEST(outcome(handlers.add(option)) == expected, option);
  }
  const std::pair<const char*, Errc> required[] = {{"other=read", Errc::no_handler},
                                                   {"report", Errc::bad_name},
                                                   {"report=", Errc::bad_name},
                                                   {"report=a b", Errc::bad_name}};
  for (const auto& [option, expected] : required) {
    BOOST_TEST(outcome(handlers.require(option)) == expected, option);
  }
  for (int i = 0; i < 32; ++i) {
    BOOST_TEST(outcome(handlers.require("report=a" + std::to_string(i))) == accepted);
  }
  BOOST_TEST(outcome(handlers.require("report=one-more")) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_briefing)

BOOST_AUTO_TEST_CASE(tells_the_handler_what_the_kdc_signed) {
  Desk desk;
  const Body body = desk.body();
  const auto verdict = desk.verify(desk.job(body));
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  const Briefing briefing(*verdict.result, 3);
  const json claims = json::parse(text_in(briefing.claims_file()));
  const json expected = {{"ticket", to_hex(body.id)},
                         {"subject", "carol@DEMO.TEST"},
                         {"actors", {"trigger/orders@DEMO.TEST"}},
                         {"queue", "queue-alice@DEMO.TEST"},
                         {"namespace", "default"},
                         {"workflow_id", "invoice-report-1"},
                         {"workflow_type", "invoice-report"},
                         {"actions", {"invoice:read", "report:write"}},
                         {"issued_at", "2026-09-21T14:13:20Z"},
                         {"start_by", "2026-09-21T14:28:20Z"},
                         {"run_until", "2026-09-21T15:13:20Z"},
                         {"renew_until", "2026-09-28T14:13:20Z"},
                         {"feed_was_stale", false},
                         {"run_id", "run-1"},
                         {"attempt", 3}};
  BOOST_TEST(claims == expected, claims.dump());
  const auto& environment = briefing.environment();
  for (const char* entry :
       {"WAYBILL_SUBJECT=carol@DEMO.TEST", "WAYBILL_QUEUE=queue-alice@DEMO.TEST",
        "WAYBILL_WORKFLOW_ID=invoice-report-1", "WAYBILL_WORKFLOW_TYPE=invoice-report",
        "WAYBILL_ACTIONS=invoice:read,report:write", "WAYBILL_RUN_ID=run-1", "WAYBILL_ATTEMPT=3"}) {
    BOOST_TEST(has(environment, entry), entry);
  }
  BOOST_TEST(has(environment, "WAYBILL_CLAIMS_FILE=" + briefing.claims_file().string()));
}

BOOST_AUTO_TEST_CASE(is_readable_for_its_owner_alone_and_gone_with_the_job) {
  Desk desk;
  const auto verdict = desk.verify(desk.job());
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  std::filesystem::path folder;
  {
    const Briefing briefing(*verdict.result, 1);
    folder = briefing.claims_file().parent_path();
    struct stat info {};
    BOOST_TEST(::stat(briefing.claims_file().c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600U);
    BOOST_TEST(::stat(folder.c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0700U);
    std::ofstream(folder / "left by a handler") << "x";
  }
  BOOST_TEST(!std::filesystem::exists(folder));
}

// A handler acts for the subject by what it is told; it could not even leak a key.
BOOST_AUTO_TEST_CASE(holds_no_key_no_ticket_and_no_input) {
  Desk desk;
  const IssuedTicket issued = desk.realm.issue(desk.body());
  const auto verdict = desk.verify(desk.job(issued, *desk.body().work));
  BOOST_TEST_REQUIRE(outcome(verdict.result) == accepted);
  const Briefing briefing(*verdict.result, 1);
  std::string all = text_in(briefing.claims_file());
  for (const std::string& entry : briefing.environment()) all += entry + "\n";
  const auto session = issued.session.secret().expose();
  const std::string raw(text_of(session));
  BOOST_TEST(all.find(raw) == std::string::npos);
  BOOST_TEST(all.find(to_hex(session)) == std::string::npos);
  BOOST_TEST(all.find(to_hex(Bytes(issued.ticket).last(32))) == std::string::npos);
  BOOST_TEST(all.find("1,100") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::handlers_test
