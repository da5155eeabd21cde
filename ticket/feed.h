#pragma once

#include <string>
#include <vector>

#include "ticket/realm.h"
#include "ticket/ticket.h"

namespace waybill {

/// Revocation that reaches offline verifiers (specs/protocol.md 7): an append-only list of entries,
/// each linked to the one before by hash, under a small signed head. Entries travel in segments,
/// which never change once they are there, so that any static file server can carry them.

/// By what a ticket is revoked. The numbers are on the wire.
enum class RevokedBy : std::uint8_t {
  ticket = 1,     ///< this ticket and everything derived from it (value: its id)
  subject = 2,    ///< value: principal
  actor = 3,      ///< value: principal
  queue = 4,      ///< value: principal
  workflow = 5,   ///< value: workflow id
  realm = 6,      ///< everything of the realm (value: its name)
  lineage = 7,    ///< what was derived from this ticket, not the ticket itself (value: its id)
  completed = 8,  ///< as `ticket`, because its work is done (value: its id)
};
std::string_view name_of(RevokedBy kind);
std::optional<RevokedBy> revoked_by(std::string_view name);
/// Of what a value is: a ticket's id, 16 bytes, or a text.
constexpr bool names_a_ticket(RevokedBy kind) {
  return kind == RevokedBy::ticket || kind == RevokedBy::lineage || kind == RevokedBy::completed;
}
/// A ticket's id as a value: its 16 bytes.
inline std::string value_of(const TicketId& id) { return std::string(text_of(id)); }

struct Revocation {
  RevokedBy kind{};
  std::string value;
  Time time{};           ///< when it was revoked
  Time issued_until{};   ///< tickets issued up to this second, inclusive; for_ever when by a ticket
  Time matters_until{};  ///< no ticket that it could concern lives longer
  std::string reason;    ///< a person's words; none when completed

  /// Issued whenever: what an entry by ticket reaches, since a renewal keeps the id.
  static constexpr Time for_ever{Seconds{253'402'300'799}};

  /// The value for a person: an id in hex, or the text.
  std::string shown_value() const;
  Buffer encode() const;
  static Result<Revocation> decode(Bytes wire);
};

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

/// Which entries a file holds: the index-th run of a level's size, or of level 0 its first `width`
/// entries, when it is not full yet.
struct SegmentName {
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  std::uint64_t width = 0;  ///< 0: full

  std::uint64_t size() const;                              ///< entries of a full one
  std::uint64_t before() const { return index * size(); }  ///< entries before its first
  std::uint64_t end() const { return before() + (width == 0 ? size() : width); }
  std::string path() const;  ///< "0/17", "0/17.5", "1/3": below the feed's address
  /// Only what path() prints. Errors: malformed.
  static Result<SegmentName> parse(std::string_view path);
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};
/// The segment that brings whoever has come so far nearer to the head. Requires
/// `sequence < head.last.sequence`. A publisher keeps what this may ask for.
SegmentName next_segment(std::uint64_t sequence, const FeedPosition& last);

/// A file of the feed: entries that lead to a head of their own. The head of a full segment bears
/// the time of its last entry: whatever came after it was not there before that.
struct FeedSegment {
  std::uint64_t before = 0;  ///< entries before the first of these
  std::vector<Buffer> entries;
  Buffer head;  ///< its last is the last of these entries
  Buffer encode() const;
  static Result<FeedSegment> decode(Bytes wire);
};

/// How far a follower has come; durable at the follower. Nothing is believed that does not lead,
/// link by link, to a signed head that is not older than the last one. A refusal changes nothing.
class FeedFollower {
 public:
  /// What is known without a gap: every entry up to `sequence`, as of the second `time`.
  struct Known {
    std::uint64_t sequence = 0;
    Time time{};
    friend bool operator==(const Known&, const Known&) = default;
  };
  struct Place {
    FeedPosition at;         ///< the next entry comes after it
    std::uint64_t goal = 0;  ///< after a jump: nothing more is known until `at` has come so far
    Known known;
    friend bool operator==(const Place&, const Place&) = default;
  };

  FeedFollower() = default;
  explicit FeedFollower(const Place& place) : place_(place) {}
  const Place& place() const { return place_; }

  /// Takes the newest head, as it is fetched before anything else. Gives the segment to fetch next;
  /// nothing when the head is reached, and then its time is known. A follower that is behind the
  /// head's base jumps to it, and knows no more than before until it has reached the head's last
  /// entry: what still matters stands between the two.
  /// Errors: feed_invalid (signature; sequence or time went back; another history; from the future
  /// by our clock `now`), wrong_realm, the codec's.
  Result<std::optional<SegmentName>> take_head(Bytes head, const RealmDocument& realm, Time now);

  /// Takes a segment that holds the next entry. Gives its new entries, in order; those that were
  /// known before are passed over. Errors: as above (a missing or altered entry is another
  /// history).
  Result<std::vector<Revocation>> take_segment(const FeedSegment& segment,
                                               const RealmDocument& realm, Time now);

 private:
  Result<FeedHead> parse_head(Bytes wire, const RealmDocument& realm, Time now) const;
  void reach(const FeedHead& head);

  Place place_;
};

/// Looks for a revocation that concerns the body. `find(kind, value)` gives the `issued_until` of
/// what is revoked under that key, or nothing.
template <class Find>
bool is_revoked(const Body& body, Find find) {
  const auto hit = [&](RevokedBy kind, const std::string& value) {
    const std::optional<Time> until = find(kind, value);
    return until && body.issued_at <= *until;
  };
  const auto ended = [&](const TicketId& id) {
    const std::string value = value_of(id);
    return hit(RevokedBy::ticket, value) || hit(RevokedBy::completed, value);
  };
  if (ended(body.id)) return true;
  for (const TicketId& ancestor : body.lineage) {
    if (ended(ancestor) || hit(RevokedBy::lineage, value_of(ancestor))) return true;
  }
  for (const Principal& actor : body.actors) {
    if (hit(RevokedBy::actor, actor.text())) return true;
  }
  return hit(RevokedBy::subject, body.subject.text()) ||
         hit(RevokedBy::queue, body.audience.text()) ||
         hit(RevokedBy::realm, body.audience.realm().text()) ||
         (body.work && hit(RevokedBy::workflow, body.work->id));
}

}  // namespace waybill
