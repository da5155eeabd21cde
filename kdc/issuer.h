#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "kdc/audit.h"
#include "kdc/epochs.h"
#include "kdc/store.h"
#include "ticket/adapters/batch_writer.h"
#include "ticket/exchange/messages.h"

namespace waybill::kdc {

/// The one door through which the KDC changes anything, and through which every ticket leaves.
///
/// Many threads hand in deeds and wait. The one writer takes all that wait and, in one transaction:
///   1. for each deed in turn: runs its effects (which see what the deeds before it did, and may
///      refuse: revoked, disabled or already there meanwhile); for a ticket fills in what is known
///      only now (feed floor, audit head, signing key) and stores it as outstanding; appends the
///      audit record. A refused deed leaves its audit record, with the refusal's code, and no more;
///   2. signs a checkpoint of the audit chain and stores it;
///   3. commits, synced: from here on it survives kill -9 and a power cut;
///   4. signs one tree over the leaves of all tickets of this commit.
/// Then each waiting thread seals its own ticket, with its own proof. TGTs go the same way without
/// proof.
///
/// So: what was answered was logged before; a ticket that was not logged has no proof, since
/// nothing is signed before the commit. A crash before 3 leaves nothing of the batch, and nobody
/// got an answer. A crash after 3 leaves records of tickets that nobody received: they are logged
/// and outstanding, and the asker asks again. Neither order nor crash lets a ticket out unlogged.
///
/// When the commit fails (disk full), every waiting thread gets the StoreError and nothing of it
/// exists. Thread-safe.
class Issuer {
 public:
  /// Runs on the writer's thread, inside the transaction; may read again and refuse, then write,
  /// and may add fields to the audit record. It must refuse before its first write: one that
  /// refuses later is a broken promise (std::logic_error, all of the deed undone). It must not
  /// wait. It is safe to capture by reference what outlives commit(), or Pending::wait().
  using Effects = std::function<Checked(StoreChange&, Fields&)>;

  /// A ticket to be made. Of the body the issuer fills in: audit_head, feed_floor, session.
  struct TicketOrder {
    Body body;
    SessionKey session;
    /// The audience's newest key, for a service ticket; none makes a TGT (audience krbtgt@REALM).
    std::optional<LiveKey> audience;
  };

  struct Deed {
    AuditEvent event;  ///< the ticket's own fields are added (add_ticket_fields)
    Effects effects;   ///< may be empty
    std::optional<TicketOrder> ticket;
  };

  struct Outcome {
    std::uint64_t audit_sequence;
    std::optional<IssuedTicket> ticket;  ///< when one was ordered
  };

  /// `feed_moved` is called on the writer's thread after each commit that appended to the feed of
  /// revocations, before anybody is answered; it must not wait.
  Issuer(Store& store, Epochs& epochs, const Clock& clock, std::function<void()> feed_moved = {});
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;
  /// Stores what is waiting.
  ~Issuer();

  /// Waits until the deed is durable. Errors: what the effects refused with; service_unknown (the
  /// audience's key is unusable); limit_exceeded (too much for one ticket). Throws StoreError
  /// (is_busy() when too many wait), RecordDamaged.
  Result<Outcome> commit(Deed deed);

  /// Several deeds of one call side by side: hand in all of them, then wait for each.
  class Pending {
   public:
    Pending(Pending&&) noexcept;
    Pending& operator=(Pending&&) = delete;
    /// Waits if nobody did: what the effects captured must not go before they ran.
    ~Pending();
    Result<Outcome> wait();  ///< once

   private:
    friend class Issuer;
    struct Work;
    Pending(Issuer& issuer, std::shared_ptr<Work> work, std::future<void> done);
    Issuer* issuer_;
    std::shared_ptr<Work> work_;
    std::future<void> done_;
  };
  Pending submit(Deed deed);

  /// A refusal (or anything without effects): durable in the audit chain when it returns.
  void record(AuditEvent event);

  BatchWriter::Counts counts() const { return writer_.counts(); }

 private:
  using Work = Pending::Work;
  BatchWriter::Options hooks();
  void prepare(Work& work);                     // on the asker's thread, before
  void apply(StoreChange& change, Work& work);  // on the writer's
  void before_commit(WriteTxn& txn);
  void keep_stored(const StoreView& view);
  void after_commit();
  Result<Outcome> finish(Work& work) const;  // on the asker's thread, after

  Store& store_;
  Epochs& epochs_;
  const Clock& clock_;
  const std::function<void()> feed_moved_;
  // Of the batch under way; the writer's thread alone touches them.
  std::vector<std::shared_ptr<Work>> batch_;
  KeyId batch_signer_{};
  Time batch_time_{};
  bool batch_moves_feed_ = false;
  BatchWriter writer_;  // last: it ends first
};

}  // namespace waybill::kdc
