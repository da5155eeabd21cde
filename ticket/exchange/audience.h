#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "ticket/exchange/keytab.h"
#include "ticket/exchange/memory.h"
#include "ticket/ticket.h"

namespace waybill {

/// A service's or queue's side of a ticket: its keys, the realm document, and a memory of what was
/// expensive. accept() is the first half of the order of checks (specs/protocol.md 4): shape and
/// limits, version, kind, realm, audience, kvno, commitment, open, decode, session commitment,
/// proof, times. What follows (binding, feed, revocation, first use, actions) needs to know the
/// work and is the caller's: worker/verifier.h. No network call, no clock, thread-safe.
class Audience {
 public:
  /// All entries of the keytab must be of one principal.
  Audience(const Keytab& keytab, RealmDocument realm);

  const Principal& principal() const { return principal_; }

  /// Errors, in their order: the codec's, bad_version, wrong_kind, wrong_realm, wrong_audience,
  /// unknown_kvno, bad_integrity, session_mismatch, unknown_signer, bad_proof, not_yet_valid,
  /// ticket_expired.
  Result<VerifiedTicket> accept(Bytes ticket, Time now);
  /// The same up to and without "proof": for showing a ticket to its owner.
  Result<OpenedTicket> open(Bytes ticket);

  /// A newer realm document; roots verified under the older one are forgotten. One that is older
  /// than the one held, or of another realm id, changes nothing.
  void update(RealmDocument realm);
  std::shared_ptr<const RealmDocument> realm() const;

 private:
  struct Key {
    Kvno kvno;
    PrincipalKey key;
  };
  struct Known {
    explicit Known(RealmDocument document) : realm(std::move(document)), roots(4096) {}
    const RealmDocument realm;
    Memory<std::string, bool> roots;
  };
  Result<PairwiseKey> key_for(const TicketHeader& header) const;
  std::shared_ptr<Known> known() const;

  Principal principal_;
  std::vector<Key> keys_;
  Memory<std::string, std::shared_ptr<const PairwiseKey>> pairwise_{1024};
  mutable std::shared_mutex known_lock_;
  std::shared_ptr<Known> known_;
};

}  // namespace waybill
