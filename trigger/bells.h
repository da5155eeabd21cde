#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace waybill::trigger {

/// Who waits for work of which queue. A ring wakes the waiters of that queue alone, and none is
/// missed by who listens before looking. Thread-safe.
class Bells {
 public:
  class Listener {
   public:
    Listener(Bells& bells, std::string queue);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    /// Returns at the first ring since the last call (or since it listens), or after `patience`.
    /// False when there is no point in waiting any more.
    bool wait(std::chrono::milliseconds patience);

   private:
    Bells& bells_;
    const std::string queue_;
    std::uint64_t heard_;
  };

  void ring(const std::string& queue);
  /// Everybody leaves, and whoever comes does not wait.
  void end();

 private:
  struct Bell {
    std::size_t listeners = 0;
    std::uint64_t rung = 0;
    std::condition_variable heard;
  };
  std::mutex lock_;
  std::map<std::string, Bell> bells_;  // of queues that somebody listens for
  bool ended_ = false;
};

}  // namespace waybill::trigger
