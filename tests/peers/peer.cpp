#include "tests/peers/peer.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <system_error>

namespace waybill::test {
namespace {

constexpr int patience_ms = 10'000;

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category());
  return ends;
}

}  // namespace

Peer::Peer(const std::filesystem::path& program) {
  const auto in = make_pipe(), out = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::string name = program.string();
  std::array<char*, 2> arguments = {name.data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  const int failed =
      ::posix_spawn(&pid_, name.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
  if (failed != 0) {
    ::close(to_);
    ::close(from_);
    throw std::system_error(failed, std::system_category(), name);
  }
}

Peer::~Peer() {
  ::close(to_);
  ::close(from_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Peer::ask(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  for (std::string_view left = whole; !left.empty();) {
    const ssize_t written = ::write(to_, left.data(), left.size());
    if (written < 0) throw std::system_error(errno, std::system_category(), "write to the peer");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  std::size_t end = 0;
  while ((end = rest_.find('\n')) == std::string::npos) {
    pollfd ready{from_, POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) <= 0) throw std::runtime_error("the peer does not answer");
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(from_, buffer.data(), buffer.size());
    if (count <= 0) throw std::runtime_error("the peer ended");
    rest_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  std::string answer = rest_.substr(0, end);
  rest_.erase(0, end + 1);
  return answer;
}

}  // namespace waybill::test
