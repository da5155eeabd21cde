#include "kdc/epochs.h"

#include <algorithm>

#include "kdc/init.h"
#include "ticket/exchange/messages.h"
#include "ticket/limits.h"

namespace waybill::kdc {
namespace {

Buffer meta_or_throw(const StoreView& view, std::string_view name) {
  auto value = view.meta(name);
  if (!value) {
    throw StoreUnusable("the store holds no realm: make one with `waybill-kdc init`");
  }
  return *std::move(value);
}

RealmDocument read_document(const StoreView& view) {
  const Buffer name = meta_or_throw(view, meta::realm);
  const Buffer root = meta_or_throw(view, meta::root_public);
  const Buffer signed_document = meta_or_throw(view, meta::realm_document);
  const auto realm = Realm::parse(text_of(name));
  if (!realm || root.size() != 32) throw RecordDamaged("meta", bytes_of(meta::realm));
  auto document = RealmDocument::parse(signed_document, *realm, RootPublic{fixed<32>(root)});
  if (!document) throw RecordDamaged("meta", bytes_of(meta::realm_document));
  return *std::move(document);
}

Secret<32> secret_or_throw(const StoreView& view, const std::string& name) {
  const auto secret = view.secret(name);
  if (!secret || secret->size() != 32) throw RecordDamaged("secrets", bytes_of(name));
  return Secret<32>::copy(std::span<const std::uint8_t, 32>(*secret));
}

// The newest of the entries that are open now.
template <class Entry>
const Entry* newest_open(const std::vector<Entry>& entries, Time now) {
  const Entry* best = nullptr;
  for (const Entry& entry : entries) {
    const bool open = entry.from <= now && now < entry.until;
    if (open && (best == nullptr || number(best->id) < number(entry.id))) best = &entry;
  }
  return best;
}

}  // namespace

std::string Epochs::secret_name(std::string_view kind, KeyId id) {
  return std::string(kind) + "/" + std::to_string(number(id));
}

Epochs::Epochs(const Store& store) : Epochs(store.view()) {}

Epochs::Epochs(const StoreView& view)
    : signed_document_(meta_or_throw(view, meta::realm_document)), document_(read_document(view)) {
  load_keys(view);
}

Epochs::~Epochs() = default;

void Epochs::load_keys(const StoreView& view) {
  for (const RealmDocument::Epoch& about : document_.epochs) {
    EpochKey key(secret_or_throw(view, secret_name("epoch", about.id)));
    if (key.public_key() != about.key) {
      throw StoreUnusable("an epoch key is not the one in the realm document: restore a backup");
    }
    TgtKey tgt(secret_or_throw(view, secret_name("tgt", about.id)));
    epochs_.push_back({about, std::move(key), std::move(tgt)});
  }
  for (const RealmDocument::Signer& about : document_.signers) {
    auto key = KdcSigningKey::from_seed(secret_or_throw(view, secret_name("signer", about.id)));
    if (key.public_key() != about.key) {
      throw StoreUnusable("a signing key is not the one in the realm document: restore a backup");
    }
    signing_.emplace(about.id, std::move(key));
  }
}

const Epochs::Epoch* Epochs::find(KeyId id) const {
  const auto found = std::ranges::find(epochs_, id, [](const Epoch& e) { return e.about.id; });
  return found == epochs_.end() ? nullptr : &*found;
}

// A client's clock may be off by the skew on either side.
const Epochs::Epoch* Epochs::open_epoch(KeyId id, Time now) const {
  const Epoch* epoch = find(id);
  if (epoch == nullptr) return nullptr;
  const bool open = epoch->about.from <= now + limits::clock_skew &&
                    now < epoch->about.until + limits::clock_skew;
  return open ? epoch : nullptr;
}

const KdcSigningKey& Epochs::signing_key(KeyId id) const { return signing_.at(id); }

Result<noise::Responder> Epochs::responder(KeyId id, Time now) const {
  const Epoch* epoch = open_epoch(id, now);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "login"};
  return noise::Responder(epoch->key.secret().duplicate(), login_prologue(realm(), id));
}

