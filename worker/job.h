#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/clock.h"
#include "ticket/wire/error.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// What a worker shows a scheduler to speak about a job that it was given.
struct Lease {
  std::string run_id;
  std::string token;
  Seconds time;              ///< it ends so long after it was given or last extended
  std::string request_id{};  ///< of the request that started the work, for logs; may be empty
};

/// A job as it comes over the wire: first whose it is, so that even a malformed one can be refused
/// by name, then the job itself or what is wrong with it.
struct LeasedJob {
  Lease lease;
  Result<Job> job;
};

/// Reads the answer to a poll, `{"jobs":[…]}` (specs/http-api.md). JSON from a scheduler is
/// hostile: a member that is missing, has another type, stands there twice or exceeds its limit,
/// surplus nesting and anything but strict base64 refuse it. Members that are not known are
/// ignored. Errors: malformed (no such answer, or a job whose lease cannot be read).
Result<std::vector<LeasedJob>> parse_jobs(std::string_view json);

/// Reads one job by itself, as it stands in such an answer; of its lease only `run_id` is looked
/// at, the first run of its chain. Errors: malformed, bad_name, limit_exceeded.
Result<Job> parse_job(std::string_view json);

/// The answer to GET /v1/info.
struct SourceInfo {
  Principal service;
  InstanceId instance{};
};
/// Errors: malformed, bad_name.
Result<SourceInfo> parse_info(std::string_view json);

/// An error body: what was refused, and the instance to address instead (wrong_instance).
struct SourceError {
  Errc code{};
  std::optional<InstanceId> instance;
};
/// Nothing when it is none, or its number means nothing to us.
std::optional<SourceError> parse_error(std::string_view json);

/// The bodies that a worker sends.
std::string poll_body(Seconds wait);
/// `renewed` is evidence of the ticket's newest form; empty: nothing new.
std::string heartbeat_body(const Lease& lease, Bytes renewed);
std::string complete_body(const Lease& lease, Bytes sealed_result);
std::string fail_body(const Lease& lease, std::string_view message, bool retry);
std::string hand_back_body(const Lease& lease, std::string_view message);
std::string refuse_body(const Lease& lease, Errc code);

}  // namespace waybill::worker
