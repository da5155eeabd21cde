#include "ticket/exchange/audience.h"

#include <mutex>

#include "ticket/wire/limits.h"

namespace waybill {

Audience::Audience(const Keytab& keytab, RealmDocument realm)
    : principal_(keytab.principal()), known_(std::make_shared<Known>(std::move(realm))) {
  for (const Keytab::Entry& entry : keytab.entries()) {
    keys_.push_back({entry.kvno, entry.key.duplicate()});
  }
}

Result<OpenedTicket> Audience::open(Bytes ticket) {
  TRY(sealed, SealedTicket::parse(ticket));
  const TicketHeader& header = sealed.header();
  if (header.kind != Kind::service) return Error{Errc::wrong_kind, "a service ticket is needed"};
  if (header.realm != principal_.realm()) return Error{Errc::wrong_realm, "ticket"};
  if (header.audience != principal_.name()) return Error{Errc::wrong_audience, "header"};
  std::string name = std::to_string(number(header.kvno));
  name += text_of(header.rolling.bytes);
  std::shared_ptr<const PairwiseKey> key;
  pairwise_.with(name, [&](const std::shared_ptr<const PairwiseKey>& known) { key = known; });
  if (key) return sealed.open(*key);
  TRY(fresh, key_for(header));
  TRY(opened, sealed.open(fresh));
  // Only a key that opened something is worth a place: strangers can name keys without end.
  pairwise_.remember(std::move(name), std::make_shared<const PairwiseKey>(std::move(fresh)));
  return opened;
}

Result<VerifiedTicket> Audience::accept(Bytes ticket, Time now) {
  TRY(opened, open(ticket));
  const auto known = this->known();
  TRY(root, opened.proven_root());
  const bool remembered = known->roots.knows(root);
  TRY(verified, std::move(opened).verify(known->realm, now, remembered));
  if (!remembered) known->roots.remember(std::move(root), true);
  return verified;
}

// One key is tried, the one that the header names; never another.
Result<PairwiseKey> Audience::key_for(const TicketHeader& header) const {
  for (const Key& entry : keys_) {
    if (entry.kvno != header.kvno) continue;
    auto key = pairwise_key(entry.key, header);
    if (!key) return Error{Errc::bad_integrity, "rolling key of small order"};
    return *std::move(key);
  }
  return Error{Errc::unknown_kvno, "keytab"};
}

void Audience::update(RealmDocument realm) {
  auto next = std::make_shared<Known>(std::move(realm));
  const std::unique_lock guard(known_lock_);
  const RealmDocument& held = known_->realm;
  if (next->realm.serial < held.serial || next->realm.realm_id != held.realm_id) return;
  known_ = std::move(next);
}

std::shared_ptr<Audience::Known> Audience::known() const {
  const std::shared_lock guard(known_lock_);
  return known_;
}

std::shared_ptr<const RealmDocument> Audience::realm() const {
  auto known = this->known();
  return {known, &known->realm};
}

}  // namespace waybill
