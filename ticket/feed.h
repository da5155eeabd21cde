#pragma once

#include <string>
#include <vector>

#include "ticket/hex.h"
#include "ticket/realm.h"
#include "ticket/ticket.h"

namespace waybill {

/// Revocation that reaches offline verifiers (specs/protocol.md 7): an append-only list of entries,
/// each linked to the one before by hash, under a small signed head.

/// By what a ticket is revoked.
enum class RevokedBy : std::uint8_t {
  ticket = 1,    ///< this ticket and everything derived from it (value: its id in hex)
  subject = 2,   ///< value: principal
  actor = 3,     ///< value: principal
  queue = 4,     ///< value: principal
  workflow = 5,  ///< value: workflow id
};
std::string_view name_of(RevokedBy kind);
std::optional<RevokedBy> revoked_by(std::string_view name);

struct Revocation {
  std::uint64_t sequence = 0;  ///< 1, 2, 3, …
  RevokedBy kind{};
  std::string value;
  Time time{};           ///< when it was revoked
  Time issued_until{};   ///< tickets issued up to this second, inclusive, are revoked
  Time matters_until{};  ///< no ticket that it could concern lives longer
  std::string reason;    ///< "completed" when the work is done

  Buffer encode() const;
  static Result<Revocation> decode(Bytes wire);
};

/// The link after an entry: H("feed"; previous link, entry). The link before the first is zero.
Digest next_link(const Digest& previous, Bytes entry);

struct FeedHead {
  Realm realm;
  std::uint64_t sequence;  ///< of the last entry; zero: no entry yet
  Digest link;
  Time time;       ///< when it was signed: all that was revoked by then is in
  Time next_time;  ///< a newer head is there by then

  /// [signer, statement (bin), signature].
  Buffer sign(KeyId signer, const KdcSigningKey& key) const;
  /// Errors: feed_invalid, wrong_realm, and the codec's.
  static Result<FeedHead> parse(Bytes wire, const RealmDocument& realm);
};

/// One answer of GET /v1/feed?after=N: entries after N, in order, and the head.
struct FeedPage {
  std::vector<Buffer> entries;
  Buffer head;
  Buffer encode() const;
  static Result<FeedPage> decode(Bytes wire);
};

/// How far a follower has come; durable at the follower. Nothing is believed that does not lead,
/// link by link, to a signed head that is newer than the last one.
class FeedFollower {
 public:
  std::uint64_t sequence = 0;
  Digest link{};
  Time head_time{};

  /// Takes over a page. Gives the entries that are now believed: none while more pages are needed
  /// to reach the head. Errors: feed_invalid (signature, link, sequence or time went back).
  Result<std::vector<Revocation>> apply(const FeedPage& page, const RealmDocument& realm);
  /// What to ask for next: entries after this one.
  std::uint64_t next() const { return sequence + pending_.size(); }

 private:
  std::vector<Revocation> pending_;
  Digest pending_link_{};
};

/// Looks for a revocation that concerns the body. `find(kind, value)` gives the `issued_until` of
/// what is revoked under that key, or nothing.
template <class Find>
bool is_revoked(const Body& body, Find find) {
  const auto hit = [&](RevokedBy kind, const std::string& value) {
    const std::optional<Time> until = find(kind, value);
    return until && body.issued_at <= *until;
  };
  const auto hex = [](const TicketId& id) { return to_hex(id); };
  if (hit(RevokedBy::ticket, hex(body.id))) return true;
  for (const TicketId& ancestor : body.lineage) {
    if (hit(RevokedBy::ticket, hex(ancestor))) return true;
  }
  for (const Principal& actor : body.actors) {
    if (hit(RevokedBy::actor, actor.text())) return true;
  }
  return hit(RevokedBy::subject, body.subject.text()) ||
         hit(RevokedBy::queue, body.audience.text()) ||
         (body.work && hit(RevokedBy::workflow, body.work->id));
}

}  // namespace waybill
