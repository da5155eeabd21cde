#include "worker/upkeep.h"

#include <optional>

#include "ticket/adapters/log.h"

namespace waybill::worker {
namespace {

constexpr std::size_t sweep_step = 1000;  // records in one commit

// The edges of the upkeep's work: an environment that fails is a line in the log and a later try.
template <class Work>
bool try_to(const char* event, Work work) {
  try {
    return work();
  } catch (const std::exception& error) {
    log_warning(event, {{"why", error.what()}});
    return false;
  }
}

}  // namespace

Upkeep::Upkeep(const Parts& parts) : Upkeep(parts, Options{}) {}
Upkeep::Upkeep(const Parts& parts, const Options& options) : parts_(parts), options_(options) {}

Upkeep::~Upkeep() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Upkeep::start() {
  thread_ = std::thread([this] { work(); });
}

bool Upkeep::sync_feed() {
  return parts_.feed.pull(*parts_.audience.realm()) == FeedSync::Pulled::fresh;
}

bool Upkeep::pull_realm() {
  auto document = parts_.realm.fetch();
  if (!document) {
    log_warning("realm_document_refused", {{"code", describe(document.error().code).name}});
    return false;
  }
  if (document->serial > parts_.audience.realm()->serial) {
    log_info("realm_document_renewed", {{"serial", document->serial}});
    parts_.audience.update(*std::move(document));
  }
  return true;
}

bool Upkeep::refresh_realm() {
  const std::scoped_lock guard(realm_lock_);
  const Moment now = std::chrono::steady_clock::now();
  if (realm_asked_ == Moment{} || now - realm_asked_ >= options_.realm_at_most_every) {
    realm_asked_ = now;
    realm_answered_ = try_to("realm_document_not_fetched", [&] { return pull_realm(); });
  }
  return realm_answered_;
}

// By the KDC's signed time, never our own clock (UseTable::sweep).
void Upkeep::sweep() {
  const Time signed_time = parts_.revocations.head().time;
  while (parts_.uses.sweep(signed_time, sweep_step) == sweep_step) {
  }
}

void Upkeep::look_around() {
  auto feed = FeedSync::Pulled::no_answer;
  try_to("feed_not_kept", [&] { return feed = parts_.feed.tend(*parts_.audience.realm()), true; });
  if (parts_.verdicts != nullptr) {
    try_to("verdicts_not_shipped", [&] { return parts_.verdicts->ship(), true; });
  }
  const Moment now = std::chrono::steady_clock::now();
  // A head signed by a key that we do not know looks forged; a newer document may know it.
  if ((feed == FeedSync::Pulled::refused || now >= realm_due_) && refresh_realm()) {
    realm_due_ = now + options_.realm_every;
  }
  if (now < sweep_due_) return;
  try_to("not_swept", [&] { return sweep(), true; });
  sweep_due_ = now + options_.sweep_every;
}

void Upkeep::work() {
  realm_due_ = std::chrono::steady_clock::now() + options_.realm_every;
  std::unique_lock guard(lock_);
  while (!ending_) {
    guard.unlock();
    look_around();
    guard.lock();
    wake_.wait_for(guard, options_.feed_every, [this] { return ending_; });
  }
}

}  // namespace waybill::worker
