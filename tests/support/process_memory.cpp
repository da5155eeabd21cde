#include "tests/support/process_memory.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace waybill::test {
namespace {

constexpr std::size_t piece = 1 << 20;

[[noreturn]] void cannot(const char* act) {
  throw std::system_error(errno, std::generic_category(), std::string("cannot ") + act);
}

struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string about;             // the line
  std::uint64_t present_kb = 0;  // in memory or swapped out: the rest was never written
  bool is_file = false;          // and not a copy of our own
  bool is_locked = false;
  bool is_dumped = true;
};

Region region_from(const std::string& line) {
  Region region;
  std::istringstream in(line);
  std::string rights, skipped, place;
  char dash = 0;
  in >> std::hex >> region.begin >> dash >> region.end >> rights;
  in >> skipped >> skipped >> skipped >> std::ws;
  std::getline(in, place);
  // A private mapping of a file has pages of its own once they are written to.
  const bool shared = rights.ends_with('s');
  region.is_file = place.starts_with('/') && shared && !place.ends_with("(deleted)");
  region.about = rights + " " + (place.empty() ? "heap" : place);
  return region;
}

// Of /proc/PID/smaps: a line for each region, then its figures, and its flags at the end.
std::vector<Region> regions_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps");
  std::vector<Region> regions;
  std::size_t flags = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t number = 0;
    words >> name;
    if (name == "VmFlags:") {
      regions.back().is_locked = line.find(" lo") != std::string::npos;
      regions.back().is_dumped = line.find(" dd") == std::string::npos;
      ++flags;
    } else if (name == "Rss:" || name == "Swap:") {
      words >> number;
      regions.back().present_kb += number;
    } else if (!name.ends_with(':')) {
      regions.push_back(region_from(line));
    }
  }
  if (regions.empty() || flags != regions.size()) {
    throw std::runtime_error("the memory of a process is not shown, or without its flags");
  }
  return regions;
}

// The kernel's own pages cannot be read.
bool is_read(const Region& region) {
  const bool kernels = region.about.ends_with("[vvar]") || region.about.ends_with("[vsyscall]") ||
                       region.about.ends_with("[vvar_vclock]");
  return region.present_kb > 0 && !region.is_file && !kernels;
}

class ProcessMemory {
 public:
  explicit ProcessMemory(pid_t pid)
      : number_(::open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC)) {
    if (number_ < 0) cannot("look into a process");
  }
  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;
  ~ProcessMemory() { ::close(number_); }

  /// What is there; short where the region has gone meanwhile.
  std::string read(std::uint64_t at, std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(number_, bytes.data(), size, static_cast<off_t>(at));
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }

 private:
  int number_;
};

std::set<std::string> found_in(const ProcessMemory& memory, const Region& region,
                               const KnownSecrets& secrets) {
  std::set<std::string> found;
  for (std::uint64_t at = region.begin; at < region.end; at += piece) {
    const std::size_t size = std::min<std::uint64_t>(piece + secrets.longest(), region.end - at);
    const auto here = secrets.found_in(memory.read(at, size));
    found.insert(here.begin(), here.end());
  }
  return found;
}

}  // namespace

InMemory look_into(pid_t pid, const KnownSecrets& secrets) {
  const ProcessMemory memory(pid);
  InMemory out;
  for (const Region& region : regions_of(pid)) {
    if (!is_read(region)) continue;
    const bool is_kept = region.is_locked && !region.is_dumped;
    for (const std::string& name : found_in(memory, region, secrets)) {
      (is_kept ? out.locked : out.outside).push_back(name + " in " + region.about);
    }
  }
  return out;
}

bool look_at_the_end(pid_t child, const std::function<void()>& go_on,
                     const std::function<void()>& look) {
  if (::ptrace(PTRACE_SEIZE, child, nullptr, PTRACE_O_TRACEEXIT) != 0) cannot("trace a child");
  go_on();
  for (;;) {
    siginfo_t info{};
    // Without reaping it when it has ended: that is for whoever started it.
    if (::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WEXITED | WNOWAIT) != 0) {
      cannot("wait for a child");
    }
    if (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED) return false;
    int status = 0;
    if (::waitpid(child, &status, __WALL) != child) cannot("wait for a child");
    if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8))) break;
    const bool is_signal = status >> 16 == 0 && WSTOPSIG(status) != SIGTRAP;
    ::ptrace(PTRACE_CONT, child, nullptr, is_signal ? WSTOPSIG(status) : 0);
  }
  look();
  ::ptrace(PTRACE_DETACH, child, nullptr, 0);
  return true;
}

}  // namespace waybill::test
