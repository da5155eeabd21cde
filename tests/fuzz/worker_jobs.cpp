// What a worker is told: jobs and errors of a scheduler as JSON, and its handlers.

#include <nlohmann/json.hpp>

#include "tests/fuzz/command_lines.h"
#include "tests/fuzz/door_targets.h"
#include "ticket/adapters/base64.h"
#include "ticket/wire/limits.h"
#include "worker/handlers.h"
#include "worker/job.h"

namespace waybill::test::fuzz {
namespace {

using nlohmann::json;

constexpr std::string_view some_job =
    R"({"namespace":"default","workflow_id":"invoice-report-1","workflow_type":"invoice-report",)"
    R"("run_id":"00112233445566778899aabbccddeeff","attempt":2,"started_at":1790000001,)"
    R"("ticket":"AAEC","input":"/+8=","lease":"ffeeddccbbaa99887766554433221100","lease_seconds":30})";

void check_job(const worker::Job& job, const json& from) {
  require(job.workflow_id == from.at("workflow_id") &&
              job.workflow_type == from.at("workflow_type") && job.space == from.at("namespace"),
          "a job is the one that was told");
  require(is_name(job.workflow_id, limits::max_workflow_id) && is_name(job.space, limits::max_name),
          "a job's names are names");
  require(
      to_base64(job.ticket) == from.at("ticket") && to_base64(job.sealed_input) == from.at("input"),
      "bytes have one text");
  require(job.ticket.size() <= limits::max_ticket_with_booklet, "a ticket has its limit");
}

void read_jobs(Bytes input) {
  const auto jobs = worker::parse_jobs(text_of(input));
  if (!jobs) return;
  const json loose = json::parse(text_of(input), nullptr, false);
  require(loose.is_object() && loose.at("jobs").size() == jobs->size(), "each job is read");
  for (std::size_t i = 0; i < jobs->size(); ++i) {
    const worker::LeasedJob& leased = (*jobs)[i];
    require(leased.lease.run_id == loose["jobs"][i].at("run_id") &&
                leased.lease.token == loose["jobs"][i].at("lease"),
            "a lease is the one that was told");
    if (leased.job) check_job(*leased.job, loose["jobs"][i]);
  }
}

void read_job(Bytes input) {
  const auto job = worker::parse_job(text_of(input));
  if (job) check_job(*job, json::parse(text_of(input), nullptr, false));
}

void read_answers(Bytes input) {
  const auto info = worker::parse_info(text_of(input));
  if (info)
    require(json::parse(text_of(input), nullptr, false).is_object(), "an answer is an object");
  const auto error = worker::parse_error(text_of(input));
  if (error) require(!describe(error->code).name.empty(), "an error is one that is known");
}

void read_handlers(Bytes input) {
  worker::Handlers handlers;
  for (const std::string& line : words_of(input)) {
    const std::string type = line.substr(0, line.find('='));
    if (handlers.add(line)) {
      const auto found = handlers.find(type);
      require(found != nullptr && type + "=" + found->command == line,
              "a handler is as it was told");
    } else if (handlers.require(line)) {
      require(handlers.find(type) != nullptr && !handlers.find(type)->actions.empty(),
              "an action is wanted of a handler");
    }
  }
}

}  // namespace

Targets job_targets() {
  return {
      {"jobs_from_a_scheduler",
       [] {
         return std::vector<Buffer>{text("{\"jobs\":[" + std::string(some_job) + "]}"),
                                    text("{\"jobs\":[]}")};
       },
       read_jobs},
      {"a_job_by_itself", [] { return std::vector<Buffer>{text(some_job)}; }, read_job},
      {"answers_of_a_scheduler",
       [] {
         return std::vector<Buffer>{
             text(
                 R"({"service":"trigger/orders@DEMO.TEST","instance":"00112233445566778899aabbccddeeff"})"),
             text(
                 R"({"error":{"code":"WB-LEASE","number":212,"message":"m"},"instance":"00112233445566778899aabbccddeeff"})")};
       },
       read_answers},
      {"handlers_of_a_worker", [] { return std::vector<Buffer>{text("a=./run\na=b:c\nd=x=y")}; },
       read_handlers},
  };
}

}  // namespace waybill::test::fuzz
