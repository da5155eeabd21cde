#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "worker/sources.h"
#include "worker/worker.h"

namespace waybill::worker {

/// Polls for jobs and hands each to one of `concurrency` threads; polls only when one is free.
class Dispatcher {
 public:
  struct Options {
    std::size_t concurrency = 4;
    bool once = false;  ///< ends after one job
    /// How long one poll waits at the scheduler. It bounds how long a stop can take.
    Seconds poll_wait{5};
    /// After stop(): running handlers may finish for so long, then their jobs are handed back.
    std::chrono::milliseconds patience = std::chrono::seconds(10);
  };
  struct Parts {
    Worker& worker;
    Source& source;
    LeaseKeeper& leases;
  };

  Dispatcher(const Parts& parts, const Options& options);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;
  ~Dispatcher();

  /// Returns after stop(), or with `once` after one job; no job is running then. Once.
  void run();
  /// From any thread.
  void stop();
  /// The last poll was refused, or not answered.
  bool is_failing() const { return failing_; }
  /// How the last job ended.
  std::optional<Worker::End> last_end() const;

 private:
  bool wait_for_room();
  void poll();
  void poll_failed(std::string_view why);
  void hand_over(std::vector<LeasedJob> jobs);
  void finish();
  void work();
  Worker::End work_on(const LeasedJob& leased);

  const Parts parts_;
  const Options options_;
  std::chrono::milliseconds back_off_{0};  // of the polling thread
  std::atomic<bool> failing_ = false;      // the polling thread alone sets it
  mutable std::mutex lock_;
  std::condition_variable wake_;
  std::deque<LeasedJob> waiting_;
  std::size_t taken_ = 0;  // jobs waiting or running
  bool enough_ = false;    // with `once`: it has its job
  bool stopping_ = false;  // told to
  bool ending_ = false;    // the threads go home
  std::optional<Worker::End> last_end_;
  std::vector<std::thread> threads_;  // last
};

}  // namespace waybill::worker
