#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kdc/audit_chain.h"
#include "kdc/store.h"
#include "ticket/exchange/keytab.h"
#include "ticket/feed.h"
#include "ticket/noise.h"
#include "ticket/possession.h"
#include "ticket/realm.h"
#include "ticket/ticket.h"

namespace waybill::kdc {

/// The only holder of the KDC's secrets (specs/protocol.md 2): epoch keys (X25519 for logins, one
/// TGT key each), signing keys, and what seals service tickets for the next 60 seconds. No other
/// part sees a key; they ask this one to open, seal, sign or answer. Thread-safe.
///
/// `waybill-kdc init` makes the current epoch and the next one, published ahead; kdc/rotation.h
/// makes those that follow. Taking the KDC's disk and master key opens what was recorded of the
/// epochs whose keys are still there. Service tickets are not concerned: their keys never reach the
/// disk.
class Epochs {
 public:
  /// Reads and unwraps all keys. Throws StoreUnusable when there are none, or when they do not fit
  /// the realm document, and RecordDamaged.
  explicit Epochs(const Store& store);
  explicit Epochs(const StoreView& view);
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;
  ~Epochs();

  const Realm& realm() const { return realm_; }
  /// The newest. The reference stays good: a document that was replaced is kept, its keys are not.
  const RealmDocument& document() const;
  /// For GET /v1/realm. Stays good likewise.
  const Buffer& signed_document() const;

  /// What the store says. Throws StoreUnusable, RecordDamaged.
  static RealmDocument stored_document(const StoreView& view);
  /// Takes what the store says now: another process may have put a newer document there, or keys
  /// were destroyed. Throws as the constructor does, and then nothing changed.
  void reload(const StoreView& view);
  /// The same, only when the stored document is not the one that is known. True when it was not.
  bool refresh(const StoreView& view);

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
  bool can_sign(Time now) const;
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
  /// Makes the first two epochs and writes their keys, and whose realm it is, into a new store.
  /// Gives the document, which nobody has signed.
  static RealmDocument draft(StoreChange& change, const RootPublic& root, const Plan& plan);
  /// The same, and the document signed and in force.
  static RealmDocument create(StoreChange& change, const RootKey& root, const Plan& plan);
  /// Makes the keys of one epoch and its signing key, writes them into the store and adds them to
  /// the document.
  static void add(StoreChange& change, RealmDocument& document, KeyId id, Time from, Time until);
  /// How long two epochs that follow each other are open both: so that clients and the KDC need
  /// not switch in the same second.
  static Seconds overlap(Seconds life);

 private:
  struct Published {
    Buffer wire;
    RealmDocument document;
  };
  /// A key that was destroyed is not there.
  struct Epoch {
    RealmDocument::Epoch about;
    std::optional<EpochKey> key;
    std::optional<TgtKey> tgt;
  };
  /// What one document lists. Wiped when the last who works with it is done.
  struct Keys {
    const Published* published;
    std::vector<Epoch> epochs;
    std::map<KeyId, KdcSigningKey> signing;

    const Epoch* find(KeyId id) const;
    const Epoch* open_epoch(KeyId id, Time now) const;
  };
  struct Remembered {
    Kvno kvno;
    PrincipalPublic audience;
    Sealing sealing;
    Time born;
    std::uint64_t uses;
  };
  std::shared_ptr<const Keys> keys() const;
  std::optional<Sealing> remembered(const std::string& audience, const LiveKey& key, Time now);
  std::optional<KeyId> find_signer(Time now) const;

  const Realm realm_;
  mutable std::mutex keys_lock_;                             // guards the next two
  std::vector<std::unique_ptr<const Published>> published_;  // oldest first
  std::shared_ptr<const Keys> keys_;
  mutable std::atomic<std::uint64_t> batch_signatures_{0};
  std::mutex lock_;  // guards sealings_
  std::map<std::string, Remembered> sealings_;
};

}  // namespace waybill::kdc
