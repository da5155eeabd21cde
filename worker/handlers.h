#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/error.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// What runs for one type of workflow, and what a ticket must allow for it.
struct Handler {
  std::string command;               ///< for /bin/sh -c
  std::vector<std::string> actions;  ///< each must be in the ticket (action_denied)
};

/// The handlers of a worker, by workflow type. A worker that runs gets new ones by assignment; a
/// job keeps the one that it has found. Thread-safe.
class Handlers {
 public:
  Handlers() = default;
  Handlers(const Handlers& other) : handlers_(other.all()) {}
  Handlers& operator=(const Handlers& other);
  ~Handlers() = default;

  /// `TYPE=COMMAND`. Errors: bad_name (no type), already_exists, malformed (no command).
  Checked add(std::string_view option);
  /// `TYPE=ACTION` for a type that has a handler. Errors: no_handler, bad_name, limit_exceeded.
  Checked require(std::string_view option);

  /// Null when there is none.
  std::shared_ptr<const Handler> find(std::string_view type) const;
  bool empty() const { return all().empty(); }

 private:
  using Map = std::map<std::string, std::shared_ptr<const Handler>, std::less<>>;
  Map all() const;

  mutable std::mutex lock_;
  Map handlers_;
};

/// What a handler is told of a job, all of it from the verified ticket but the run and its attempt:
/// a file of mode 0600 in a folder of its own, removed with this object, and the environment that
/// names it. Neither holds a key, the ticket or the input. Throws std::system_error.
class Briefing {
 public:
  Briefing(const VerifiedJob& job, std::uint32_t attempt);
  Briefing(const Briefing&) = delete;
  Briefing& operator=(const Briefing&) = delete;
  ~Briefing();

  /// The claims file as the KDC has renewed the ticket: whoever reads it sees the old one or the
  /// new one, whole. The environment of a process that runs cannot change.
  void update(const VerifiedJob& job);

  /// NAME=value: PATH, HOME, LANG, TMPDIR as the worker has them, and WAYBILL_CLAIMS_FILE,
  /// WAYBILL_SUBJECT, WAYBILL_QUEUE, WAYBILL_WORKFLOW_ID, WAYBILL_WORKFLOW_TYPE, WAYBILL_ACTIONS
  /// (with commas), WAYBILL_RUN_ID, WAYBILL_ATTEMPT.
  const std::vector<std::string>& environment() const { return environment_; }
  const std::filesystem::path& claims_file() const { return claims_file_; }

 private:
  std::filesystem::path folder_;
  std::filesystem::path claims_file_;
  std::vector<std::string> environment_;
  std::uint32_t attempt_;
};

}  // namespace waybill::worker
