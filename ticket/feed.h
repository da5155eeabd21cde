#pragma once

#include "ticket/realm.h"

namespace waybill {

/// Revocation that reaches offline verifiers (specs/protocol.md 7): an append-only list of entries,
/// each linked to the one before by hash, under a small signed head.

/// The link after an entry: H("feed"; previous link, entry). The link before the first is zero.
Digest next_link(const Digest& previous, Bytes entry);

/// A place in the feed: after so many entries, with that link. The beginning is zero and zero.
struct FeedPosition {
  std::uint64_t sequence = 0;
  Digest link{};
  friend bool operator==(const FeedPosition&, const FeedPosition&) = default;
};

struct FeedHead {
  Realm realm;
  FeedPosition base;  ///< what came before matters no more, or stands again after it
  FeedPosition last;  ///< of the last entry
  Time time;          ///< all that was revoked before this second is in
  Time next_time;     ///< a newer head is there by then

  /// [signer, statement (bin), signature].
  Buffer sign(KeyId signer, const KdcSigningKey& key) const;
  /// Errors: feed_invalid, wrong_realm, and the codec's.
  static Result<FeedHead> parse(Bytes wire, const RealmDocument& realm);
};

}  // namespace waybill
