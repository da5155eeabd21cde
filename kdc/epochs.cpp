#include "kdc/epochs.h"

#include <algorithm>

#include "kdc/init.h"
#include "kdc/rotation.h"
#include "ticket/exchange/messages.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

Buffer meta_or_throw(const StoreView& view, std::string_view name) {
  auto value = view.meta(name);
  if (!value && view.meta(meta::realm_request)) {
    throw StoreUnusable(
        "the realm waits for its first signature: take realm.request to the root key (`waybill-kdc "
        "realm sign`), and what comes back to `waybill-kdc realm install`");
  }
  if (!value) {
    throw StoreUnusable("the store holds no realm: make one with `waybill-kdc init`");
  }
  return *std::move(value);
}

Realm read_realm(const StoreView& view) {
  const auto realm = Realm::parse(text_of(meta_or_throw(view, meta::realm)));
  if (!realm) throw RecordDamaged("meta", bytes_of(meta::realm));
  return *realm;
}

RealmDocument read_document(const StoreView& view, Bytes wire, const Realm& realm) {
  const Buffer root = meta_or_throw(view, meta::root_public);
  if (root.size() != 32) throw RecordDamaged("meta", bytes_of(meta::root_public));
  auto document = RealmDocument::parse(wire, realm, RootPublic{fixed<32>(root)});
  if (!document) throw RecordDamaged("meta", bytes_of(meta::realm_document));
  return *std::move(document);
}

// Nothing when it was destroyed: then its record is there and empty, so that a record that is gone
// is not taken for it.
std::optional<Secret<32>> read_secret(const StoreView& view, std::string_view kind, KeyId id) {
  const std::string name = secret_name(kind, id);
  const auto secret = view.secret(name);
  if (secret && secret->empty()) return std::nullopt;
  if (!secret || secret->size() != 32) throw RecordDamaged("secrets", bytes_of(name));
  return Secret<32>::copy(std::span<const std::uint8_t, 32>(*secret));
}

}  // namespace

Epochs::Epochs(const Store& store) : Epochs(store.view()) {}

Epochs::Epochs(const StoreView& view) : realm_(read_realm(view)) { reload(view); }

Epochs::~Epochs() = default;

RealmDocument Epochs::stored_document(const StoreView& view) {
  return read_document(view, meta_or_throw(view, meta::realm_document), read_realm(view));
}

void Epochs::reload(const StoreView& view) {
  Buffer wire = meta_or_throw(view, meta::realm_document);
  RealmDocument document = read_document(view, wire, realm_);
  auto published =
      std::make_unique<const Published>(Published{std::move(wire), std::move(document)});
  auto keys = std::make_shared<Keys>();
  keys->published = published.get();
  for (const RealmDocument::Epoch& about : keys->published->document.epochs) {
    Epoch epoch{about, {}, {}};
    if (auto secret = read_secret(view, "epoch", about.id)) epoch.key.emplace(*std::move(secret));
    if (epoch.key && epoch.key->public_key() != about.key) {
      throw StoreUnusable("an epoch key is not the one in the realm document: restore a backup");
    }
    if (auto secret = read_secret(view, "tgt", about.id)) epoch.tgt.emplace(*std::move(secret));
    keys->epochs.push_back(std::move(epoch));
  }
  for (const RealmDocument::Signer& about : keys->published->document.signers) {
    const auto seed = read_secret(view, "signer", about.id);
    if (!seed) continue;
    auto key = KdcSigningKey::from_seed(*seed);
    if (key.public_key() != about.key) {
      throw StoreUnusable("a signing key is not the one in the realm document: restore a backup");
    }
    keys->signing.emplace(about.id, std::move(key));
  }
  const std::scoped_lock guard(keys_lock_);
  published_.push_back(std::move(published));
  keys_ = std::move(keys);
}

bool Epochs::refresh(const StoreView& view) {
  if (meta_or_throw(view, meta::realm_document) == signed_document()) return false;
  reload(view);
  return true;
}

std::shared_ptr<const Epochs::Keys> Epochs::keys() const {
  const std::scoped_lock guard(keys_lock_);
  return keys_;
}

const RealmDocument& Epochs::document() const { return keys()->published->document; }
const Buffer& Epochs::signed_document() const { return keys()->published->wire; }

