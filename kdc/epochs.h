#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kdc/audit_chain.h"
#include "kdc/store.h"
#include "ticket/feed.h"
#include "ticket/keytab.h"
#include "ticket/noise.h"
#include "ticket/realm.h"
#include "ticket/ticket.h"

namespace waybill::kdc {

/// The only holder of the KDC's secrets (specs/protocol.md 2): epoch keys (X25519 for logins, one
/// TGT key each), signing keys, and what seals service tickets for the next 60 seconds. No other
/// part sees a key; they ask this one to open, seal, sign or answer. Thread-safe.
///
/// Epochs are made by `waybill-kdc init`: the current one and the next, published ahead. There is
/// no rotation yet, so they are long (365 days each unless init is told otherwise, where the design
/// asks for a day), and taking the KDC's disk and master key opens every recorded login and TGT of
/// the epoch. Service tickets are not concerned: their keys never reach the disk.
class Epochs {
 public:
  /// Reads and unwraps all keys. Throws StoreUnusable when there are none, or when they do not fit
  /// the realm document, and RecordDamaged.
  explicit Epochs(const Store& store);
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;
  ~Epochs();

  const Realm& realm() const { return document_.realm; }
  const RealmDocument& document() const { return document_; }
  /// For GET /v1/realm.
  const Buffer& signed_document() const { return signed_document_; }

  // --- Logins -------------------------------------------------------------------------------
  /// Answers one message 1 that is encrypted to this epoch. Errors: unknown_epoch (unknown, or not
  /// open now; the bounds are taken with limits::clock_skew).
  Result<noise::Responder> responder(KeyId epoch, Time now) const;
  /// What a registrant must show. Errors: unknown_epoch, possession_unproven (a key of small
  /// order).
  Result<Digest> expected_possession(KeyId epoch, const PrincipalPublic& key, const KeyClaim& claim,
                                     Time now) const;

  // --- TGTs ---------------------------------------------------------------------------------
  /// The epoch that seals TGTs now: the newest open one. Throws StoreUnusable when none is.
  KeyId tgt_epoch(Time now) const;
  /// Requires a header of kind tgt whose key is one of ours.
  Buffer seal_tgt(const NewTicket& ticket, const SessionKey& session) const;
  /// Opens with the key of the epoch it names, and no other. Times are the caller's to check
  /// (OpenedTicket::verify_tgt). Errors: wrong_kind, wrong_realm, unknown_epoch, bad_integrity, ….
  Result<OpenedTicket> open_tgt(const SealedTicket& ticket) const;

  // --- Service tickets ----------------------------------------------------------------------
  /// What seals tickets to one key of one audience. The rolling secret is gone already when this
  /// is handed out; the pairwise key lives as long as somebody is sealing with it.
  struct Sealing {
    RollingPublic rolling;
    std::shared_ptr<const PairwiseKey> key;
  };
  /// The audience's, remembered for limits::rolling_key_life or rolling_key_uses, then fresh.
  /// Errors: service_unknown (the stored key is of small order).
  Result<Sealing> sealing_for(const std::string& audience, const LiveKey& key, Time now);
  /// Forgets what is over its time; called every second by the daemon, so that an audience that
  /// nobody asks for is forgotten too.
  void erase_expired(Time now);

  // --- Signatures ---------------------------------------------------------------------------
  /// The key that signs now: the newest open one. Throws StoreUnusable when none is.
  KeyId signer(Time now) const;
  Signature sign_batch(KeyId signer, Time batch_time, const Digest& root) const;
  Buffer sign_feed_head(const FeedHead& head) const;
  SignedCheckpoint sign_checkpoint(const AuditCheckpoint& checkpoint) const;
  /// Batch signatures made so far, for tests and figures.
  std::uint64_t batch_signatures() const { return batch_signatures_; }

  // --- Making them --------------------------------------------------------------------------
  struct Plan {
    Realm realm;
    Time now;
    Seconds life;  ///< of an epoch; two follow each other, with an overlap of a day at most
  };
  /// Makes the first two epochs and writes keys and signed document into a new store. The only
  /// use of the root key in this program.
  static RealmDocument create(StoreChange& change, const RootKey& root, const Plan& plan);

 private:
  struct Epoch {
    RealmDocument::Epoch about;
    EpochKey key;
    TgtKey tgt;
  };
  struct Remembered {
    Kvno kvno;
    PrincipalPublic audience;
    Sealing sealing;
    Time born;
    std::uint64_t uses;
  };
  explicit Epochs(const StoreView& view);
  void load_keys(const StoreView& view);
  std::optional<Sealing> remembered(const std::string& audience, const LiveKey& key, Time now);
  static std::string secret_name(std::string_view kind, KeyId id);  // in the store
  const Epoch* find(KeyId id) const;
  const Epoch* open_epoch(KeyId id, Time now) const;
  const KdcSigningKey& signing_key(KeyId id) const;

  Buffer signed_document_;
  RealmDocument document_;
  std::vector<Epoch> epochs_;
  std::map<KeyId, KdcSigningKey> signing_;
  mutable std::atomic<std::uint64_t> batch_signatures_{0};
  std::mutex lock_;  // guards sealings_
  std::map<std::string, Remembered> sealings_;
};

}  // namespace waybill::kdc
