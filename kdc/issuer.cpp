#include "kdc/issuer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// Leaves room in a ticket, and in its evidence, for header, proof (a path of 12) and seal.
constexpr std::size_t max_body = limits::max_ticket - 1024;

// In one commit. Above a few hundred the sync costs nothing each; this bounds who waits how long.
constexpr std::size_t max_deeds = 1024;
static_assert(max_deeds <= limits::max_batch);

}  // namespace

/// One deed on its way. The asker's thread owns it before post() and after the future is ready, the
/// writer's thread in between.
struct Issuer::Pending::Work {
  explicit Work(Deed wanted) : deed(std::move(wanted)) {}

  bool is_service_ticket() const { return deed.ticket && deed.ticket->audience; }

  Deed deed;
  std::optional<Error> refusal;
  Audit::Position position;
  // Of a ticket:
  std::optional<TicketHeader> header;
  std::shared_ptr<const PairwiseKey> sealing_key;
  Buffer body_bytes;
  Digest leaf{};
  Proof proof;
};

Issuer::Pending::Pending(Issuer& issuer, std::shared_ptr<Work> work, std::future<void> done)
    : issuer_(&issuer), work_(std::move(work)), done_(std::move(done)) {}

Issuer::Pending::Pending(Pending&&) noexcept = default;

Issuer::Pending::~Pending() {
  if (done_.valid()) done_.wait();
}

Result<Issuer::Outcome> Issuer::Pending::wait() {
  done_.get();
  return issuer_->finish(*work_);
}

Issuer::Issuer(Store& store, Epochs& epochs, const Clock& clock, std::function<void()> feed_moved)
    : store_(store),
      epochs_(epochs),
      clock_(clock),
      feed_moved_(std::move(feed_moved)),
      writer_(store.env(), hooks()) {}

Issuer::~Issuer() = default;

BatchWriter::Options Issuer::hooks() {
  BatchWriter::Options options;
  options.before_commit = [this](WriteTxn& txn) { before_commit(txn); };
  options.after_commit = [this] { after_commit(); };
  options.max_batch = max_deeds;
  return options;
}

Result<Issuer::Outcome> Issuer::commit(Deed deed) { return submit(std::move(deed)).wait(); }

void Issuer::record(AuditEvent event) {
  const auto outcome = commit({std::move(event), {}, std::nullopt});
  if (!outcome) throw std::logic_error("a deed without effects was refused");
}

Issuer::Pending Issuer::submit(Deed deed) {
  auto work = std::make_shared<Work>(std::move(deed));
  prepare(*work);
  auto done = writer_.post([this, work](WriteTxn& txn) {
    StoreChange change(store_, txn);
    apply(change, *work);
    batch_.push_back(work);
    batch_moves_feed_ |= change.moved_feed();
  });
  return {*this, std::move(work), std::move(done)};
}

// The costly part of a ticket, the X25519 of a fresh rolling key, is not the writer's.
void Issuer::prepare(Work& work) {
  if (!work.deed.ticket) return;
  TicketOrder& order = *work.deed.ticket;
  const Time now = clock_.now();
  const std::string& audience = order.body.audience.name();
  order.body.session = session_commitment(order.session);
  if (order.body.encode().size() > max_body) {
    work.refusal = Error{Errc::limit_exceeded, "a body that fits into no ticket"};
    return;
  }
  if (!order.audience) {
    work.header =
        TicketHeader{Kind::tgt, epochs_.realm(), audience, {}, epochs_.tgt_epoch(now), {}};
    return;
  }
  auto sealing = epochs_.sealing_for(audience, *order.audience, now);
  if (!sealing) {
    work.refusal = sealing.error();
    return;
  }
  work.sealing_key = std::move(sealing->key);
  work.header = TicketHeader{Kind::service,   epochs_.realm(), audience, order.audience->kvno, {},
                             sealing->rolling};
}

