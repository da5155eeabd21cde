#include "tools/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "ticket/secret.h"

namespace waybill::tools {
namespace {

constexpr std::size_t max_password = 1024;
constexpr std::array<int, 7> catchable{SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal handler's
volatile std::sig_atomic_t caught_signal = 0;

extern "C" void remember_signal(int number) { caught_signal = number; }

/// While it lives, signals are remembered instead of obeyed, so that the terminal can be restored
/// before they are raised again. They come during wait() and at no other moment: one that
/// came just before the wait would not end it.
class HeldSignals {
 public:
  HeldSignals() {
    caught_signal = 0;
    sigset_t held;
    ::sigemptyset(&held);
    for (const int number : catchable) ::sigaddset(&held, number);
    ::pthread_sigmask(SIG_BLOCK, &held, &mask_before_);
    struct sigaction remember {};
    remember.sa_handler = remember_signal;
    for (std::size_t i = 0; i < catchable.size(); ++i) {
      ::sigaction(catchable[i], &remember, &before_[i]);
    }
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() {
    for (std::size_t i = 0; i < catchable.size(); ++i) {
      ::sigaction(catchable[i], &before_[i], nullptr);
    }
    ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  }

  /// Until there is something to read. False when a signal came instead.
  bool wait(int number) const {
    sigset_t waiting = mask_before_;
    for (const int signal : catchable) ::sigdelset(&waiting, signal);
    for (pollfd ready{number, POLLIN, 0}; ::ppoll(&ready, 1, nullptr, &waiting) < 0;) {
      if (errno != EINTR || caught_signal != 0) return false;
    }
    return true;
  }

 private:
  std::array<struct sigaction, catchable.size()> before_{};
  sigset_t mask_before_{};
};

class Terminal {
 public:
  Terminal() : number_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (number_ < 0) {
      throw FileError("there is no terminal to ask for a password; use --password-file", "/dev/tty",
                      errno);
    }
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { ::close(number_); }
  int number() const { return number_; }
  void write(std::string_view text) const {
    [[maybe_unused]] const auto written = ::write(number_, text.data(), text.size());
  }

 private:
  int number_;
};

class EchoOff {
 public:
  explicit EchoOff(const Terminal& terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal.number(), &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    is_off_ = ::tcsetattr(terminal.number(), TCSAFLUSH, &quiet) == 0;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (is_off_) ::tcsetattr(terminal_.number(), TCSAFLUSH, &before_);
    terminal_.write("\n");
  }
  bool is_off() const { return is_off_; }

 private:
  const Terminal& terminal_;
  termios before_{};
  bool is_off_ = false;
};

// One line, byte by byte: what follows it belongs to somebody else. Nothing when a signal came.
std::optional<SecretBytes> read_line(int number, const HeldSignals* signals = nullptr) {
  SecretBytes line(max_password);
  std::size_t size = 0;
  while (size < max_password) {
    if (signals != nullptr && !signals->wait(number)) return std::nullopt;
    const ssize_t got = ::read(number, &line.writable()[size], 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0 || line.writable()[size] == '\n') break;
    ++size;
  }
  line.shrink(size);
  return line;
}

// Asks once. Nothing when a signal came, with terminal and signals as they were before.
std::optional<SecretBytes> ask_once(const Terminal& terminal, const std::string& question) {
  const HeldSignals held;
  const EchoOff quiet(terminal);
  if (!quiet.is_off()) throw FileError("the terminal's echo cannot be turned off", "/dev/tty");
  terminal.write(question + ": ");
  return read_line(terminal.number(), &held);
}

SecretBytes first_line(SecretBytes text) {
  const Bytes bytes = text.expose();
  const auto end = std::ranges::find(bytes, static_cast<std::uint8_t>('\n'));
  text.shrink(static_cast<std::size_t>(end - bytes.begin()));
  const auto size = text.size();
  if (size > 0 && text.expose()[size - 1] == '\r') text.shrink(size - 1);
  return text;
}

Outcome<SecretBytes> ask_for_new(const std::string& question) {
  SecretBytes first = ask_without_echo("new " + question);
  const SecretBytes second = ask_without_echo("once more");
  if (!same_secret(first.expose(), second.expose())) {
    return wrong_usage("the two passwords are not the same");
  }
  return first;
}

Outcome<SecretBytes> read_from(const PasswordSource& source) {
  if (source.file && *source.file != "-") {
    return first_line(read_secret_file(*source.file));
  }
  if (!source.file && ::isatty(STDIN_FILENO) == 1) {
    if (source.is_new) return ask_for_new(source.question);
    return ask_without_echo(source.question);
  }
  auto line = read_line(STDIN_FILENO);
  if (!line) return Stop(Exit::local, "standard input cannot be read");
  return first_line(*std::move(line));
}

}  // namespace

SecretBytes ask_without_echo(const std::string& question) {
  const Terminal terminal;
  for (;;) {
    if (auto line = ask_once(terminal, question)) return *std::move(line);
    (void)::raise(caught_signal == 0 ? SIGHUP : caught_signal);  // and ask again after a stop
  }
}

Outcome<SecretBytes> read_password(const PasswordSource& source) {
  TRY(password, read_from(source));
  if (password.size() == 0) return wrong_usage("the password is empty");
  if (password.size() >= max_password) return wrong_usage("a password has at most 1023 bytes");
  return password;
}

}  // namespace waybill::tools
