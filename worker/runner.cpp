#include "worker/runner.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "worker/child.h"

namespace waybill::worker {
namespace {

using Moment = std::chrono::steady_clock::time_point;
using How = HandlerEnd::How;

constexpr int tick = 200;                        // milliseconds between two looks at the clock
constexpr std::size_t piece = 64 * 1024;         // bytes of one read
constexpr std::size_t last_words = 1024 * 1024;  // read at most so much after the end

/// Cuts standard error into lines.
class Messages {
 public:
  explicit Messages(const HandlerRun& run) : run_(run) {}
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;
  ~Messages() = default;

  void add(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      line_.append(text.substr(0, std::min(end, Runner::max_line - line_.size())));
      if (end == text.size()) return;
      flush();
      text.remove_prefix(end + 1);
    }
  }
  void flush() {
    if (line_.empty()) return;
    if (said_ < Runner::max_messages) {
      said_ += line_.size();
      const bool last = said_ >= Runner::max_messages;
      if (run_.on_message) run_.on_message(line_);
      if (last && run_.on_message) run_.on_message("(the rest of its messages is not kept)");
    }
    line_.clear();
  }

 private:
  const HandlerRun& run_;
  std::string line_;
  std::size_t said_ = 0;
};

/// One run: carries bytes to and from the child until it has ended.
class Pump {
 public:
  Pump(const HandlerRun& run, const Runner::Options& options)
      : run_(run), options_(options), child_(run.command, run.environment), messages_(run) {
    if (run_.input.empty()) child_.input().close();
  }

  HandlerEnd work(const Clock& clock, const Stop& stop);

 private:
  bool wait(const Stop& stop);
  void write_input();
  void read_output();
  void read_messages(std::size_t most);
  void end_because(How how);
  void kill_when_due();

  const HandlerRun& run_;
  const Runner::Options& options_;
  Child child_;
  Messages messages_;
  std::size_t written_ = 0;
  Buffer output_;
  std::optional<How> why_;  // we wished it to end, and told it
  Moment kill_at_{};
};

// The sizes of a read; nothing more for now, or the end, closes or leaves the descriptor.
std::size_t read_some(Descriptor& from, std::span<std::uint8_t> room) {
  const ssize_t got = ::read(from.get(), room.data(), room.size());
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0 || (errno != EAGAIN && errno != EINTR)) from.close();
  return 0;
}

// A closed descriptor is -1, which poll() passes over.
bool Pump::wait(const Stop& stop) {
  const int stopping = why_ ? -1 : stop.descriptor();  // once heard it would keep us awake
  std::array<pollfd, 5> watched{{{child_.ended(), POLLIN, 0},
                                 {child_.output().get(), POLLIN, 0},
                                 {child_.errors().get(), POLLIN, 0},
                                 {child_.input().get(), POLLOUT, 0},
                                 {stopping, POLLIN, 0}}};
  if (::poll(watched.data(), watched.size(), tick) <= 0) return true;
  if (watched[1].revents != 0) read_output();
  if (watched[2].revents != 0) read_messages(piece);
  if (watched[3].revents != 0) write_input();
  return watched[0].revents == 0;
}

void Pump::write_input() {
  const Bytes rest = run_.input.subspan(written_);
  const ssize_t put = ::write(child_.input().get(), rest.data(), rest.size());
  if (put > 0) written_ += static_cast<std::size_t>(put);
  const bool refused = put < 0 && errno != EAGAIN && errno != EINTR;  // it closed its input
  if (refused || written_ == run_.input.size()) child_.input().close();
}

void Pump::read_output() {
  std::array<std::uint8_t, piece> room{};
  const std::size_t got = read_some(child_.output(), room);
  if (why_) return;  // nobody wants it any more
  if (got > options_.max_output - output_.size()) return end_because(How::said_too_much);
  output_.insert(output_.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got));
}

void Pump::read_messages(std::size_t most) {
  std::array<std::uint8_t, piece> room{};
  for (std::size_t all = 0; all < most && child_.errors().is_open();) {
    const std::size_t got = read_some(child_.errors(), room);
    if (got == 0) return;
    messages_.add(text_of(Bytes(room).first(got)));
    all += got;
  }
}

void Pump::end_because(How how) {
  if (why_) return;
  why_ = how;
  child_.signal(SIGTERM);
  kill_at_ = std::chrono::steady_clock::now() + options_.grace;
}

void Pump::kill_when_due() {
  if (why_ && std::chrono::steady_clock::now() >= kill_at_) child_.signal(SIGKILL);
}

HandlerEnd Pump::work(const Clock& clock, const Stop& stop) {
  do {
    if (clock.now() >= run_.run_until()) end_because(How::out_of_time);
    if (stop.is_requested()) end_because(How::stopped);
    kill_when_due();
  } while (wait(stop));
  // What it wrote before its end is in the pipes. What it left running is not waited for, but
  // killed, or a forgotten background process would keep the job alive.
  child_.signal(SIGKILL);
  for (std::size_t before = SIZE_MAX; child_.output().is_open() && before != output_.size();) {
    before = output_.size();
    read_output();
  }
  read_messages(last_words);
  messages_.flush();
  const int status = child_.reap();
  if (why_) return {*why_, 0, {}};
  if (WIFSIGNALED(status)) return {How::killed, WTERMSIG(status), {}};
  return {How::exited, WEXITSTATUS(status), std::move(output_)};
}

}  // namespace

std::string describe(const HandlerEnd& end) {
  switch (end.how) {
    case How::exited:
      return "the handler ended with status " + std::to_string(end.status);
    case How::killed:
      return "the handler was ended by signal " + std::to_string(end.status);
    case How::out_of_time:
      return "the ticket's time ended while the handler ran";
    case How::stopped:
      return "the worker stopped while the handler ran";
    case How::said_too_much:
      return "the handler's output is larger than the limit";
  }
  return {};
}

Runner::Runner(const Clock& clock) : Runner(clock, Options{}) {}
Runner::Runner(const Clock& clock, const Options& options) : clock_(clock), options_(options) {}

HandlerEnd Runner::run(const HandlerRun& run, const Stop& stop) const {
  if (clock_.now() >= run.run_until()) return {How::out_of_time};
  if (stop.is_requested()) return {How::stopped};
  return Pump(run, options_).work(clock_, stop);
}

}  // namespace waybill::worker
