// Which document comes next, and what of the store goes with the one before.
#include "kdc/rotation.h"

#include <algorithm>
#include <array>

#include "kdc/init.h"
#include "kdc/store_keys.h"
#include "ticket/realm_keys.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// After its end a login may still come from a clock that is behind.
constexpr Seconds login_grace = 2 * limits::clock_skew;

KeyId highest_id(const RealmDocument& document) {
  KeyId highest{};
  for (const auto& epoch : document.epochs) highest = std::max(highest, epoch.id);
  for (const auto& signer : document.signers) highest = std::max(highest, signer.id);
  return highest;
}

KeyId after(KeyId id) { return KeyId{static_cast<std::uint32_t>(number(id) + 1)}; }

const RealmDocument::Epoch* newest(const RealmDocument& document) {
  const RealmDocument::Epoch* best = nullptr;
  for (const auto& epoch : document.epochs) {
    if (is_withdrawn(epoch)) continue;
    if (best == nullptr || number(best->id) < number(epoch.id)) best = &epoch;
  }
  return best;
}

// Every TGT that an epoch sealed was issued before the epoch ended.
bool has_tgt_from_before(const StoreView& view, Time end, Time now) {
  bool found = false;
  visit_from(view.txn(), view.store().tables().by_end.table, Key().time(now),
             [&](const Cursor::Entry& entry) {
               const auto ticket = view.ticket(fixed<16>(entry.key.subspan(8)));
               found = ticket && ticket->kind == Kind::tgt && ticket->body.issued_at < end;
               return !found;
             });
  return found;
}

bool needs_login_key(const RealmDocument::Epoch& epoch, Time now) {
  return !is_withdrawn(epoch) && now < epoch.until + login_grace;
}

bool needs_tgt_key(const StoreView& view, const RealmDocument::Epoch& epoch, Time now) {
  if (is_withdrawn(epoch)) return false;
  return needs_login_key(epoch, now) || has_tgt_from_before(view, epoch.until, now);
}

// No ticket runs for longer than that after it was signed. The feed's segments carry the signatures
// of their time until compaction has gone over them.
bool needs_signer(const StoreView& view, const RealmDocument::Signer& signer, Time now) {
  if (is_withdrawn(signer)) return false;
  if (now < signer.until + limits::max_ticket_life) return true;
  const auto oldest = view.feed_after(view.feed_base().position.sequence, 1);
  return !oldest.empty() && oldest.front().time() < signer.until;
}

RealmDocument without_the_past(const StoreView& view, RealmDocument document, Time now) {
  std::erase_if(document.epochs,
                [&](const auto& epoch) { return !needs_tgt_key(view, epoch, now); });
  std::erase_if(document.signers,
                [&](const auto& signer) { return !needs_signer(view, signer, now); });
  return document;
}

// What is ahead never opens; what is open ends an overlap after the start.
template <class Entry>
void end_all(std::vector<Entry>& entries, Time now, Time end) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.from > now; });
  for (Entry& entry : entries) entry.until = std::min(entry.until, end);
}

// As wished, but with no gap behind what is open now.
Time early_start(const RealmDocument& document, Time now, Seconds starts_in) {
  Time last{};
  for (const auto& epoch : document.epochs) {
    if (epoch.from <= now) last = std::max(last, epoch.until);
  }
  return std::max(now, std::min(now + starts_in, last));
}

bool is_kept(const StoreView& view, std::string_view kind, KeyId id) {
  const auto secret = view.secret(secret_name(kind, id));
  return secret && !secret->empty();
}

bool is_listed(const RealmDocument& document, std::string_view name) {
  const auto has = [&](std::string_view kind, const auto& entries) {
    return std::ranges::any_of(
        entries, [&](const auto& entry) { return name == secret_name(kind, entry.id); });
  };
  return has("epoch", document.epochs) || has("tgt", document.epochs) ||
         has("signer", document.signers);
}

void erase_unlisted_secrets(StoreChange& change, const RealmDocument& document) {
  std::vector<std::string> gone;
  visit_from(change.txn(), change.store().tables().secrets.table, {},
             [&](const Cursor::Entry& entry) {
               const std::string name(text_of(entry.key));
               if (!is_listed(document, name)) gone.push_back(name);
               return true;
             });
  for (const std::string& name : gone) change.erase_secret(name);
}

// Nobody could check them any more. The newer ones cover the whole chain.
void erase_unlisted_checkpoints(StoreChange& change, const RealmDocument& document) {
  std::vector<std::uint64_t> gone;
  for (const SignedCheckpoint& checkpoint : Audit::checkpoints(change)) {
    const bool listed = std::ranges::any_of(
        document.signers,
        [&](const RealmDocument::Signer& signer) { return signer.id == checkpoint.signer; });
    const auto parsed = AuditCheckpoint::parse(checkpoint.statement);
    if (!listed && parsed) gone.push_back(parsed->sequence);
  }
  for (const std::uint64_t sequence : gone) {
    change.erase(change.store().tables().checkpoints, Key().number(sequence));
  }
}