void Issuer::apply(StoreChange& change, Work& work) {
  Deed& deed = work.deed;
  if (!work.refusal && deed.effects) {
    if (const auto verdict = deed.effects(change, deed.event.fields); !verdict) {
      work.refusal = verdict.error();
      if (change.wrote())
        throw std::logic_error(deed.event.event + " refused after it had written");
    }
  }
  if (work.refusal) {
    deed.event.outcome = work.refusal->code;
  } else if (deed.ticket) {
    Body& body = deed.ticket->body;
    body.audit_head = Audit::position(change).link;
    body.feed_floor = change.feed_position().sequence;
    work.body_bytes = body.encode();
    change.put_ticket({work.header->kind, body});
    add_ticket_fields(deed.event.fields, body);
  }
  work.position = Audit::append(change, deed.event, clock_.now());
}

// Of what was gathered, only what this transaction really holds: a deed whose nested transaction
// could not be closed, and those of an earlier batch whose commit failed, were undone, and their
// sequence numbers belong to others now.
void Issuer::keep_stored(const StoreView& view) {
  std::uint64_t next = UINT64_MAX;
  std::vector<std::shared_ptr<Work>> stored;
  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 does not compile what it advises
  for (auto work = batch_.rbegin(); work != batch_.rend(); ++work) {
    const Audit::Position& position = (*work)->position;
    if (position.sequence >= next) continue;
    const auto row = Audit::rows(view, position.sequence - 1, 1);
    if (row.empty() || row.front().link != position.link) continue;
    next = position.sequence;
    stored.push_back(*work);
  }
  batch_.assign(stored.rbegin(), stored.rend());
}

void Issuer::before_commit(WriteTxn& txn) {
  StoreChange change(store_, txn);
  keep_stored(change);
  batch_time_ = clock_.now();
  batch_signer_ = epochs_.signer(batch_time_);
  for (const auto& work : batch_) {
    if (!work->is_service_ticket() || work->refusal) continue;
    work->header->key = batch_signer_;
    work->leaf = batch_leaf(work->header->encode(), work->body_bytes);
  }
  Audit::checkpoint(change, epochs_, batch_time_);
}

void Issuer::after_commit() {
  if (std::exchange(batch_moves_feed_, false) && feed_moved_) feed_moved_();
  std::erase_if(batch_,
                [](const auto& work) { return !work->is_service_ticket() || work->refusal; });
  const auto batch = std::exchange(batch_, {});
  if (batch.empty()) return;
  std::vector<Digest> leaves;
  leaves.reserve(batch.size());
  for (const auto& work : batch) leaves.push_back(work->leaf);
  const BatchTree tree(std::move(leaves));
  const Signature signature = epochs_.sign_batch(batch_signer_, batch_time_, tree.root());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i]->proof = Proof{batch_time_, i, tree.path(i), signature};
  }
}

Result<Issuer::Outcome> Issuer::finish(Work& work) const {
  if (work.refusal) return *work.refusal;
  Outcome outcome{work.position.sequence, std::nullopt};
  if (!work.deed.ticket) return outcome;
  TicketOrder& order = *work.deed.ticket;
  const NewTicket ticket{*work.header, std::move(order.body)};
  const TicketTimes times{ticket.body.issued_at, ticket.body.start_by, ticket.body.run_until,
                          ticket.body.renew_until};
  Buffer sealed;
  Buffer evidence;
  if (order.audience) {
    sealed = seal_service_ticket(ticket, order.session, work.proof, {}, *work.sealing_key);
    evidence = Evidence{ticket.header.encode(), std::move(work.body_bytes), work.proof,
                        ticket.header, ticket.body}
                   .encode();
  } else {
    sealed = epochs_.seal_tgt(ticket, order.session);
  }
  outcome.ticket =
      IssuedTicket{std::move(sealed), std::move(order.session), std::move(evidence), times};
  return outcome;
}

}  // namespace waybill::kdc
