#include "ticket/adapters/reload.h"

#include <exception>

#include "ticket/adapters/log.h"

namespace waybill {
namespace {

void append(std::string& list, std::string_view name) {
  if (!list.empty()) list += ',';
  list += name;
}

}  // namespace

void Reload::part(std::string_view name, const std::function<void()>& take) noexcept {
  try {  // the edge of what an operator asks for while others are served
    take();
    append(taken_, name);
  } catch (const std::exception& failure) {
    log_error("reload_failed", {{"what", name}, {"why", failure.what()}});
  }
}

void Reload::finish(const std::vector<std::string>& needs_restart) noexcept {
  if (needs_restart.empty()) return log_info("reloaded", {{"what", taken_}});
  std::string waiting;
  for (const std::string& name : needs_restart) append(waiting, name);
  log_warning("reloaded", {{"what", taken_}, {"needs_restart", waiting}});
}

}  // namespace waybill
