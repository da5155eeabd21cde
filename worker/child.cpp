#include "worker/child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <system_error>

#include "ticket/adapters/shutdown.h"

namespace waybill::worker {
namespace {

constexpr int cannot_run = 127;  // as a shell says it

[[noreturn]] void fail(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

struct Pipe {
  Descriptor read, write;
};

// Above the three numbers that the child gives to its own ends.
Descriptor raise(Descriptor end) {
  if (end.get() > STDERR_FILENO) return end;
  Descriptor higher(::fcntl(end.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!higher.is_open()) fail("cannot make a pipe");
  return higher;
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("cannot make a pipe");
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  return {raise(std::move(pipe.read)), raise(std::move(pipe.write))};
}

void make_nonblocking(const Descriptor& end) {
  if (::fcntl(end.get(), F_SETFL, O_NONBLOCK) != 0) fail("cannot make a pipe");
}

struct Ends {
  int in, out, err;
};

// In the child of a program with threads: system calls alone, nothing that takes a lock or memory.
[[noreturn]] void become(const Ends& ends, pid_t parent, char* const* arguments,
                         char* const* environment) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(cannot_run);  // it died before we asked to hear of it
  restore_child_signals();
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const bool connected = ::dup2(ends.in, STDIN_FILENO) >= 0 &&
                         ::dup2(ends.out, STDOUT_FILENO) >= 0 &&
                         ::dup2(ends.err, STDERR_FILENO) >= 0;
  if (connected && ::close_range(STDERR_FILENO + 1, UINT_MAX, 0) == 0) {
    ::execve(arguments[0], arguments, environment);
  }
  ::_exit(cannot_run);
}

// By number: <sys/pidfd.h> of glibc 2.36 cannot be used from C++.
Descriptor open_process(pid_t pid) {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));  // close-on-exec
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

void Descriptor::close() noexcept {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

struct Child::Started {
  pid_t pid;
  Descriptor input, output, errors;
};

Child::Started Child::start(const std::string& command,
                            const std::vector<std::string>& environment) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  make_nonblocking(in.write);
  make_nonblocking(out.read);
  make_nonblocking(err.read);
  std::vector<std::string> words{"/bin/sh", "-c", command};
  std::vector<std::string> copies = environment;
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<char*> variables = pointers_to(copies);
  const Ends ends{in.read.get(), out.write.get(), err.write.get()};
  const pid_t parent = ::getpid();

  const pid_t pid = ::fork();
  if (pid < 0) fail("cannot start a handler");
  if (pid == 0) become(ends, parent, arguments.data(), variables.data());
  ::setpgid(pid, pid);  // both do it: whoever is first, the group is there
  return {pid, std::move(in.write), std::move(out.read), std::move(err.read)};
}

Child::Child(Started started)
    : pid_(started.pid),
      input_(std::move(started.input)),
      output_(std::move(started.output)),
      errors_(std::move(started.errors)) {}

// From here on the destructor runs: a child that cannot be watched is reaped.
Child::Child(const std::string& command, const std::vector<std::string>& environment)
    : Child(start(command, environment)) {
  process_ = open_process(pid_);
  if (!process_.is_open()) fail("cannot watch a handler");
}

Child::~Child() { reap(); }

// The process is not waited for before reap(), so its number belongs to nobody else.
void Child::signal(int number) const noexcept {
  if (pid_ > 0) ::kill(-pid_, number);
}

int Child::reap() noexcept {
  if (pid_ <= 0) return 0;
  signal(SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace waybill::worker
