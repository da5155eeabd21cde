#include "tools/progress.h"

#include <array>

#include "tools/text.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;

constexpr auto quiet_time = 300ms;
constexpr auto frame_time = 120ms;
constexpr std::array<std::string_view, 4> frames{"|", "/", "-", "\\"};

}  // namespace

Progress::Progress(Ui& ui, std::string what)
    : ui_(ui), start_(std::chrono::steady_clock::now()), what_(std::move(what)) {
  if (ui_.look().terminal) thread_ = std::thread(&Progress::run, this);
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock guard(lock_);
    ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Progress::update(std::string what) {
  const std::scoped_lock guard(lock_);
  what_ = std::move(what);
}

void Progress::run() {
  std::unique_lock guard(lock_);
  bool drawn = false;
  auto next = start_ + quiet_time;
  for (std::size_t frame = 0; !changed_.wait_until(guard, next, [&] { return ended_; }); ++frame) {
    const auto elapsed =
        std::chrono::duration_cast<Seconds>(std::chrono::steady_clock::now() - start_);
    std::string line = std::string(frames[frame % frames.size()]) + " " + escaped(what_);
    if (elapsed >= 2s) line += " (" + print_duration(elapsed) + ")";
    ui_.draw(line);
    drawn = true;
    next = std::chrono::steady_clock::now() + frame_time;
  }
  if (drawn) ui_.draw("");
}

}  // namespace waybill::tools
