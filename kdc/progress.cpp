#include "kdc/progress.h"

namespace waybill::kdc {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto frame_time = 200ms;
constexpr std::uint64_t megabyte = 1'000'000;

std::string line_of(const Stage& stage, Steady::duration since) {
  std::string line = stage.what;
  if (stage.total > 0 && stage.done) {
    const bool counts_bytes = stage.unit == Stage::Unit::bytes;
    const std::uint64_t one = counts_bytes ? megabyte : 1;
    line += ": " + std::to_string(stage.done() / one) + " of at most " +
            std::to_string(stage.total / one) + (counts_bytes ? " MB" : " records");
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  return line + " (" + std::to_string(seconds) + " s)";
}

}  // namespace

Progress::Progress(const Options& options) : options_(options) {
  if (::isatty(options_.descriptor) != 0) thread_ = std::thread(&Progress::work, this);
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

void Progress::begin(Stage stage) {
  const std::scoped_lock guard(lock_);
  stage_ = std::move(stage);
}

// In the place of the line before it. A terminal that is gone is no reason to stop.
void Progress::draw(const std::string& line) const {
  const std::string whole = "\r\x1b[K" + line;
  [[maybe_unused]] const auto ignored = ::write(options_.descriptor, whole.data(), whole.size());
}

void Progress::work() {
  std::unique_lock guard(lock_);
  const auto start = Steady::now();
  bool drawn = false;
  auto next = start + options_.patience;
  while (!changed_.wait_until(guard, next, [this] { return ended_; })) {
    if (!stage_.what.empty()) {
      draw(line_of(stage_, Steady::now() - start));
      drawn = true;
    }
    next = Steady::now() + frame_time;
  }
  if (drawn) draw("");
}

}  // namespace waybill::kdc
