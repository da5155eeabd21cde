#include "worker/dispatcher.h"

#include <algorithm>

#include "ticket/adapters/log.h"
#include "ticket/adapters/metrics.h"
#include "ticket/adapters/request_id.h"

namespace waybill::worker {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds pause_between = 300ms;  // between two polls that bring nothing
constexpr std::chrono::milliseconds shortest_back_off = 250ms;
constexpr std::chrono::milliseconds longest_back_off = 15s;

}  // namespace

Dispatcher::Dispatcher(const Parts& parts, const Options& options)
    : parts_(parts), options_(options) {
  for (std::size_t i = 0; i < options_.concurrency; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

Dispatcher::~Dispatcher() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Dispatcher::stop() {
  {
    const std::scoped_lock guard(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  parts_.source.stop();
}

std::optional<Worker::End> Dispatcher::last_end() const {
  const std::scoped_lock guard(lock_);
  return last_end_;
}

void Dispatcher::run() {
  while (wait_for_room()) {
    try {  // the edge of this thread: a scheduler or a KDC that is away must not end it
      poll();
    } catch (const std::exception& error) {
      poll_failed(error.what());
    }
  }
  finish();
}

// False when no more jobs are wanted.
bool Dispatcher::wait_for_room() {
  std::unique_lock guard(lock_);
  const auto over = [this] { return stopping_ || enough_; };
  wake_.wait_for(guard, back_off_, over);
  wake_.wait(guard, [&] { return over() || taken_ < options_.concurrency; });
  return !over();
}

void Dispatcher::poll() {
  back_off_ = failing_ ? back_off_ : 0ms;
  if (!parts_.worker.should_poll()) {
    back_off_ = pause_between;
    return;
  }
  const auto asked = std::chrono::steady_clock::now();
  auto jobs = parts_.source.poll(options_.poll_wait);
  if (!jobs) return poll_failed(describe(jobs.error().code).name);
  if (failing_) log_info("polling_again");
  failing_ = false;
  // A scheduler that has no room for us to wait answers at once; it must not keep us spinning.
  const bool at_once = std::chrono::steady_clock::now() - asked < pause_between;
  back_off_ = jobs->empty() && at_once ? pause_between : 0ms;
  hand_over(*std::move(jobs));
}

void Dispatcher::poll_failed(std::string_view why) {
  failing_ = true;
  back_off_ = std::clamp(2 * back_off_, shortest_back_off, longest_back_off);
  log_warning("poll_failed", {{"why", why}, {"again_in_ms", back_off_.count()}});
}

void Dispatcher::hand_over(std::vector<LeasedJob> jobs) {
  const std::scoped_lock guard(lock_);
  enough_ = options_.once && !jobs.empty();
  for (LeasedJob& job : jobs) {
    waiting_.push_back(std::move(job));
    ++taken_;
  }
  wake_.notify_all();
}

// Jobs that are running may finish; when the patience is over they are handed back.
void Dispatcher::finish() {
  std::unique_lock guard(lock_);
  const auto idle = [this] { return taken_ == 0; };
  wake_.wait(guard, [&] { return stopping_ || idle(); });
  if (wake_.wait_for(guard, options_.patience, idle)) return;
  guard.unlock();
  parts_.leases.stop_all();
  guard.lock();
  wake_.wait(guard, idle);
}

void Dispatcher::work() {
  std::unique_lock guard(lock_);
  for (;;) {
    wake_.wait(guard, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const LeasedJob leased = std::move(waiting_.front());
    waiting_.pop_front();
    guard.unlock();
    const Worker::End end = work_on(leased);
    guard.lock();
    last_end_ = end;
    --taken_;
    wake_.notify_all();
  }
}

// The edge of a job's thread. Without a report the lease runs out, and somebody tries again.
Worker::End Dispatcher::work_on(const LeasedJob& leased) {
  using Outcome = Metrics::Outcome;
  const RequestScope scope(leased.lease.request_id);
  const Stopwatch watch;
  try {
    const Worker::End end = parts_.worker.work_on(leased);
    const Outcome outcome = end == Worker::End::completed ? Outcome::done
                            : end == Worker::End::refused ? Outcome::refused
                                                          : Outcome::failed;
    metrics().count("activity", outcome, watch.read());
    return end;
  } catch (const std::exception& error) {
    metrics().count("activity", Outcome::failed, watch.read());
    log_error("job_not_done", {{"run", leased.lease.run_id}, {"why", error.what()}});
  }
  try {
    const Checked told = parts_.source.fail(leased.lease, "the worker had no room to do it", true);
    if (told) return Worker::End::handed_back;
  } catch (const std::exception& error) {
    log_warning("report_given_up", {{"run", leased.lease.run_id}, {"why", error.what()}});
  }
  return Worker::End::lost;
}

}  // namespace waybill::worker