const Epochs::Epoch* Epochs::Keys::find(KeyId id) const {
  const auto found = std::ranges::find(epochs, id, [](const Epoch& e) { return e.about.id; });
  return found == epochs.end() ? nullptr : &*found;
}

// A client's clock may be off by the skew on either side.
const Epochs::Epoch* Epochs::Keys::open_epoch(KeyId id, Time now) const {
  const Epoch* epoch = find(id);
  if (epoch == nullptr || !epoch->key) return nullptr;
  const bool open = epoch->about.from <= now + limits::clock_skew &&
                    now < epoch->about.until + limits::clock_skew;
  return open ? epoch : nullptr;
}

Result<noise::Responder> Epochs::responder(KeyId id, Time now) const {
  const auto keys = this->keys();
  const Epoch* epoch = keys->open_epoch(id, now);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "login"};
  return noise::Responder(epoch->key->secret().duplicate(), login_prologue(realm(), id));
}

Result<Digest> Epochs::expected_possession(KeyId id, const PrincipalPublic& key,
                                           const KeyClaim& claim, Time now) const {
  const auto keys = this->keys();
  const Epoch* epoch = keys->open_epoch(id, now);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "possession"};
  const auto expected = waybill::expected_possession(*epoch->key, key, claim);
  if (!expected) return Error{Errc::possession_unproven, "a key of small order"};
  return *expected;
}

KeyId Epochs::tgt_epoch(Time now) const {
  const RealmDocument::Epoch* epoch = document().epoch_at(now);
  if (epoch == nullptr) throw StoreUnusable("no epoch is open now: the realm's epochs have ended");
  return epoch->id;
}

Buffer Epochs::seal_tgt(const NewTicket& ticket, const SessionKey& session) const {
  const auto keys = this->keys();
  const Epoch* epoch = keys->find(ticket.header.key);
  if (epoch == nullptr || !epoch->tgt) {
    throw StoreUnusable("the epoch of a TGT was retired while it was made: ask again");
  }
  return waybill::seal_tgt(ticket, session, *epoch->tgt);
}

Result<OpenedTicket> Epochs::open_tgt(const SealedTicket& ticket) const {
  const TicketHeader& header = ticket.header();
  if (header.kind != Kind::tgt) return Error{Errc::wrong_kind, "a TGT is needed"};
  if (header.realm != realm()) return Error{Errc::wrong_realm, "TGT"};
  const auto keys = this->keys();
  const Epoch* epoch = keys->find(header.key);
  if (epoch == nullptr || !epoch->tgt) return Error{Errc::unknown_epoch, "TGT"};
  return ticket.open(*epoch->tgt);
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

std::optional<KeyId> Epochs::find_signer(Time now) const {
  const auto keys = this->keys();
  const RealmDocument::Signer* best = nullptr;
  for (const RealmDocument::Signer& signer : keys->published->document.signers) {
    const bool open = signer.from <= now && now < signer.until && keys->signing.contains(signer.id);
    if (open && (best == nullptr || number(best->id) < number(signer.id))) best = &signer;
  }
  return best == nullptr ? std::nullopt : std::optional(best->id);
}

bool Epochs::can_sign(Time now) const { return find_signer(now).has_value(); }

KeyId Epochs::signer(Time now) const {
  const auto signer = find_signer(now);
  if (signer) return *signer;
  throw StoreUnusable(
      "no signing key is open now: the realm's epochs have ended (`waybill-kdc epoch rotate`), or "
      "the clock is wrong");
}

Signature Epochs::sign_batch(KeyId signer, Time batch_time, const Digest& root) const {
  ++batch_signatures_;
  return sign(keys()->signing.at(signer), batch_statement(realm(), batch_time, root));
}

Buffer Epochs::sign_feed_head(const FeedHead& head) const {
  const KeyId id = signer(head.time);
  return head.sign(id, keys()->signing.at(id));
}

SignedCheckpoint Epochs::sign_checkpoint(const AuditCheckpoint& checkpoint) const {
  const KeyId id = signer(checkpoint.time);
  SignedCheckpoint out{id, checkpoint.statement(), {}};
  out.signature = sign(keys()->signing.at(id), out.statement);
  return out;
}

}  // namespace waybill::kdc
