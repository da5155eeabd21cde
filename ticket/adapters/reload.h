#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace waybill {

/// What a daemon reads again at a SIGHUP, part by part. Each is taken over whole or not at all, and
/// one that is not right keeps none of the others back.
///
///   reload_failed what=certificate why=…
///   reloaded what=settings,realm_file needs_restart=listen
class Reload {
 public:
  /// `take` throws when the part is not right; then it has changed nothing.
  void part(std::string_view name, const std::function<void()>& take) noexcept;
  /// The last line: what was taken over, and which settings have changed that take a restart.
  void finish(const std::vector<std::string>& needs_restart = {}) noexcept;

 private:
  std::string taken_;
};

}  // namespace waybill
