#include "kdc/verdicts.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::verdicts_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  Body body = body_of(workflow_ticket());
  std::string log = to_hex(random_bytes<16>());

  Fields line(std::uint64_t position, std::string verdict = "accepted") const {
    return {
        {"log", log},        {"position", std::to_string(position)}, {"time", "1790000001"},
        {"said", "verdict"}, {"verdict", std::move(verdict)},        {"ticket", to_hex(body.id)},
        {"attempt", "1"}};
  }
  Fields with(const char* name, std::string value) const {
    Fields out;
    const Fields good = line(100);
    for (const auto& [key, old] : good.entries()) out.add(key, key == name ? value : old);
    if (!out.has(name)) out.add(name, std::move(value));
    return out;
  }
  Outcome say(const Fields& line, std::string_view who = "queue-alice") {
    return ask(who, "verdict", line).outcome;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_worker_s_verdict, Fixture)

BOOST_AUTO_TEST_CASE(becomes_a_record_that_names_the_work_by_the_kdc_s_own_word) {
  const Fields line = with("workflow", "another");
  BOOST_TEST(say(line) == accepted);
  const AuditRecord record = last_record();
  BOOST_TEST(record.event == "verdict");
  BOOST_TEST(record.fields.get("by") == "queue-alice@DEMO.TEST");
  BOOST_TEST(record.fields.get("subject") == "carol@DEMO.TEST");
  BOOST_TEST(record.fields.get("workflow") == body.work->id);
  BOOST_TEST(record.fields.get("said") == "verdict");
  BOOST_TEST(record.fields.get("verdict") == "accepted");
  BOOST_TEST(record.fields.get("worker_time") == "1790000001");
}

BOOST_AUTO_TEST_CASE(is_taken_once) {
  tgt("queue-alice");
  const std::uint64_t before = records();
  BOOST_TEST(say(line(100)) == accepted);
  BOOST_TEST(say(line(100)) == accepted);
  BOOST_TEST(ask("queue-alice", "verdict", line(60)).fields().get("position") == "100");
  BOOST_TEST(records() == before + 1);
  BOOST_TEST(say(line(160, "WB-TICKET-REVOKED")) == accepted);
  log = to_hex(random_bytes<16>());  // of another file
  BOOST_TEST(say(line(100)) == accepted);
  BOOST_TEST(records() == before + 3);
}

BOOST_AUTO_TEST_CASE(is_a_queue_s_about_tickets_addressed_to_it) {
  for (const char* who : {"carol", "alice", "trigger/orders", "operator"}) {
    BOOST_TEST(say(line(100), who) == Errc::not_permitted, who);
  }
  BOOST_TEST(say(line(100), "queue-bob") == Errc::wrong_audience);
  BOOST_TEST(say(with("ticket", to_hex(random_bytes<16>()))) == Errc::wrong_audience);
  BOOST_TEST(!last_record().fields.has("ticket"));
  BOOST_TEST(say(line(100)) == accepted);  // a refused line moves nothing
}

BOOST_AUTO_TEST_CASE(without_a_signature_is_about_no_workflow) {
  const Fields unsigned_one{{"log", log},
                            {"position", "7"},
                            {"time", "1790000001"},
                            {"said", "verdict"},
                            {"verdict", "WB-SEAL-INTEGRITY"},
                            {"workflow", body.work->id}};
  BOOST_TEST(say(unsigned_one) == accepted);
  BOOST_TEST(!last_record().fields.has("workflow"));
  BOOST_TEST(last_record().fields.get("said_workflow") == body.work->id);
}

BOOST_AUTO_TEST_CASE(of_another_form_is_refused) {
  for (const auto& [name, value] :
       {std::pair{"log", std::string("00")}, std::pair{"position", std::string("-1")},
        std::pair{"time", std::string("noon")}, std::pair{"said", std::string("login")},
        std::pair{"verdict", std::string("fine")}, std::pair{"ticket", std::string("ff")},
        std::pair{"reason", std::string("x")}}) {
    BOOST_TEST(say(with(name, value)) == Errc::malformed, name);
  }
  BOOST_TEST(say(with("detail", std::string(257, 'x'))) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::verdicts_test
