#include "worker/job.h"

#include <set>

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/crypto.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::worker {
namespace {

using nlohmann::json;

constexpr int max_nesting = 4;          // {"jobs":[{…}]} has three
constexpr std::size_t max_lease = 128;  // bytes of a lease token
constexpr std::uint64_t max_lease_seconds = 3600;
constexpr std::uint64_t max_attempt = 1'000'000;

// Discarded when a name stands twice in an object or arrays and objects nest too deeply.
json parse_strictly(std::string_view text) {
  std::vector<std::set<std::string>> names;
  bool fault = false;
  const auto watch = [&](int depth, json::parse_event_t event, const json& value) {
    if (fault) return false;
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key) {
      fault = !names.back().insert(value.get<std::string>()).second;
    }
    fault = fault || depth > max_nesting;
    return !fault;
  };
  json parsed = json::parse(text, watch, false);
  return fault ? json(json::value_t::discarded) : parsed;
}

/// Reads members of one object; the first fault is the result.
class Members {
 public:
  explicit Members(const json& object) : object_(object) {
    if (!object.is_object()) fail(Errc::malformed, "not an object");
  }

  std::string text(const char* name) {
    const json* value = find(name);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    fail(Errc::malformed, "a member is no text");
    return {};
  }
  std::string name(const char* member, std::size_t most) {
    std::string value = text(member);
    if (!is_name(value, most)) fail(Errc::bad_name, "a name");
    return value;
  }
  std::uint64_t number(const char* name, std::uint64_t most) {
    const json* value = find(name);
    if (value == nullptr) return 0;
    if (!value->is_number_unsigned()) {
      fail(Errc::malformed, "a member is no number");
      return 0;
    }
    const auto number = value->get<std::uint64_t>();
    if (number > most) fail(Errc::limit_exceeded, "a number");
    return number;
  }
  Buffer bytes(const char* name, std::size_t most) {
    const std::string value = text(name);
    if (value.size() > (most + 2) / 3 * 4) fail(Errc::limit_exceeded, "bytes");
    if (error_) return {};
    auto decoded = from_base64(value);
    if (!decoded) {
      fail(decoded.error().code, decoded.error().note);
      return {};
    }
    if (decoded->size() > most) fail(Errc::limit_exceeded, "bytes");
    return *std::move(decoded);
  }

  /// Nothing is decided by it, so it may be missing, or anything.
  std::string label(const char* name) const {
    const auto found = object_.find(name);
    return found != object_.end() && found->is_string() ? found->get<std::string>() : "";
  }

  void fail(Errc code, const char* note) {
    if (!error_) error_ = Error{code, note};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const json* find(const char* name) {
    if (error_) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    fail(Errc::malformed, "a member is missing");
    return nullptr;
  }

  const json& object_;
  std::optional<Error> error_;
};

Result<Job> read_job(const json& object, const std::string& run_id) {
  Members in(object);
  Job job;
  job.space = in.name("namespace", limits::max_name);
  job.workflow_id = in.name("workflow_id", limits::max_workflow_id);
  job.workflow_type = in.name("workflow_type", limits::max_name);
  job.run_chain = run_id;  // this engine keeps one run id through all attempts
  job.attempt = static_cast<std::uint32_t>(in.number("attempt", max_attempt));
  job.started_at =
      Time{Seconds{static_cast<std::int64_t>(in.number("started_at", limits::last_second))}};
  job.ticket = in.bytes("ticket", limits::max_ticket_with_booklet);
  job.sealed_input = in.bytes("input", limits::max_input + seal_overhead);
  if (in.error()) return *in.error();
  return job;
}

Result<LeasedJob> read_leased(const json& object) {
  Members in(object);
  Lease lease{in.name("run_id", limits::max_name), in.name("lease", max_lease),
              Seconds{static_cast<std::int64_t>(in.number("lease_seconds", max_lease_seconds))}};
  lease.request_id = in.label("request_id");
  if (lease.run_id.find('/') != std::string::npos) in.fail(Errc::bad_name, "run id");
  if (in.error()) return Error{Errc::malformed, in.error()->note};
  const std::string run_id = lease.run_id;
  return LeasedJob{std::move(lease), read_job(object, run_id)};
}

std::string dumped(const json& value) {  // what is no UTF-8 is replaced, never thrown
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

Result<std::vector<LeasedJob>> parse_jobs(std::string_view text) {
  const json answer = parse_strictly(text);
  if (!answer.is_object() || !answer.contains("jobs") || !answer["jobs"].is_array()) {
    return Error{Errc::malformed, "no answer to a poll"};
  }
  std::vector<LeasedJob> out;
  for (const json& object : answer["jobs"]) {
    TRY(leased, read_leased(object));
    out.push_back(std::move(leased));
  }
  return out;
}

Result<Job> parse_job(std::string_view text) {
  const json object = parse_strictly(text);
  Members in(object);
  const std::string run_id = in.name("run_id", limits::max_name);
  if (in.error()) return *in.error();
  return read_job(object, run_id);
}

Result<SourceInfo> parse_info(std::string_view text) {
  const json answer = parse_strictly(text);
  Members in(answer);
  const std::string service = in.text("service");
  const auto instance = fixed_from_hex<16>(in.text("instance"));
  if (in.error()) return *in.error();
  if (!instance) return instance.error();
  TRY(principal, Principal::parse(service));
  return SourceInfo{std::move(principal), *instance};
}

std::optional<SourceError> parse_error(std::string_view text) {
  const json answer = parse_strictly(text);
  if (!answer.is_object() || !answer.contains("error")) return std::nullopt;
  Members in(answer["error"]);
  const auto code = errc_from(in.number("number", UINT16_MAX));
  if (in.error() || !code) return std::nullopt;
  SourceError out{*code, {}};
  Members outer(answer);
  if (const auto id = fixed_from_hex<16>(outer.text("instance")); id && !outer.error()) {
    out.instance = *id;
  }
  return out;
}

std::string poll_body(Seconds wait) { return dumped({{"wait_seconds", wait.count()}, {"max", 1}}); }

std::string heartbeat_body(const Lease& lease, Bytes renewed) {
  json body{{"lease", lease.token}};
  if (!renewed.empty()) body["renewed"] = to_base64(renewed);
  return dumped(body);
}

std::string complete_body(const Lease& lease, Bytes sealed_result) {
  return dumped({{"lease", lease.token}, {"result", to_base64(sealed_result)}});
}

std::string fail_body(const Lease& lease, std::string_view message, bool retry) {
  return dumped({{"lease", lease.token}, {"message", std::string(message)}, {"retry", retry}});
}

std::string hand_back_body(const Lease& lease, std::string_view message) {
  return dumped({{"lease", lease.token}, {"message", std::string(message)}});
}

std::string refuse_body(const Lease& lease, Errc code) {
  const ErrorText& text = describe(code);
  return dumped({{"lease", lease.token},
                 {"code", std::string(text.name)},
                 {"message", std::string(text.sentence)}});
}

}  // namespace waybill::worker
