#include "trigger/revocations.h"

#include <mutex>

namespace waybill::trigger {
namespace {

using namespace std::chrono_literals;

constexpr auto cleaning_interval = 1min;

// The ticket of a workflow that is done, by far the most of all entries. Nobody comes to a trigger
// with such a ticket. Whoever revokes his own login under this word harms nobody but himself.
bool is_done_work(const Revocation& entry) {
  return entry.kind == RevokedBy::workflow ||
         (entry.kind == RevokedBy::ticket && entry.reason == "completed");
}

}  // namespace

std::uint64_t Revocations::next() const {
  const std::shared_lock guard(lock_);
  return follower_.next();
}

bool Revocations::is_caught_up() const {
  const std::shared_lock guard(lock_);
  return follower_.next() == follower_.sequence;
}

Checked Revocations::apply(const FeedPage& page, const RealmDocument& realm, Time now) {
  const std::unique_lock guard(lock_);
  TRY(believed, follower_.apply(page, realm));
  for (Revocation& entry : believed) {
    if (is_done_work(entry)) continue;
    Entry& known = entries_[{entry.kind, std::move(entry.value)}];
    known.issued_until = std::max(known.issued_until, entry.issued_until);
    known.matters_until = std::max(known.matters_until, entry.matters_until);
  }
  if (now >= next_cleaning_) forget(now);
  return ok();
}

void Revocations::forget(Time now) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.matters_until < now; });
  next_cleaning_ = now + cleaning_interval;
}

bool Revocations::is_revoked(const Body& body) const {
  const std::shared_lock guard(lock_);
  return waybill::is_revoked(body,
                             [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
                               const auto found = entries_.find({kind, value});
                               if (found == entries_.end()) return std::nullopt;
                               return found->second.issued_until;
                             });
}

std::size_t Revocations::size() const {
  const std::shared_lock guard(lock_);
  return entries_.size();
}

}  // namespace waybill::trigger