Result<Digest> Epochs::expected_possession(KeyId id, const PrincipalPublic& key,
                                           const KeyClaim& claim, Time now) const {
  const Epoch* epoch = open_epoch(id, now);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "possession"};
  const auto expected = waybill::expected_possession(epoch->key, key, claim);
  if (!expected) return Error{Errc::possession_unproven, "a key of small order"};
  return *expected;
}

KeyId Epochs::tgt_epoch(Time now) const {
  const RealmDocument::Epoch* epoch = document_.epoch_at(now);
  if (epoch == nullptr) throw StoreUnusable("no epoch is open now: the realm's epochs have ended");
  return epoch->id;
}

Buffer Epochs::seal_tgt(const NewTicket& ticket, const SessionKey& session) const {
  const Epoch* epoch = find(ticket.header.key);
  if (epoch == nullptr) throw std::logic_error("a TGT for an epoch that is not ours");
  return waybill::seal_tgt(ticket, session, epoch->tgt);
}

Result<OpenedTicket> Epochs::open_tgt(const SealedTicket& ticket) const {
  const TicketHeader& header = ticket.header();
  if (header.kind != Kind::tgt) return Error{Errc::wrong_kind, "a TGT is needed"};
  if (header.realm != realm()) return Error{Errc::wrong_realm, "TGT"};
  const Epoch* epoch = find(header.key);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "TGT"};
  return ticket.open(epoch->tgt);
}

std::optional<Epochs::Sealing> Epochs::remembered(const std::string& audience, const LiveKey& key,
                                                  Time now) {
  const auto found = sealings_.find(audience);
  if (found == sealings_.end()) return std::nullopt;
  Remembered& entry = found->second;
  // A clock that was set back must not make a key live longer.
  const bool usable = entry.kvno == key.kvno && entry.audience == key.key && entry.born <= now &&
                      now < entry.born + limits::rolling_key_life &&
                      entry.uses < limits::rolling_key_uses;
  if (!usable) return std::nullopt;
  ++entry.uses;
  return entry.sealing;
}

Result<Epochs::Sealing> Epochs::sealing_for(const std::string& audience, const LiveKey& key,
                                            Time now) {
  {
    const std::scoped_lock guard(lock_);
    if (auto known = remembered(audience, key, now)) return *std::move(known);
  }
  // Made outside the lock, since two X25519 would hold up every other audience. The signing key in
  // the header is no part of the derivation.
  const RollingKey rolling = RollingKey::random();
  const TicketHeader header{Kind::service, realm(), audience, key.kvno, {}, rolling.public_key()};
  auto pairwise = pairwise_key(rolling, key.key, header);
  if (!pairwise) return Error{Errc::service_unknown, "the audience's key is of small order"};
  const std::scoped_lock guard(lock_);
  if (auto known = remembered(audience, key, now)) return *std::move(known);  // another was faster
  Sealing sealing{header.rolling, std::make_shared<const PairwiseKey>(*std::move(pairwise))};
  sealings_.insert_or_assign(audience, Remembered{key.kvno, key.key, sealing, now, 1});
  return sealing;
}

void Epochs::erase_expired(Time now) {
  const std::scoped_lock guard(lock_);
  std::erase_if(sealings_, [&](const auto& entry) {
    const Time born = entry.second.born;
    return now < born || now >= born + limits::rolling_key_life;
  });
}

KeyId Epochs::signer(Time now) const {
  const RealmDocument::Signer* signer = newest_open(document_.signers, now);
  if (signer == nullptr) {
    throw StoreUnusable(
        "no signing key is open now: the realm's epochs have ended, or the clock "
        "is wrong");
  }
  return signer->id;
}

Signature Epochs::sign_batch(KeyId signer, Time batch_time, const Digest& root) const {
  ++batch_signatures_;
  return sign(signing_key(signer), batch_statement(realm(), batch_time, root));
}

Buffer Epochs::sign_feed_head(const FeedHead& head) const {
  const KeyId id = signer(head.time);
  return head.sign(id, signing_key(id));
}

SignedCheckpoint Epochs::sign_checkpoint(const AuditCheckpoint& checkpoint) const {
  const KeyId id = signer(checkpoint.time);
  SignedCheckpoint out{id, checkpoint.statement(), {}};
  out.signature = sign(signing_key(id), out.statement);
  return out;
}

}  // namespace waybill::kdc
