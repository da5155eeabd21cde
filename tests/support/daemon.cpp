#include "tests/support/daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "ticket/adapters/shutdown.h"

namespace waybill::test {
namespace {

using namespace std::chrono_literals;
using Moment = std::chrono::steady_clock::time_point;

constexpr int killed = 128 + SIGKILL;

[[noreturn]] void fail(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number < 0) fail("cannot open a descriptor");
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }
  int number() const { return number_; }

 private:
  int number_;
};

/// An unnamed file in memory: unlike a pipe it never makes the writer wait, and a daemon that was
/// left behind in the background does not keep the reader waiting for its end.
class Scroll : public Descriptor {
 public:
  Scroll() : Descriptor(::memfd_create("waybill-test", MFD_CLOEXEC)) {}
  void write(std::string_view text) const {
    while (!text.empty()) {
      const auto wrote = ::write(number(), text.data(), text.size());
      if (wrote < 0) fail("cannot write to memory");
      text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    ::lseek(number(), 0, SEEK_SET);
  }
  std::string read() const {
    std::string all(static_cast<std::size_t>(::lseek(number(), 0, SEEK_END)), '\0');
    const auto got = ::pread(number(), all.data(), all.size(), 0);
    all.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return all;
  }
};

struct Streams {
  int in, out, err;
};

std::map<std::string, std::string> environment_of(const Command& command) {
  std::map<std::string, std::string> all = command.environment;
  for (const char* kept : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(kept)) all.emplace(kept, value);
  }
  all.emplace("PATH", "/usr/bin:/bin");
  all.emplace("HOME", command.folder.string());
  all.emplace("LANG", "C.UTF-8");
  return all;
}

/// Everything that exec needs, made before the fork: after it, in a process of many threads, only
/// async-signal-safe calls are allowed.
class Prepared {
 public:
  explicit Prepared(const Command& command) : folder_(command.folder) {
    texts_.push_back(command.program.string());
    texts_.insert(texts_.end(), command.arguments.begin(), command.arguments.end());
    const std::size_t arguments = texts_.size();
    for (const auto& [name, value] : environment_of(command)) texts_.push_back(name + "=" + value);
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      (i < arguments ? argv_ : envp_).push_back(texts_[i].data());
    }
    argv_.push_back(nullptr);
    envp_.push_back(nullptr);
  }

  [[noreturn]] void become(const Streams& streams, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // it died before the line above
    ::dup2(streams.in, STDIN_FILENO);
    ::dup2(streams.out, STDOUT_FILENO);
    ::dup2(streams.err, STDERR_FILENO);
    // A socket of another thread, kept open here, would never close for its peer.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    restore_child_signals();
    if (folder_.empty() || ::chdir(folder_.c_str()) == 0) {
      ::execve(argv_.front(), argv_.data(), envp_.data());
    }
    ::_exit(127);
  }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> texts_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

pid_t spawn(const Command& command, const Streams& streams) {
  Prepared prepared(command);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) fail("cannot fork");
  if (child == 0) prepared.become(streams, parent);
  ::setpgid(child, child);  // whoever of the two is first
  return child;
}

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for a child");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// False when it still runs after `patience`. It is not reaped.
bool ends_within(pid_t pid, std::chrono::milliseconds patience) {
  // By its number: the header of glibc 2.36 forgets that C++ may read it.
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd watched{process.number(), POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(patience.count())) > 0;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Ended run(const Command& command, std::string_view input, std::chrono::milliseconds patience) {
  const Scroll in;
  const Scroll out;
  const Scroll err;
  in.write(input);
  const pid_t child = spawn(command, {in.number(), out.number(), err.number()});
  ends_within(child, patience);
  ::kill(-child, SIGKILL);  // what it left behind too; to the dead it does nothing
  const int status = reap(child);
  return {status, out.read(), err.read()};
}

Daemon::Daemon(Command command, std::filesystem::path log)
    : command_(std::move(command)), log_(std::move(log)) {}

Daemon::~Daemon() { kill(); }

void Daemon::start() {
  if (pid_ >= 0) throw std::logic_error("the daemon runs already");
  log_before_ = log().size();
  const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor log(::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  pid_ = spawn(command_, {nothing.number(), log.number(), log.number()});
}

void Daemon::kill() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  reap(std::exchange(pid_, -1));
}

int Daemon::terminate(std::chrono::milliseconds patience) {
  if (pid_ < 0) throw std::logic_error("the daemon does not run");
  ::kill(pid_, SIGTERM);
  if (!ends_within(pid_, patience)) {
    kill();
    return killed;
  }
  ::kill(-pid_, SIGKILL);  // what it left behind
  return reap(std::exchange(pid_, -1));
}

void Daemon::pause() {
  ::kill(pid_, SIGSTOP);
  siginfo_t stopped{};  // or ended; the threads of a process do not stop at once
  ::waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WEXITED | WNOWAIT);
}
void Daemon::resume() { ::kill(pid_, SIGCONT); }

bool Daemon::is_running() { return pid_ >= 0 && !ends_within(pid_, 0ms); }

std::string Daemon::log() const {
  std::ifstream file(log_, std::ios::binary);
  std::ostringstream all;
  all << file.rdbuf();
  return all.str();
}

bool Daemon::says(std::string_view text, std::chrono::milliseconds patience) {
  const auto said = [&] { return log().find(text, log_before_) != std::string::npos; };
  eventually([&] { return said() || !is_running(); }, patience);
  return said();
}

void Daemon::wait_until_listening(std::uint16_t port, std::chrono::milliseconds patience) {
  eventually([&] { return is_listening(port) || !is_running(); }, patience);
  if (is_running() && is_listening(port)) return;
  throw std::runtime_error(command_.program.filename().string() +
                           (is_running() ? " does not listen:\n" : " ended:\n") + log());
}

std::uint16_t free_port() {
  static std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<std::uint16_t> ports(10'000, 32'000);
  for (;;) {
    const std::uint16_t port = ports(random);
    const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return port;
    }
  }
}

bool is_listening(std::uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
         0;
}

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds patience) {
  const Moment end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (condition()) return true;
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace waybill::test
