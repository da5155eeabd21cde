#include "worker/leases.h"

#include <algorithm>

#include "ticket/adapters/log.h"
#include "ticket/adapters/request_id.h"

namespace waybill::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto again_soon = 1s;  // after a heartbeat that nobody answered

std::chrono::milliseconds interval(const Lease& lease) {
  return std::max<std::chrono::milliseconds>(500ms, std::chrono::milliseconds(lease.time) / 3);
}

// Anything else may be mended: a restart, a ticket that must be asked for again.
bool is_over(Errc code) {
  return code == Errc::lease_lost || code == Errc::already_ended || code == Errc::not_owner ||
         code == Errc::not_found;
}

enum class Beat { kept, lost, refused, unanswered };

Beat send(Source& source, const Lease& lease, const Buffer* renewed) {
  const RequestScope scope(lease.request_id);
  try {  // the edge of this thread: a scheduler that is away must not end it
    const Checked answer = source.heartbeat(lease, renewed == nullptr ? Bytes{} : Bytes(*renewed));
    if (answer) return Beat::kept;
    log_warning("heartbeat_refused",
                {{"run", lease.run_id}, {"code", describe(answer.error().code).name}});
    return is_over(answer.error().code) ? Beat::lost : Beat::refused;
  } catch (const std::exception& error) {
    log_warning("heartbeat_unanswered", {{"run", lease.run_id}, {"why", error.what()}});
    return Beat::unanswered;
  }
}

}  // namespace

LeaseKeeper::LeaseKeeper(Source& source) : source_(source), thread_([this] { work(); }) {}

LeaseKeeper::~LeaseKeeper() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::uint64_t LeaseKeeper::enter(Lease lease, Stop& stop) {
  const std::scoped_lock guard(lock_);
  const std::uint64_t number = next_number_++;
  const Moment due = std::chrono::steady_clock::now() + interval(lease);
  entries_.push_back({number, std::move(lease), stop, due});
  if (stopping_jobs_) stop.request(Stop::Reason::shutdown);
  wake_.notify_all();
  return number;
}

LeaseKeeper::Held::Held(LeaseKeeper& keeper, Lease lease, Stop& stop)
    : keeper_(keeper), number_(keeper.enter(std::move(lease), stop)) {}

LeaseKeeper::Held::~Held() {
  const std::scoped_lock guard(keeper_.lock_);
  std::erase_if(keeper_.entries_, [&](const Entry& entry) { return entry.number == number_; });
}

void LeaseKeeper::Held::tell(Buffer evidence) {
  {
    const std::scoped_lock guard(keeper_.lock_);
    Entry* entry = keeper_.find(number_);
    if (entry == nullptr) return;  // lost meanwhile
    entry->renewed = std::make_shared<const Buffer>(std::move(evidence));
    entry->in_vain = false;
    entry->due = std::chrono::steady_clock::now();
  }
  keeper_.wake_.notify_all();
}

LeaseKeeper::Entry* LeaseKeeper::find(std::uint64_t number) {
  const auto found = std::ranges::find(entries_, number, &Entry::number);
  return found == entries_.end() ? nullptr : &*found;
}

std::size_t LeaseKeeper::held() const {
  const std::scoped_lock guard(lock_);
  return entries_.size();
}

void LeaseKeeper::stop_all() {
  const std::scoped_lock guard(lock_);
  stopping_jobs_ = true;
  for (Entry& entry : entries_) entry.stop.request(Stop::Reason::shutdown);
}

LeaseKeeper::Entry* LeaseKeeper::earliest() {
  const auto found = std::ranges::min_element(entries_, {}, &Entry::due);
  return found == entries_.end() ? nullptr : &*found;
}

void LeaseKeeper::work() {
  std::unique_lock guard(lock_);
  while (!ending_) {
    const Entry* next = earliest();
    if (next == nullptr) {
      wake_.wait(guard);
    } else if (const Moment due = next->due; std::chrono::steady_clock::now() < due) {
      wake_.wait_until(guard, due);
    } else {
      const Entry due_now = *next;
      extend(guard, due_now);
    }
  }
}

// Without the lock while the scheduler is asked; the job may have ended when it answers, or have
// been renewed once more.
void LeaseKeeper::extend(std::unique_lock<std::mutex>& guard, const Entry& due) {
  const Buffer* told = due.in_vain ? nullptr : due.renewed.get();
  guard.unlock();
  const Beat beat = send(source_, due.lease, told);
  guard.lock();
  Entry* entry = find(due.number);
  if (entry == nullptr) return;
  if (beat == Beat::lost) {
    entry->stop.request(Stop::Reason::lease_lost);
    std::erase_if(entries_, [&](const Entry& one) { return one.number == due.number; });
    return;
  }
  if (entry->renewed != due.renewed) return;  // it is due at once
  if (beat == Beat::kept && told != nullptr) entry->renewed.reset();
  entry->in_vain = beat == Beat::refused && told != nullptr;
  const bool kept = beat == Beat::kept;
  const auto wait = kept ? interval(due.lease) : std::chrono::milliseconds(again_soon);
  entry->due = std::chrono::steady_clock::now() + wait;
}

}  // namespace waybill::worker
