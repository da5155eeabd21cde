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

Upkeep::Pulled Upkeep::follow_feed() {
  for (;;) {
    const auto page = parts_.kdc.feed(parts_.revocations.next());
    auto error = page ? std::nullopt : std::optional<Error>(page.error());
    if (page) {
      const auto taken = parts_.revocations.take(*page, *parts_.audience.realm());
      if (taken && *taken == RevocationMirror::Taken::complete) return Pulled::fresh;
      if (taken) continue;
      error = taken.error();
    }
    log_warning("feed_refused", {{"code", describe(error->code).name}, {"why", error->note}});
    return Pulled::refused;
  }
}

Upkeep::Pulled Upkeep::pull_feed() {
  const std::scoped_lock one_at_a_time(feed_lock_);
  try {
    const Pulled pulled = follow_feed();
    if (kdc_was_away_) log_info("kdc_is_back");
    kdc_was_away_ = false;
    return pulled;
  } catch (const HttpError& error) {
    if (!kdc_was_away_) log_warning("kdc_is_away", {{"why", error.what()}});
    kdc_was_away_ = true;
    return Pulled::no_answer;
  }
}

bool Upkeep::sync_feed() { return pull_feed() == Pulled::fresh; }

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
  while (parts_.revocations.sweep(signed_time, sweep_step) == sweep_step) {
  }
}

void Upkeep::look_around() {
  Pulled feed = Pulled::no_answer;
  try_to("feed_not_kept", [&] { return feed = pull_feed(), true; });
  const Moment now = std::chrono::steady_clock::now();
  // A head signed by a key that we do not know looks forged; a newer document may know it.
  if ((feed == Pulled::refused || now >= realm_due_) && refresh_realm()) {
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
