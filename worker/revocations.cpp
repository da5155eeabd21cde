#include "worker/revocations.h"

#include <algorithm>
#include <cerrno>

#include "ticket/limits.h"

namespace waybill::worker {
namespace {

constexpr std::string_view state_table = "feed";
constexpr std::string_view place_key = "place";

Buffer entry_key(RevokedBy kind, std::string_view value) {
  Buffer key{static_cast<std::uint8_t>(kind)};
  key.insert(key.end(), value.begin(), value.end());
  return key;
}

Time issued_until(const ExpiringTable::Row& row) {
  Reader in(row.value, limits::max_message);
  const Time time = in.time();
  if (!in.finish()) throw StoreError("read a revocation", EBADMSG);
  return time;
}

}  // namespace

RevocationMirror::RevocationMirror(Store& store)
    : store_(store),
      state_(store.env().open_table(state_table)),
      entries_(store.env(), store.guard(), "revocations") {}

RevocationMirror::Place RevocationMirror::place(const Txn& txn) const {
  const Bytes key = bytes_of(place_key);
  const auto stored = txn.get(state_, key);
  if (!stored) return {};
  const auto value = store_.guard().check(state_table, key, *stored);
  if (!value) throw StoreError("trust the feed's place, which was changed", EBADMSG);
  Reader in(*value, limits::max_message);
  in.array(3);
  Place place;
  place.sequence = in.uint();
  place.link = in.bin<32>();
  place.head_time = in.time();
  if (!in.finish()) throw StoreError("read the feed's place", EBADMSG);
  return place;
}

void RevocationMirror::store_place(WriteTxn& txn, const Place& place) const {
  const Bytes key = bytes_of(place_key);
  const Buffer value =
      Writer().array(3).uint(place.sequence).bin(place.link).time(place.head_time).take();
  txn.put(state_, key, store_.guard().protect(state_table, key, value));
}

// Two entries about the same thing become the one that reaches further in each respect.
void RevocationMirror::store_entry(WriteTxn& txn, const Revocation& entry) const {
  const Buffer key = entry_key(entry.kind, entry.value);
  Time until = entry.issued_until;
  Time matters = entry.matters_until;
  if (const auto known = entries_.get(txn, key)) {
    until = std::max(until, issued_until(*known));
    matters = std::max(matters, known->until);
  }
  entries_.put(txn, key, {matters, Writer().time(until).take()});
}

Revocations::Head RevocationMirror::head() const {
  const ReadTxn txn(store_.env());
  const Place at = place(txn);
  return {at.sequence, at.head_time};
}

bool RevocationMirror::concerns(const Body& body) const {
  const ReadTxn txn(store_.env());
  return is_revoked(body, [&](RevokedBy kind, const std::string& value) -> std::optional<Time> {
    const auto row = entries_.get(txn, entry_key(kind, value));
    if (!row) return std::nullopt;
    return issued_until(*row);
  });
}

void RevocationMirror::follow_from(const Place& place) {
  follower_ = FeedFollower{};
  follower_.sequence = place.sequence;
  follower_.link = place.link;
  follower_.head_time = place.head_time;
}

std::uint64_t RevocationMirror::next() {
  const std::scoped_lock guard(lock_);
  const ReadTxn txn(store_.env());
  const Place at = place(txn);
  if (at != Place{follower_.sequence, follower_.link, follower_.head_time}) follow_from(at);
  return follower_.next();
}

Result<RevocationMirror::Taken> RevocationMirror::take(const FeedPage& page,
                                                       const RealmDocument& realm) {
  const std::scoped_lock guard(lock_);
  const Place before{follower_.sequence, follower_.link, follower_.head_time};
  Result<Taken> outcome = Taken::more_is_needed;
  store_.writer().run([&](WriteTxn& txn) {
    if (place(txn) != before) return;  // another process was faster; next() says from where
    const auto entries = follower_.apply(page, realm);
    if (!entries) {
      outcome = entries.error();
      return;
    }
    const Place after{follower_.sequence, follower_.link, follower_.head_time};
    if (follower_.next() != after.sequence) return;  // pages that have not met their head yet
    for (const Revocation& entry : *entries) store_entry(txn, entry);
    store_place(txn, after);
    outcome = Taken::complete;
  });
  return outcome;
}

std::size_t RevocationMirror::sweep(Time signed_time, std::size_t at_most) {
  std::size_t swept = 0;
  store_.writer().run([&](WriteTxn& txn) { swept = entries_.sweep(txn, signed_time, at_most); });
  return swept;
}

std::uint64_t RevocationMirror::count() const {
  const ReadTxn txn(store_.env());
  return entries_.count(txn);
}

}  // namespace waybill::worker