// A key whose secret was destroyed is listed for what it did.
Checked holds_keys(const StoreView& view, const RealmDocument& document) {
  for (const auto& epoch : document.epochs) {
    const auto secret = view.secret(secret_name("epoch", epoch.id));
    const auto tgt = view.secret(secret_name("tgt", epoch.id));
    if (!secret || !tgt) return Error{Errc::unknown_epoch, "keys that are not in this store"};
    if (secret->empty()) continue;
    const EpochKey key(Secret<32>::copy(std::span<const std::uint8_t, 32>(*secret)));
    if (key.public_key() != epoch.key) {
      return Error{Errc::unknown_epoch, "keys that are not in this store: make a new request"};
    }
  }
  for (const auto& signer : document.signers) {
    const auto seed = view.secret(secret_name("signer", signer.id));
    if (!seed) return Error{Errc::unknown_signer, "keys that are not in this store"};
    if (seed->empty()) continue;
    const auto key =
        KdcSigningKey::from_seed(Secret<32>::copy(std::span<const std::uint8_t, 32>(*seed)));
    if (key.public_key() != signer.key) {
      return Error{Errc::unknown_signer, "keys that are not in this store: make a new request"};
    }
  }
  return ok();
}

bool has_open_signer(const RealmDocument& document, Time now) {
  return std::ranges::any_of(document.signers, [&](const RealmDocument::Signer& signer) {
    return document.signer(signer.id, now) != nullptr;
  });
}

}  // namespace

std::string secret_name(std::string_view kind, KeyId id) {
  return std::string(kind) + "/" + std::to_string(number(id));
}

const RealmDocument::Epoch* epoch_ahead(const RealmDocument& document, Time now) {
  const auto* last = newest(document);
  return last != nullptr && last->from > now ? last : nullptr;
}

Result<RealmDocument> next_document(StoreChange& change, const RealmDocument& before,
                                    const RotationWish& wish) {
  const Seconds overlap = Epochs::overlap(wish.life);
  RealmDocument document = without_the_past(change, before, wish.now);
  const auto* last = newest(before);
  Time from = last == nullptr ? wish.now : std::max(wish.now, last->until - overlap);
  if (wish.starts_in) {
    from = early_start(document, wish.now, *wish.starts_in);
    end_all(document.epochs, wish.now, from + overlap);
    end_all(document.signers, wish.now, from + overlap);
  }
  if (document.epochs.size() + 2 > waybill::detail::max_keys ||
      document.signers.size() + 2 > waybill::detail::max_keys) {
    return Error{Errc::limit_exceeded, "a realm document lists at most 64 keys of a kind"};
  }
  document.serial = before.serial + 1;
  document.issued_at = wish.now;
  const KeyId id = after(highest_id(before));
  const Time until = from + overlap + wish.life;
  Epochs::add(change, document, id, from, until);
  if (wish.starts_in || from <= wish.now) {  // else nothing would be ahead
    Epochs::add(change, document, after(id), until - overlap, until + wish.life);
  }
  return document;
}

Result<RealmDocument> check_document(const StoreView& view, Bytes wire, Time now) {
  const RealmDocument before = Epochs::stored_document(view);
  const auto root = view.meta(meta::root_public);
  TRY(document, RealmDocument::parse(wire, before.realm, RootPublic{fixed<32>(*root)}));
  if (document.realm_id != before.realm_id) return Error{Errc::realm_invalid, "another realm"};
  if (document.serial <= before.serial) {
    return Error{Errc::realm_invalid, "it is not newer than the one in force"};
  }
  CHECK_OK(holds_keys(view, document));
  if (document.epoch_at(now) == nullptr || !has_open_signer(document, now)) {
    return Error{Errc::realm_invalid, "none of its keys is open now"};
  }
  return document;
}

void put_document(StoreChange& change, const RealmDocument& document, Bytes wire) {
  change.put_meta(meta::realm_document, wire);
  erase_unlisted_secrets(change, document);
  erase_unlisted_checkpoints(change, document);
}

std::vector<std::string> needless_secrets(const StoreView& view, const RealmDocument& document,
                                          Time now) {
  std::vector<std::string> names;
  const auto note = [&](std::string_view kind, KeyId id) {
    names.push_back(secret_name(kind, id));
  };
  for (const auto& epoch : document.epochs) {
    if (needs_login_key(epoch, now)) continue;
    if (is_kept(view, "epoch", epoch.id)) note("epoch", epoch.id);
    if (is_kept(view, "tgt", epoch.id) && !needs_tgt_key(view, epoch, now)) note("tgt", epoch.id);
  }
  for (const auto& signer : document.signers) {
    if (is_kept(view, "signer", signer.id) && !needs_signer(view, signer, now)) {
      note("signer", signer.id);
    }
  }
  return names;
}

void destroy_secret(StoreChange& change, std::string_view name) { change.put_secret(name, {}); }

}  // namespace waybill::kdc
