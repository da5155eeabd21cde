#include "worker/verdicts.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

#include <nlohmann/json.hpp>

#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"

namespace waybill::worker {
namespace {

using Row = nlohmann::ordered_json;

[[noreturn]] void cannot_keep(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

std::string_view name_of(VerdictEvent event) {
  switch (event) {
    case VerdictEvent::verdict:
      return "verdict";
    case VerdictEvent::renewal:
      return "renewal";
    case VerdictEvent::stopped:
      return "stopped";
    case VerdictEvent::let_finish:
      return "let_finish";
  }
  return {};
}

std::string_view word_of(const VerdictRecord& verdict) {
  if (verdict.refusal) return describe(*verdict.refusal).name;
  return verdict.event == VerdictEvent::renewal ? "renewed" : "accepted";
}

Row row_of(const VerdictRecord& verdict) {
  const LeasedJob& leased = verdict.job;
  const bool whole = static_cast<bool>(leased.job);
  Row row{{"time", rfc3339(verdict.time)},
          {"event", name_of(verdict.event)},
          {"workflow", whole ? leased.job->workflow_id : ""},
          {"type", whole ? leased.job->workflow_type : ""},
          {"run", leased.lease.run_id},
          {"attempt", whole ? leased.job->attempt : 0U},
          {"ticket", verdict.ticket ? to_hex(*verdict.ticket) : ""},
          {"subject", verdict.subject ? verdict.subject->text() : ""},
          {"verdict", word_of(verdict)}};
  if (verdict.renewed != nullptr) {
    row["run_until"] = rfc3339(verdict.renewed->run_until);
    row["actions"] = verdict.renewed->actions;
  }
  if (!verdict.detail.empty()) row["detail"] = verdict.detail;
  if (verdict.feed_was_stale) row["feed_was_stale"] = true;
  return row;
}

}  // namespace

Verdicts::Verdicts(const std::filesystem::path& file)
    : file_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)) {
  if (!file_.is_open()) cannot_keep(("cannot open " + file.string()).c_str());
}

void Verdicts::record(const VerdictRecord& verdict) {
  const std::string line = row_of(verdict).dump() + "\n";
  const std::scoped_lock guard(lock_);
  // One write at the end of the file: lines of several processes do not mix.
  if (::write(file_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fdatasync(file_.get()) != 0) {
    cannot_keep("cannot write a verdict");
  }
}

std::string rfc3339(Time time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace waybill::worker
