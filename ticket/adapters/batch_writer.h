#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "ticket/adapters/lmdb.h"

namespace waybill {

/// The one writer of a daemon. Threads hand it jobs and wait; it runs all that wait inside one
/// write transaction and commits once. A synced commit costs milliseconds, a job microseconds: the
/// number of callers, not the disk, sets the rate.
///
/// Each job runs in a nested transaction. One that throws is undone and fails alone: its caller
/// gets the exception. When the commit fails (disk full), all callers of that batch get the
/// StoreError, nothing of it is stored, and the writer goes on with the next batch.
class BatchWriter {
 public:
  /// Runs on the writer's thread. It must not wait, call run() (it would wait for itself), or keep
  /// the transaction. What it captures by reference is safe: its caller is waiting.
  using Job = std::function<void(WriteTxn&)>;

  struct Options {
    /// Jobs waiting; one more is refused with StoreError::is_busy().
    std::size_t max_waiting = 4096;
    std::size_t max_batch = 1024;  // jobs in one commit
    /// Once for each batch that has at least one good job, after the jobs, in the same transaction
    /// (an audit checkpoint). If it throws, the batch fails.
    Job before_commit{};
    /// Once for each committed batch, before its callers are let go (sign, publish). If it throws,
    /// callers get that exception although their effects are stored.
    std::function<void()> after_commit{};
  };
  struct Counts {
    std::uint64_t commits = 0;
    std::uint64_t jobs = 0;    // stored
    std::uint64_t failed = 0;  // jobs that threw, and jobs of failed batches
    std::size_t waiting = 0;
    bool is_failing = false;  // the store did not take what was handed in last
  };

  explicit BatchWriter(Env& env);
  BatchWriter(Env& env, Options options);
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;
  /// Stores what is waiting, then ends the thread.
  ~BatchWriter();

  /// Returns when the job's effects are durable, or throws what the job threw, or StoreError.
  void run(Job job);
  /// The same without waiting: the future is ready when run() would have returned. What the job
  /// captures must live until then.
  std::future<void> post(Job job);

  Counts counts() const;

 private:
  struct Pending {
    Job job;
    std::promise<void> done;
  };
  using Batch = std::vector<Pending>;

  void work();
  Batch take_batch();
  void store(Batch& batch);
  /// Leaves the good jobs in `batch`; those that threw were answered. Returns how many threw.
  std::size_t run_jobs(WriteTxn& txn, Batch& batch);
  void count(std::size_t stored, std::size_t failed);
  void store_failed();

  Env& env_;
  const Options options_;
  mutable std::mutex lock_;
  std::condition_variable wake_;
  std::deque<Pending> waiting_;
  Counts counts_;
  bool ending_ = false;
  std::thread thread_;  // last: everything above exists when it starts
};

}  // namespace waybill
