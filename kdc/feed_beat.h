#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "kdc/feed_publisher.h"

namespace waybill::kdc {

/// The thread that publishes: a new head when the last one is as old as the interval, and at once
/// when it is woken because the feed has moved. What fails is logged and tried again.
class FeedBeat {
 public:
  explicit FeedBeat(FeedPublisher& feed) : feed_(feed), thread_([this] { work(); }) {}
  FeedBeat(const FeedBeat&) = delete;
  FeedBeat& operator=(const FeedBeat&) = delete;
  ~FeedBeat();

  void wake() noexcept;

 private:
  void work();
  bool publish() noexcept;

  FeedPublisher& feed_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool woken_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: everything above exists when it starts
};

}  // namespace waybill::kdc
