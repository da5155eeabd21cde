#include "worker/handlers.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <nlohmann/json.hpp>

#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "worker/child.h"
#include "worker/verdicts.h"

namespace waybill::worker {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Pair {
  std::string_view name, value;
};
Pair split(std::string_view option) {
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos) return {option, {}};
  return {option.substr(0, equals), option.substr(equals + 1)};
}

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "waybill-job.XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {  // 0700
    throw std::system_error(errno, std::generic_category(), "cannot make a folder for a job");
  }
  return name;
}

// Without a sync: it need not outlive the job.
void write_private(const fs::path& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = file.is_open() && ::write(file.get(), text.data(), text.size()) ==
                                             static_cast<ssize_t>(text.size());
  if (!written) {
    throw std::system_error(errno, std::generic_category(), "cannot write the claims of a job");
  }
}

json claims_of(const VerifiedJob& job, std::uint32_t attempt) {
  const Body& body = job.claims();
  json actors = json::array();
  for (const Principal& actor : body.actors) actors.push_back(actor.text());
  return {{"ticket", to_hex(body.id)},
          {"subject", body.subject.text()},
          {"actors", actors},
          {"queue", body.audience.text()},
          {"namespace", job.work().space},
          {"workflow_id", job.work().id},
          {"workflow_type", job.work().type},
          {"actions", body.actions},
          {"issued_at", rfc3339(body.issued_at)},
          {"start_by", rfc3339(body.start_by)},
          {"run_until", rfc3339(body.run_until)},
          {"renew_until", rfc3339(body.renew_until)},
          {"feed_was_stale", job.feed_was_stale()},
          {"run_id", job.run_chain()},
          {"attempt", attempt}};
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

void inherit(std::vector<std::string>& environment, const char* name, const char* otherwise) {
  const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (value == nullptr) value = otherwise;
  if (value != nullptr) environment.push_back(std::string(name) + "=" + value);
}

}  // namespace

Checked Handlers::add(std::string_view option) {
  const auto [type, command] = split(option);
  if (!is_name(type, limits::max_name)) return Error{Errc::bad_name, "type of a handler"};
  if (command.empty()) return Error{Errc::malformed, "a handler without a command"};
  auto handler = std::make_shared<const Handler>(Handler{std::string(command), {}});
  const std::scoped_lock guard(lock_);
  const bool added = handlers_.try_emplace(std::string(type), std::move(handler)).second;
  if (!added) return Error{Errc::already_exists, "two handlers of one type"};
  return ok();
}

Checked Handlers::require(std::string_view option) {
  const auto [type, action] = split(option);
  const std::scoped_lock guard(lock_);
  const auto found = handlers_.find(type);
  if (found == handlers_.end()) return Error{Errc::no_handler, "required action"};
  if (!is_name(action, limits::max_name)) return Error{Errc::bad_name, "required action"};
  if (found->second->actions.size() == limits::max_actions) return Errc::limit_exceeded;
  Handler stricter = *found->second;
  stricter.actions.emplace_back(action);
  found->second = std::make_shared<const Handler>(std::move(stricter));
  return ok();
}

std::shared_ptr<const Handler> Handlers::find(std::string_view type) const {
  const std::scoped_lock guard(lock_);
  const auto found = handlers_.find(type);
  return found == handlers_.end() ? nullptr : found->second;
}

Handlers& Handlers::operator=(const Handlers& other) {
  Map theirs = other.all();
  const std::scoped_lock guard(lock_);
  handlers_ = std::move(theirs);
  return *this;
}

Handlers::Map Handlers::all() const {
  const std::scoped_lock guard(lock_);
  return handlers_;
}

Briefing::Briefing(const VerifiedJob& job, std::uint32_t attempt)
    : folder_(make_folder()), claims_file_(folder_ / "claims.json"), attempt_(attempt) {
  try {
    write_private(claims_file_, claims_of(job, attempt).dump(2) + "\n");
  } catch (...) {  // a destructor does not run for what was never made
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    throw;
  }
  inherit(environment_, "PATH", "/usr/local/bin:/usr/bin:/bin");
  inherit(environment_, "HOME", "/");
  inherit(environment_, "LANG", "C.UTF-8");
  inherit(environment_, "TMPDIR", nullptr);
  const auto add = [&](const char* name, const std::string& value) {
    environment_.push_back(std::string(name) + "=" + value);
  };
  add("WAYBILL_CLAIMS_FILE", claims_file_.string());
  add("WAYBILL_SUBJECT", job.claims().subject.text());
  add("WAYBILL_QUEUE", job.claims().audience.text());
  add("WAYBILL_WORKFLOW_ID", job.work().id);
  add("WAYBILL_WORKFLOW_TYPE", job.work().type);
  add("WAYBILL_ACTIONS", joined(job.claims().actions));
  add("WAYBILL_RUN_ID", job.run_chain());
  add("WAYBILL_ATTEMPT", std::to_string(attempt));
}

void Briefing::update(const VerifiedJob& job) {
  const fs::path fresh = folder_ / "claims.json.new";
  write_private(fresh, claims_of(job, attempt_).dump(2) + "\n");
  fs::rename(fresh, claims_file_);
}

Briefing::~Briefing() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace waybill::worker
