#include "tools/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/wire/bytes.h"

namespace waybill::test::prompt_test {

using namespace tools;
namespace {

namespace bdata = boost::unit_test::data;
using namespace std::chrono_literals;

std::string text(const SecretBytes& secret) { return std::string(text_of(secret.expose())); }

/// A person at a terminal: a child process that asks for a password on a terminal of its own, and
/// ends with 0 when it was "secret".
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    BOOST_REQUIRE(master_ >= 0);
    BOOST_REQUIRE(::grantpt(master_) == 0);
    BOOST_REQUIRE(::unlockpt(master_) == 0);
    const std::string name = ::ptsname(master_);
    // Held open, so that the settings stay when the child is gone.
    slave_ = ::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    child_ = ::fork();
    if (child_ == 0) ask(name);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (child_ > 0) ::kill(child_, SIGKILL);
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
    ::close(slave_);
    ::close(master_);
  }

  bool echoes() const {
    termios settings{};
    BOOST_REQUIRE(::tcgetattr(slave_, &settings) == 0);
    return (settings.c_lflag & ECHO) != 0;
  }
  void type(std::string_view keys) {
    BOOST_REQUIRE(::write(master_, keys.data(), keys.size()) == ssize_t(keys.size()));
  }
  /// All that was shown, until `wanted` is in it.
  std::string read_until(std::string_view wanted) {
    for (pollfd ready{master_, POLLIN, 0}; shown_.find(wanted) == shown_.npos;) {
      if (::poll(&ready, 1, 10'000) <= 0) break;
      std::array<char, 256> block{};
      const ssize_t got = ::read(master_, block.data(), block.size());
      if (got <= 0) break;
      shown_.append(block.data(), static_cast<std::size_t>(got));
    }
    return shown_;
  }
  int end() {
    int status = 0;
    for (int tries = 0; tries < 4000; ++tries, std::this_thread::sleep_for(5ms)) {
      if (::waitpid(child_, &status, WNOHANG) != child_) continue;
      child_ = -1;
      return status;
    }
    BOOST_FAIL("it still asks");
    return status;
  }
  /// Whether it stopped within a moment. A session leader's group is orphaned: the system then
  /// discards the signal, and it goes on.
  bool stopped() {
    for (int tries = 0; tries < 40; ++tries, std::this_thread::sleep_for(50ms)) {
      int status = 0;
      if (::waitpid(child_, &status, WUNTRACED | WNOHANG) == child_) return WIFSTOPPED(status);
    }
    return false;
  }
  void go_on() { ::kill(child_, SIGCONT); }

 private:
  [[noreturn]] static void ask(const std::string& name) {
    ::setsid();
    const int terminal = ::open(name.c_str(), O_RDWR);  // becomes the controlling one
    ::ioctl(terminal, TIOCSCTTY, 0);
    for (const int number : {SIGINT, SIGTERM, SIGTSTP}) ::signal(number, SIG_DFL);
    int status = 2;
    try {
      status = text(ask_without_echo("password for carol")) == "secret" ? 0 : 1;
    } catch (const std::exception&) {
    }
    ::_exit(status);
  }

  int master_;
  int slave_ = -1;
  pid_t child_ = -1;
  std::string shown_;
};

struct Line {
  const char* name;
  std::string_view content;
  std::optional<std::string_view> password;
};
const Line lines[] = {
    {"one line", "secret\n", "secret"},
    {"without its end", "secret", "secret"},
    {"of another system", "secret\r\n", "secret"},
    {"the first of several", "secret\nother\n", "secret"},
    {"with blanks", " two words \n", " two words "},
    {"not ASCII", "gr\xc3\xb6\xc3\x9f\n", "gr\xc3\xb6\xc3\x9f"},
    {"empty", "", std::nullopt},
    {"an empty line", "\nsecret\n", std::nullopt},
};
std::ostream& operator<<(std::ostream& out, const Line& row) { return out << row.name; }

}  // namespace

BOOST_AUTO_TEST_SUITE(a_password_file)

BOOST_DATA_TEST_CASE(has_the_password_in_its_first_line, bdata::make(lines), row) {
  const test::Scratch scratch;
  write_file_atomic(scratch / "pw", bytes_of(row.content), 0600);
  const auto password = read_password({(scratch / "pw").string(), "password"});
  BOOST_TEST(bool(password) == row.password.has_value());
  if (password) BOOST_TEST(text(*password) == *row.password);
  if (!password) BOOST_TEST((password.error().exit == Exit::usage));
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_too_long_for_a_password) {
  const test::Scratch scratch;
  write_file_atomic(scratch / "pw", Buffer(1024, 'x'), 0600);
  const auto password = read_password({(scratch / "pw").string(), "password"});
  BOOST_TEST_REQUIRE(!password);
  BOOST_TEST((password.error().exit == Exit::usage));
}

BOOST_AUTO_TEST_CASE(is_refused_when_others_may_read_it) {
  const test::Scratch scratch;
  for (const mode_t mode : {0640U, 0604U, 0644U}) {
    write_file_atomic(scratch / "pw", bytes_of("secret\n"), mode);
    BOOST_CHECK_THROW((void)read_password({(scratch / "pw").string(), "password"}), FileError);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_terminal)

BOOST_AUTO_TEST_CASE(does_not_show_a_password) {
  Terminal terminal;
  terminal.read_until("password for carol: ");
  BOOST_TEST(!terminal.echoes());
  terminal.type("secret\n");
  BOOST_TEST(terminal.end() == 0);
  BOOST_TEST(terminal.echoes());
  BOOST_TEST(terminal.read_until("\n").find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_as_before_after_ctrl_c) {
  Terminal terminal;
  terminal.read_until("password for carol: ");
  terminal.type("sec\x03");
  const int status = terminal.end();
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(WTERMSIG(status) == SIGINT);
  BOOST_TEST(terminal.echoes());
}

// Between the question and the wait for the first key there is a moment; a signal in it counts.
BOOST_AUTO_TEST_CASE(is_left_by_a_ctrl_c_however_early_it_comes) {
  for (int tries = 0; tries < 100; ++tries) {
    Terminal terminal;
    terminal.read_until("password");
    terminal.type("\x03");
    BOOST_TEST_REQUIRE(WIFSIGNALED(terminal.end()));
  }
}

BOOST_AUTO_TEST_CASE(is_as_before_while_it_is_stopped_and_asks_again_after,
                     *boost::unit_test::label("slow")) {
  Terminal terminal;
  terminal.read_until("password for carol: ");
  terminal.type("\x1a");
  if (terminal.stopped()) {  // else it asks again at once
    BOOST_TEST(terminal.echoes());
    terminal.go_on();
  }
  terminal.read_until("password for carol: \r\npassword for carol: ");
  terminal.type("secret\n");
  BOOST_TEST(terminal.end() == 0);
  BOOST_TEST(terminal.echoes());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::prompt_test
