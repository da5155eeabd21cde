#include "worker/verdicts.h"

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/worker/desk.h"

namespace waybill::test::verdicts_test {
namespace {

using nlohmann::ordered_json;
using worker::LeasedJob;
using worker::Verdicts;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

LeasedJob some_job() {
  worker::Job job;
  job.workflow_id = "invoice-report-1";
  job.workflow_type = "invoice-report";
  job.attempt = 2;
  return {{"run-1", "00ff", 30s}, std::move(job)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_verdict)

BOOST_AUTO_TEST_CASE(is_one_line_with_stable_members) {
  const Scratch scratch;
  Verdicts verdicts(scratch / "verdicts.jsonl");
  const LeasedJob job = some_job();
  verdicts.record({noon, job, TicketId{1, 2}, principal_of("carol@DEMO.TEST"), std::nullopt});
  verdicts.record({noon + 1s, job, std::nullopt, std::nullopt, Errc::bad_proof});
  const LeasedJob broken{{"run-2", "00ff", 30s}, Error{Errc::malformed, ""}};
  verdicts.record({noon + 2s, broken, std::nullopt, std::nullopt, Errc::malformed});
  verdicts.record({noon, job, std::nullopt, std::nullopt, Errc::feed_stale,
                   worker::VerdictEvent::verdict, nullptr, "old"});
  verdicts.record({noon, job, std::nullopt, std::nullopt, std::nullopt,
                   worker::VerdictEvent::verdict, nullptr, "old", true});
  const auto lines = lines_of(scratch / "verdicts.jsonl");
  BOOST_TEST_REQUIRE(lines.size() == 5U);
  BOOST_TEST(lines[0] ==
             R"({"time":"2026-09-21T14:13:20Z","event":"verdict","workflow":"invoice-report-1",)"
             R"("type":"invoice-report","run":"run-1","attempt":2,)"
             R"("ticket":"01020000000000000000000000000000","subject":"carol@DEMO.TEST",)"
             R"("verdict":"accepted"})");
  BOOST_TEST(ordered_json::parse(lines[1]).at("verdict") == "WB-TICKET-PROOF");
  BOOST_TEST(ordered_json::parse(lines[1]).at("ticket") == "");
  BOOST_TEST(ordered_json::parse(lines[1]).at("subject") == "");
  BOOST_TEST(ordered_json::parse(lines[2]).at("run") == "run-2");
  BOOST_TEST(ordered_json::parse(lines[2]).at("workflow") == "");
  BOOST_TEST(ordered_json::parse(lines[2]).at("verdict") == "WB-MALFORMED");
  BOOST_TEST(lines[3].ends_with(R"("verdict":"WB-FEED-STALE","detail":"old"})"), lines[3]);
  BOOST_TEST(lines[4].ends_with(R"("verdict":"accepted","detail":"old","feed_was_stale":true})"),
             lines[4]);
}

BOOST_AUTO_TEST_CASE(on_a_renewal_says_what_is_in_force) {
  Desk desk;
  Verdicts verdicts(desk.scratch / "verdicts.jsonl");
  const LeasedJob job = some_job();
  const Body body = desk.body();
  using worker::VerdictEvent;
  verdicts.record({noon, job, body.id, body.subject, {}, VerdictEvent::renewal, &body});
  verdicts.record({noon, job, body.id, body.subject, Errc::grant_missing, VerdictEvent::renewal});
  verdicts.record({noon, job, body.id, body.subject, Errc::revoked, VerdictEvent::stopped});
  verdicts.record({noon, job, body.id, body.subject, Errc::revoked, VerdictEvent::let_finish});
  const auto lines = lines_of(desk.scratch / "verdicts.jsonl");
  BOOST_TEST_REQUIRE(lines.size() == 4U);
  const auto first = ordered_json::parse(lines[0]);
  BOOST_TEST(first.at("event") == "renewal");
  BOOST_TEST(first.at("verdict") == "renewed");
  BOOST_TEST(first.at("run_until") == "2026-09-21T15:13:20Z");
  BOOST_TEST(first.at("actions") == ordered_json::array({"invoice:read", "report:write"}));
  const auto said = [&](std::size_t i) {
    const auto line = ordered_json::parse(lines[i]);
    BOOST_TEST(line.size() == 9U);
    return line.at("event").get<std::string>() + " " + line.at("verdict").get<std::string>();
  };
  BOOST_TEST(said(1) == "renewal WB-GRANT-MISSING");
  BOOST_TEST(said(2) == "stopped WB-TICKET-REVOKED");
  BOOST_TEST(said(3) == "let_finish WB-TICKET-REVOKED");
}

BOOST_AUTO_TEST_CASE(is_appended_by_several_processes_without_mixing) {
  const Scratch scratch;
  const auto file = scratch / "verdicts.jsonl";
  const LeasedJob job = some_job();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Verdicts own(file);
      for (int k = 0; k < 10; ++k) own.record({noon, job, std::nullopt, std::nullopt, {}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = lines_of(file);
  BOOST_TEST(lines.size() == 40U);
  for (const std::string& line : lines) BOOST_TEST(ordered_json::parse(line).size() == 9U);
}

BOOST_AUTO_TEST_CASE(is_private_and_must_not_be_a_link) {
  const Scratch scratch;
  { const Verdicts verdicts(scratch / "verdicts.jsonl"); }
  struct stat info {};
  BOOST_TEST(::stat((scratch / "verdicts.jsonl").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0600U);
  std::filesystem::create_symlink("/dev/null", scratch / "link");
  BOOST_CHECK_THROW(Verdicts(scratch / "link"), std::system_error);
}

BOOST_AUTO_TEST_CASE(that_cannot_be_kept_is_an_exception) {
  Verdicts full("/dev/full");
  const LeasedJob job = some_job();
  BOOST_CHECK_THROW(full.record({noon, job, std::nullopt, std::nullopt, {}}), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::verdicts_test
