#include "worker/job.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/mutator.h"
#include "tests/support/outcome.h"
#include "ticket/adapters/base64.h"
#include "ticket/wire/limits.h"

namespace waybill::test::job_test {
namespace {

using nlohmann::json;
using worker::parse_jobs;

json good_job() {
  return {{"namespace", "default"},
          {"workflow_id", "invoice-report-0011223344556677"},
          {"workflow_type", "invoice-report"},
          {"run_id", "00112233445566778899aabbccddeeff"},
          {"attempt", 2},
          {"started_at", 1'790'000'001},
          {"ticket", "AAEC"},
          {"input", "/+8="},
          {"lease", "ffeeddccbbaa99887766554433221100"},
          {"lease_seconds", 30}};
}

std::string answer(const json& job) { return json{{"jobs", json::array({job})}}.dump(); }

// The whole answer's refusal, or else the one job's.
Outcome judge(const std::string& text) {
  const auto jobs = parse_jobs(text);
  if (!jobs) return jobs.error().code;
  if (jobs->size() != 1) return Errc::internal;
  return outcome(jobs->front().job);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(an_answer_to_a_poll)

BOOST_AUTO_TEST_CASE(may_have_the_id_of_the_request_that_started_it) {
  json job = good_job();
  BOOST_TEST(parse_jobs(answer(job))->front().lease.request_id.empty());
  job["request_id"] = "shop-42";
  BOOST_TEST(parse_jobs(answer(job))->front().lease.request_id == "shop-42");
  job["request_id"] = 42;  // nothing is decided by it
  BOOST_TEST(judge(answer(job)) == accepted);
  BOOST_TEST(parse_jobs(answer(job))->front().lease.request_id.empty());
}

BOOST_AUTO_TEST_CASE(gives_its_job) {
  const auto jobs = parse_jobs(answer(good_job()));
  BOOST_TEST_REQUIRE(bool(jobs));
  BOOST_TEST_REQUIRE(jobs->size() == 1U);
  const worker::LeasedJob& leased = jobs->front();
  BOOST_TEST(leased.lease.run_id == "00112233445566778899aabbccddeeff");
  BOOST_TEST(leased.lease.token == "ffeeddccbbaa99887766554433221100");
  BOOST_TEST((leased.lease.time == 30s));
  BOOST_TEST_REQUIRE(bool(leased.job));
  const worker::Job& job = *leased.job;
  BOOST_TEST(job.space == "default");
  BOOST_TEST(job.workflow_id == "invoice-report-0011223344556677");
  BOOST_TEST(job.workflow_type == "invoice-report");
  BOOST_TEST(job.run_chain == leased.lease.run_id);
  BOOST_TEST(job.attempt == 2U);
  BOOST_TEST((job.started_at == noon + 1s));
  BOOST_TEST((job.ticket == Buffer{0, 1, 2}));
  BOOST_TEST((job.sealed_input == Buffer{0xff, 0xef}));
}

BOOST_AUTO_TEST_CASE(may_be_empty_and_may_say_more_than_we_know) {
  const auto none = parse_jobs(R"({"jobs":[]})");
  BOOST_TEST_REQUIRE(bool(none));
  BOOST_TEST(none->empty());
  json job = good_job();
  job["priority"] = 7;
  BOOST_TEST(judge(answer(job)) == accepted);
}

BOOST_AUTO_TEST_CASE(is_refused_as_a_whole_when_it_is_none) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  const std::string texts[] = {"",
                               "jobs",
                               "null",
                               "[]",
                               "{}",
                               R"({"jobs":{}})",
                               R"({"jobs":null})",
                               R"({"jobs":[1]})",
                               R"({"jobs":[],"jobs":[]})",
                               R"({"jobs":[]} x)",
                               R"({"jobs":[])",
                               R"({"jobs":[[[[[]]]]]})",
                               R"({"jobs":[{"a":{"a":{"a":{}}}}]})",
                               deep,
                               R"({"jobs":[],"x":)" + deep + "}",
                               "{\"jobs\":[],\"\xff\":1}"};
  for (const std::string& text : texts) {
    BOOST_TEST(outcome(parse_jobs(text)) == Errc::malformed, text.substr(0, 60));
  }
}

// Then nobody could be told: the lease runs out.
BOOST_AUTO_TEST_CASE(is_refused_as_a_whole_when_the_lease_cannot_be_read) {
  const std::pair<const char*, json> faults[] = {{"run_id", nullptr},
                                                 {"run_id", ""},
                                                 {"run_id", "../x"},
                                                 {"run_id", "a/b"},
                                                 {"run_id", 7},
                                                 {"run_id", std::string(129, 'a')},
                                                 {"lease", nullptr},
                                                 {"lease", ""},
                                                 {"lease", "a b"},
                                                 {"lease", "a\nb"},
                                                 {"lease", std::string(129, 'a')},
                                                 {"lease_seconds", -1},
                                                 {"lease_seconds", 3601},
                                                 {"lease_seconds", "30"},
                                                 {"lease_seconds", 0.5}};
  for (const auto& [name, value] : faults) {
    json job = good_job();
    job[name] = value;
    BOOST_TEST(outcome(parse_jobs(answer(job))) == Errc::malformed, name << "=" << value.dump());
    job.erase(name);
    BOOST_TEST(outcome(parse_jobs(answer(job))) == Errc::malformed, name);
  }
}

BOOST_AUTO_TEST_CASE(gives_a_job_to_refuse_when_the_rest_is_not_as_it_must_be,
                     *boost::unit_test::label("slow")) {
  struct Row {
    const char* name;
    json value;
    Errc expected;
  };
  const Row rows[] = {
      {"namespace", nullptr, Errc::malformed},
      {"namespace", "", Errc::bad_name},
      {"namespace", "a b", Errc::bad_name},
      {"namespace", std::string(129, 'a'), Errc::bad_name},
      {"workflow_id", 7, Errc::malformed},
      {"workflow_id", "*", Errc::bad_name},
      {"workflow_id", std::string(201, 'a'), Errc::bad_name},
      {"workflow_type", json::array(), Errc::malformed},
      {"workflow_type", "a\nb", Errc::bad_name},
      {"attempt", "1", Errc::malformed},
      {"attempt", -1, Errc::malformed},
      {"attempt", 1'000'001, Errc::limit_exceeded},
      {"started_at", 1.5, Errc::malformed},
      {"started_at", -1, Errc::malformed},
      {"started_at", 253'402'300'800, Errc::limit_exceeded},
      {"started_at", "2026-09-21T14:13:20Z", Errc::malformed},
      {"ticket", nullptr, Errc::malformed},
      {"ticket", "AAE", Errc::malformed},
      {"ticket", "AAEC\n", Errc::malformed},
      {"ticket", "AAF=", Errc::malformed},
      {"ticket", "AA-_", Errc::malformed},
      {"ticket", std::string(4 * (limits::max_ticket_with_booklet / 3 + 2), 'A'),
       Errc::limit_exceeded},
      {"input", 7, Errc::malformed},
      {"input", "====", Errc::malformed},
      {"input", std::string(4 * (limits::max_input / 3 + 40), 'A'), Errc::limit_exceeded},
  };
  for (const Row& row : rows) {
    json job = good_job();
    job[row.name] = row.value;
    BOOST_TEST(judge(answer(job)) == row.expected,
               row.name << "=" << row.value.dump().substr(0, 60));
    job.erase(row.name);
    BOOST_TEST(judge(answer(job)) == Errc::malformed, row.name);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_when_a_member_stands_there_twice) {
  std::string text = answer(good_job());
  const std::string member = R"("ticket":"AAEC")";
  text.replace(text.find(member), member.size(), member + "," + member);
  BOOST_TEST(judge(text) == Errc::malformed);
}

BOOST_AUTO_TEST_CASE(takes_the_largest_input_that_there_may_be) {
  json job = good_job();
  job["input"] = to_base64(Buffer(limits::max_input + 72));
  BOOST_TEST(judge(answer(job)) == accepted);
}

BOOST_AUTO_TEST_CASE(is_parsed_without_harm_however_it_is_broken,
                     *boost::unit_test::label("slow")) {
  const std::string text = answer(good_job());
  const Buffer seeds[] = {copy_of(bytes_of(text)), copy_of(bytes_of(R"({"jobs":[]})")),
                          copy_of(bytes_of(R"({"error":{"number":162},"instance":"00"})"))};
  Mutator mutator(7);
  int refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Buffer broken = mutator.mutate(seeds);
    const auto jobs = parse_jobs(text_of(broken));
    if (!jobs || (!jobs->empty() && !jobs->front().job)) ++refused;
    worker::parse_info(text_of(broken)).error();
    worker::parse_error(text_of(broken));
  }
  BOOST_TEST(refused > 50'000);
}

BOOST_AUTO_TEST_CASE(has_jobs_that_can_be_read_by_themselves) {
  json job = good_job();
  job.erase("lease");
  job.erase("lease_seconds");
  const auto read = worker::parse_job(job.dump());
  BOOST_TEST_REQUIRE(bool(read));
  BOOST_TEST(read->run_chain == "00112233445566778899aabbccddeeff");
  BOOST_TEST(read->sealed_input.size() == 2U);
  job["run_id"] = "";
  BOOST_TEST(outcome(worker::parse_job(job.dump())) == Errc::bad_name);
  job.erase("run_id");
  BOOST_TEST(outcome(worker::parse_job(job.dump())) == Errc::malformed);
  BOOST_TEST(outcome(worker::parse_job(answer(good_job()))) == Errc::malformed);
  BOOST_TEST(outcome(worker::parse_job("")) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_trigger)

BOOST_AUTO_TEST_CASE(says_who_it_is) {
  const auto info = worker::parse_info(
      R"({"service":"trigger/orders@DEMO.TEST","instance":"00112233445566778899aabbccddeeff",)"
      R"("namespace":"default"})");
  BOOST_TEST_REQUIRE(bool(info));
  BOOST_TEST(info->service.text() == "trigger/orders@DEMO.TEST");
  BOOST_TEST(info->instance.at(1) == 0x11);
  const std::pair<const char*, Errc> wrong[] = {
      {"{}", Errc::malformed},
      {"[]", Errc::malformed},
      {R"({"service":"x@R"})", Errc::malformed},
      {R"({"service":"x@R","instance":"00"})", Errc::malformed},
      {R"({"service":"X","instance":"00112233445566778899aabbccddeeff"})", Errc::bad_name},
      {R"({"service":7,"instance":"00112233445566778899aabbccddeeff"})", Errc::malformed}};
  for (const auto& [text, expected] : wrong) {
    BOOST_TEST(outcome(worker::parse_info(text)) == expected, text);
  }
}

BOOST_AUTO_TEST_CASE(says_why_it_refuses_and_which_instance_it_is) {
  const auto moved = worker::parse_error(
      R"({"error":{"code":"WB-AUTH-INSTANCE","number":162,"message":"m","request_id":"1"},)"
      R"("instance":"00112233445566778899aabbccddeeff"})");
  BOOST_TEST_REQUIRE(moved.has_value());
  BOOST_TEST((moved->code == Errc::wrong_instance));
  BOOST_TEST(moved->instance.has_value());
  const auto lost = worker::parse_error(R"({"error":{"number":212}})");
  BOOST_TEST_REQUIRE(lost.has_value());
  BOOST_TEST((lost->code == Errc::lease_lost));
  BOOST_TEST(!lost->instance.has_value());
  for (const char* text : {"", "{}", R"({"error":7})", R"({"error":{"number":65000}})",
                           R"({"error":{"number":"212"}})", R"({"error":{"number":-1}})"}) {
    BOOST_TEST(!worker::parse_error(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(is_told_in_json_whatever_a_message_holds) {
  const worker::Lease lease{"run-1", "00ff", 30s};
  const json failed = json::parse(worker::fail_body(lease, "broken \xff \"quote\"\n", true));
  BOOST_TEST(failed.at("lease") == "00ff");
  BOOST_TEST(failed.at("retry") == true);
  BOOST_TEST(failed.at("message").get<std::string>().find("\"quote\"\n") != std::string::npos);
  const json refused = json::parse(worker::refuse_body(lease, Errc::revoked));
  BOOST_TEST(refused.at("code") == "WB-TICKET-REVOKED");
  BOOST_TEST(refused.at("message") == "the ticket was revoked");
  const json done = json::parse(worker::complete_body(lease, Buffer{0, 1, 2}));
  BOOST_TEST(done.at("result") == "AAEC");
  BOOST_TEST(json::parse(worker::heartbeat_body(lease, {})) == json({{"lease", "00ff"}}));
  BOOST_TEST(json::parse(worker::heartbeat_body(lease, bytes_of("evidence"))) ==
             json({{"lease", "00ff"}, {"renewed", "ZXZpZGVuY2U="}}));
  BOOST_TEST(json::parse(worker::hand_back_body(lease, "not now")) ==
             json({{"lease", "00ff"}, {"message", "not now"}}));
  BOOST_TEST(json::parse(worker::poll_body(5s)) == json({{"wait_seconds", 5}, {"max", 1}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::job_test
