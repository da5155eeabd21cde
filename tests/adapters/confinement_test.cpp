#include "ticket/adapters/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"
#include "ticket/secret.h"

namespace waybill::test::confinement_test {
namespace {

namespace bdata = boost::unit_test::data;

// Runs in a child; its exit code, or minus the signal that ended it.
int in_child(const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(action());
    } catch (...) {
      ::_exit(99);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int confined(const std::function<int()>& action) {
  return in_child([&] {
    confine_calls();
    return action();
  });
}

struct Forbidden {
  const char* name;
  void (*call)();
  friend std::ostream& operator<<(std::ostream& out, const Forbidden& f) { return out << f.name; }
};

void connect_somewhere() {
  sockaddr_in nowhere{};
  nowhere.sin_family = AF_INET;
  ::connect(0, reinterpret_cast<const sockaddr*>(&nowhere), sizeof nowhere);
}

char* const no_words[] = {nullptr};

const Forbidden deadly[] = {
    {"another program", [] { ::execve("/bin/true", no_words, no_words); }},
    {"a child process", [] { static_cast<void>(::fork()); }},
    {"a child process by vfork", [] { ::syscall(SYS_vfork); }},
    {"tracing", [] { ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr); }},
    {"another process's memory",
     [] { ::process_vm_readv(::getppid(), nullptr, 0, nullptr, 0, 0); }},
    {"a signal to another process", [] { ::kill(::getppid(), 0); }},
    {"a socket", [] { ::socket(AF_INET, SOCK_STREAM, 0); }},
    {"a socket of this host", [] { ::socket(AF_UNIX, SOCK_DGRAM, 0); }},
    {"a connection", connect_somewhere},
    {"an address", [] { ::bind(0, nullptr, 0); }},
    {"another user", [] { ::syscall(SYS_setuid, 0); }},
    {"another root folder", [] { ::syscall(SYS_chroot, "/"); }},
    {"namespaces", [] { ::syscall(SYS_unshare, 0); }},
    {"a program for the kernel", [] { ::syscall(SYS_bpf, 0, nullptr, 0); }},
    {"calls past the filter", [] { ::syscall(SYS_io_uring_setup, 1, nullptr); }},
};

bool thread_works() {
  bool ran = false;
  std::thread([&] { ran = true; }).join();
  return ran;
}

// What a KDC does all day, beside its sockets.
int serve_a_little(const Scratch& scratch) {
  const auto file = scratch / "file";
  write_file_atomic(file, bytes_of("first"), 0600);
  write_file_atomic(file, bytes_of("second"), 0600);
  if (text_of(read_file(file, 100)) != "second") return 1;
  if (!thread_works()) return 2;
  std::vector<Secret<64>> secrets;  // more than a region of the arena
  for (int i = 0; i < 3000; ++i) secrets.push_back(Secret<64>::random());
  return 0;
}

int answer_on(int listening) {
  const int accepted = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  if (accepted < 0) return 1;
  char byte = 0;
  if (::recv(accepted, &byte, 1, 0) != 1) return 2;
  return ::send(accepted, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : 3;
}

std::string status_line(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return line.substr(line.find('\t') + 1);
  }
  return {};
}

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) { return is_root(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(a_confined_process)

BOOST_DATA_TEST_CASE(is_ended_by_what_no_server_asks_for, bdata::make(deadly), sample) {
  const Forbidden& forbidden = sample;
  const int code = confined([&] {
    forbidden.call();
    return 0;
  });
  BOOST_TEST(code == -SIGSYS);
}

BOOST_AUTO_TEST_CASE(goes_on_with_what_a_server_does) {
  const Scratch scratch;
  LockedArena::start();
  BOOST_TEST(confined([&] { return serve_a_little(scratch); }) == 0);
}

BOOST_AUTO_TEST_CASE(serves_the_socket_that_it_listens_on) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* at = reinterpret_cast<sockaddr*>(&address);
  BOOST_REQUIRE(::bind(listening, at, size) == 0);
  BOOST_REQUIRE(::listen(listening, 1) == 0);
  BOOST_REQUIRE(::getsockname(listening, at, &size) == 0);
  const int caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(::connect(caller, at, size) == 0);
  BOOST_REQUIRE(::send(caller, "x", 1, 0) == 1);
  BOOST_TEST(confined([&] { return answer_on(listening); }) == 0);
  char byte = 0;
  BOOST_TEST(::recv(caller, &byte, 1, 0) == 1);
  ::close(caller);
  ::close(listening);
}

BOOST_AUTO_TEST_CASE(gets_no_memory_for_code) {
  const int code = confined([] {
    void* fresh = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) return 1;
    if (::mprotect(fresh, 4096, PROT_READ | PROT_EXEC) == 0 || errno != EPERM) return 2;
    void* code_page =
        ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return code_page == MAP_FAILED && errno == EPERM ? 0 : 3;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(is_refused_what_nobody_thought_of) {
  const int code = confined([] { return ::nice(1) == -1 && errno == EPERM ? 0 : 1; });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(is_so_with_the_threads_that_were_there) {
  const int code = in_child([] {
    std::array<int, 2> bell{};
    if (::pipe(bell.data()) != 0) return 1;
    std::thread older([&] {
      char byte = 0;
      if (::read(bell[0], &byte, 1) == 1) ::execve("/bin/true", no_words, no_words);
    });
    confine_calls();
    if (::write(bell[1], "x", 1) != 1) return 2;
    older.join();
    return 0;
  });
  BOOST_TEST(code == -SIGSYS);
}

BOOST_AUTO_TEST_CASE(gains_no_rights_and_cannot_undo_it) {
  const int code = confined([] {
    if (status_line("NoNewPrivs:") != "1") return 1;
    if (status_line("Seccomp:") != "2") return 2;
    return 0;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(still_ends_itself_when_an_invariant_is_broken) {
  const int code = confined([] {
    std::abort();
    return 0;
  });
  BOOST_TEST(code == -SIGABRT);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_daemon_of_root)

BOOST_AUTO_TEST_CASE(becomes_another_user_for_good, *boost::unit_test::precondition(as_root)) {
  const int code = in_child([] {
    become("nobody", "nogroup");
    if (is_root() || ::getuid() == 0 || ::getgid() == 0) return 1;
    if (::getgroups(0, nullptr) != 0) return 2;
    if (::setuid(0) == 0 || ::seteuid(0) == 0) return 3;
    become("nobody", "nogroup");  // is that user already
    return 0;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(cannot_be_traced_afterwards, *boost::unit_test::precondition(as_root)) {
  const int code = in_child([] {
    become("nobody", "");
    const int opened = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    return opened < 0 && errno == EACCES ? 0 : 1;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(is_told_of_names_that_do_not_exist) {
  BOOST_CHECK_EXCEPTION(become("no-such-user", ""), ConfinementError, [](const auto& error) {
    return std::string(error.what()).find("no user `no-such-user`") != std::string::npos;
  });
  BOOST_CHECK_EXCEPTION(become("nobody", "no-such-group"), ConfinementError, [](const auto& error) {
    return std::string(error.what()).find("no group `no-such-group`") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(cannot_become_somebody_else_again, *boost::unit_test::precondition(as_root)) {
  const int code = in_child([] {
    become("nobody", "");
    try {
      become("daemon", "");
    } catch (const ConfinementError&) {
      return 0;
    }
    return 1;
  });
  BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::confinement_test
