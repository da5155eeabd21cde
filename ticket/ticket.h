#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ticket/batch.h"
#include "ticket/realm.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/downstream.h"

namespace waybill {

/// Tickets (specs/protocol.md 4). Three types, each made only by the one before, so that holding
/// one is the proof of what was checked:
///   SealedTicket    the right shape; nothing of it is believed
///   OpenedTicket    opened with the key it names; whoever sealed it knew that key
///   VerifiedTicket  signed by the KDC (a service ticket), and in its time

enum class Kind : std::uint8_t { tgt = 1, service = 2 };

/// What can be read without any key.
struct TicketHeader {
  Kind kind;
  Realm realm;
  std::string audience;   ///< name in that realm; "krbtgt" for a TGT
  Kvno kvno{};            ///< service: which key of the audience
  KeyId key{};            ///< TGT: its epoch; service: the KDC's signing key
  RollingPublic rolling;  ///< service: the KDC's half of the pairwise key

  /// All that precedes the seal, canonical: the seal's associated data.
  Buffer encode() const;
};

/// What the ticket lets its holder start.
struct Work {
  std::string space;  ///< namespace of the engine
  std::string id;     ///< workflow id
  std::string type;
  Digest input;  ///< input_digest() of the exact logical input
  friend bool operator==(const Work&, const Work&) = default;
};

namespace flags {
inline constexpr std::uint32_t initial = 1;    // from a login, not from a renewal
inline constexpr std::uint32_t delegated = 2;  // asked for by an actor, for the subject
inline constexpr std::uint32_t soft_feed = 4;  // a stale feed is marked, not refused
inline constexpr std::uint32_t all = initial | delegated | soft_feed;
}  // namespace flags

struct Body {
  TicketId id;
  std::vector<TicketId> lineage;  ///< what it was derived from, oldest first
  Principal subject;              ///< who asked
  std::vector<Principal> actors;  ///< who acts for the subject, first to last
  Principal audience;
  std::optional<Work> work;
  std::vector<std::string> actions;
  std::vector<Downstream> downstreams;
  Time issued_at, start_by, run_until, renew_until;
  std::uint64_t feed_floor;  ///< the reader's feed must have come at least so far
  Seconds max_staleness;
  Digest audit_head;  ///< of the KDC's audit chain, at issue
  std::uint32_t flags;
  Digest session;  ///< session_commitment() of the session key

  Buffer encode() const;
  static Result<Body> decode(Bytes wire);
};

/// H("session", session key): what a body says of its session key.
Digest session_commitment(const SessionKey& key);
/// The digest of a workflow's exact logical input.
Digest input_digest(Bytes input);

/// A ticket for one downstream, for the audience to hand on; the key goes with it.
struct BookletEntry {
  Buffer ticket;
  SessionKey session;
};

/// [header, body, proof] with no secret in it: whoever has the realm document can check it.
struct Evidence {
  Buffer header_bytes;
  Buffer body_bytes;
  Proof proof;
  TicketHeader header;
  Body body;

  Buffer encode() const;
  static Result<Evidence> decode(Bytes wire);
  /// That the KDC signed it; says nothing of time or revocation.
  /// Errors: wrong_realm, unknown_signer, bad_proof (also when its dates do not fit together).
  Checked verify_proof(const RealmDocument& realm) const;
};

class VerifiedTicket;

class OpenedTicket {
 public:
  const TicketHeader& header() const { return contents_->header; }
  const Body& body() const { return contents_->body; }
  const SessionKey& session() const { return contents_->session; }
  std::vector<BookletEntry>& booklet() { return contents_->booklet; }
  /// Errors: bad_proof (a TGT, or a service ticket without a proof).
  Result<Evidence> evidence() const;
  /// The root that the proof leads to, and the memory key of a root that was verified before.
  /// Errors: bad_proof (a service ticket without one).
  Result<std::string> proven_root() const;

  /// Steps "proof" and "times": `root_is_known` says that the caller verified proven_root() under
  /// this realm document before. Errors: unknown_signer, bad_proof, not_yet_valid, ticket_expired.
  Result<VerifiedTicket> verify(const RealmDocument& realm, Time now, bool root_is_known) &&;
  /// The same for a TGT, which has no proof: only the KDC holds its key.
  Result<VerifiedTicket> verify_tgt(Time now) &&;

 private:
  friend class SealedTicket;
  // Apart, so that a step from one type to the next moves a pointer.
  struct Contents {
    TicketHeader header;
    Buffer header_bytes;
    Body body;
    Buffer body_bytes;
    SessionKey session;
    std::optional<Proof> proof;
    std::vector<BookletEntry> booklet;
  };
  explicit OpenedTicket(Contents contents)
      : contents_(std::make_unique<Contents>(std::move(contents))) {}
  Digest root() const;
  Checked check_times(Time now) const;

  std::unique_ptr<Contents> contents_;
};

class VerifiedTicket {
 public:
  const TicketHeader& header() const { return opened_.header(); }
  const Body& body() const { return opened_.body(); }
  const SessionKey& session() const { return opened_.session(); }
  /// Requires a service ticket.
  Evidence evidence() const { return *opened_.evidence(); }
  std::vector<BookletEntry>& booklet() { return opened_.booklet(); }

 private:
  friend class OpenedTicket;
  explicit VerifiedTicket(OpenedTicket opened) : opened_(std::move(opened)) {}
  OpenedTicket opened_;
};

class SealedTicket {
 public:
  /// Errors: the codec's, bad_version, wrong_kind, bad_name.
  static Result<SealedTicket> parse(Bytes wire);

  const TicketHeader& header() const { return header_; }
  /// Each opens a ticket of its kind. Errors: wrong_kind, bad_integrity, the codec's,
  /// session_mismatch, wrong_audience (body and header differ).
  Result<OpenedTicket> open(const TgtKey& key) const;
  Result<OpenedTicket> open(const PairwiseKey& key) const;

 private:
  SealedTicket(TicketHeader header, Bytes sealed)
      : header_(std::move(header)), header_bytes_(header_.encode()), sealed_(copy_of(sealed)) {}
  Result<OpenedTicket> read_plaintext(Bytes plaintext) const;

  TicketHeader header_;
  Buffer header_bytes_;
  Buffer sealed_;
};

/// The KDC's side: what is signed and sealed.
struct NewTicket {
  TicketHeader header;
  Body body;
};
Buffer seal_tgt(const NewTicket& ticket, const SessionKey& session, const TgtKey& key);
Buffer seal_service_ticket(const NewTicket& ticket, const SessionKey& session, const Proof& proof,
                           std::span<const BookletEntry> booklet, const PairwiseKey& key);

/// H("pairwise", X25519(…); realm, principal, kvno, both public keys), from either side.
/// Nothing when the shared secret is all zero.
std::optional<PairwiseKey> pairwise_key(const RollingKey& rolling, const PrincipalPublic& audience,
                                        const TicketHeader& header);
std::optional<PairwiseKey> pairwise_key(const PrincipalKey& audience, const TicketHeader& header);

}  // namespace waybill
