#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "worker/sources.h"
#include "worker/stop.h"

namespace waybill::worker {

/// Keeps the leases of running jobs alive: one thread sends a heartbeat for each at a third of its
/// time. When the scheduler says that a lease is over (lost, cancelled, ended) the job is stopped.
/// A scheduler that is away stops nothing: it cannot hand the job to somebody else meanwhile, and
/// the first heartbeat after its return tells. A renewal of the job's ticket travels in the next
/// heartbeat, which is sent at once, and in each further one until the scheduler has taken it.
/// Every other one then goes without, so that evidence which is refused does not cost the lease.
/// Thread-safe.
class LeaseKeeper {
 public:
  /// `source` must outlive it.
  explicit LeaseKeeper(Source& source);
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;
  ~LeaseKeeper();  // nothing may be held any more

  /// The lease is kept for as long as this lives. `stop` is requested when it is lost.
  class Held {
   public:
    Held(LeaseKeeper& keeper, Lease lease, Stop& stop);
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held();
    /// The job's ticket was renewed: evidence of the new form, for the scheduler.
    void tell(Buffer evidence);

   private:
    LeaseKeeper& keeper_;
    std::uint64_t number_;
  };

  std::size_t held() const;

  /// Stops every job whose lease is held, and each that comes to be held later.
  void stop_all();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Entry {
    std::uint64_t number = 0;
    Lease lease;
    Stop& stop;
    Moment due;
    std::shared_ptr<const Buffer> renewed{};  // not heard by the scheduler yet
    bool in_vain = false;                     // the last heartbeat told it and was refused
  };
  std::uint64_t enter(Lease lease, Stop& stop);
  void work();
  void extend(std::unique_lock<std::mutex>& guard, const Entry& due);
  Entry* find(std::uint64_t number);
  Entry* earliest();

  Source& source_;
  mutable std::mutex lock_;
  std::condition_variable wake_;
  std::list<Entry> entries_;
  std::uint64_t next_number_ = 0;
  bool stopping_jobs_ = false;
  bool ending_ = false;
  std::thread thread_;  // last: everything above exists when it starts
};

}  // namespace waybill::worker
