#include "kdc/feed_beat.h"

#include "ticket/adapters/log.h"

namespace waybill::kdc {
namespace {

using std::chrono::milliseconds;

// How often it looks at the clock, which counts in seconds: a head is replaced within the second
// that it named for it.
constexpr milliseconds look_interval{200};
// Between two heads, so that a burst of revocations shares some.
constexpr milliseconds spacing{10};
constexpr milliseconds after_a_failure{1000};

}  // namespace

FeedBeat::~FeedBeat() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void FeedBeat::wake() noexcept {
  {
    const std::scoped_lock guard(lock_);
    woken_ = true;
  }
  wake_.notify_all();
}

void FeedBeat::work() {
  std::unique_lock guard(lock_);
  while (!ending_) {
    wake_.wait_for(guard, look_interval, [this] { return woken_ || ending_; });
    woken_ = false;
    guard.unlock();
    const bool done = publish();
    guard.lock();
    wake_.wait_for(guard, done ? spacing : after_a_failure, [this] { return ending_; });
  }
}

bool FeedBeat::publish() noexcept {
  try {  // the edge of this thread's work
    feed_.head();
    return true;
  } catch (const std::exception& error) {
    log_error("feed_not_published", {{"reason", error.what()}});
    return false;
  }
}

}  // namespace waybill::kdc
