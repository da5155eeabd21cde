#include "ticket/adapters/system_clock.h"

#include <ctime>
#include <fstream>
#include <string>

#include "ticket/wire/hex.h"

namespace waybill {
namespace {

// Linux makes one for each boot: 8-4-4-4-12 digits of hex.
std::optional<FixedBytes<16>> boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  std::erase(text, '-');
  const auto id = fixed_from_hex<16>(text);
  return id ? std::optional(*id) : std::nullopt;
}

}  // namespace

SystemClock::SystemClock() : boot_(boot_id()) {}

Time SystemClock::now() const {
  return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

std::optional<Uptime> SystemClock::uptime() const {
  timespec up{};
  if (!boot_ || ::clock_gettime(CLOCK_BOOTTIME, &up) != 0) return std::nullopt;
  const auto passed = Seconds{up.tv_sec} + std::chrono::nanoseconds{up.tv_nsec};
  return Uptime{*boot_, std::chrono::floor<std::chrono::milliseconds>(passed)};
}

}  // namespace waybill
