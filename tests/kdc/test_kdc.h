#pragma once

#include <string>
#include <string_view>

#include "kdc/init.h"
#include "kdc/issuer.h"
#include "tests/adapters/scratch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/outcome.h"
#include "ticket/exchange/audience.h"

namespace waybill::test {

inline constexpr std::size_t small_map = std::size_t{256} << 20;

inline kdc::Store::Options small_store(bool synced, std::size_t map_bytes = small_map) {
  kdc::Store::Options options;
  options.map_bytes = map_bytes;
  options.most_bytes = map_bytes;
  options.synced = synced;
  return options;
}

/// The lower half of a KDC in process: a real LMDB store in a throw-away folder, real epochs, the
/// one writer. What a handler would do is up to the test. Commits are not synced unless asked for:
/// nothing here pulls the plug.
class TestKdc {
 public:
  explicit TestKdc(bool synced = false, std::size_t map_bytes = small_map)
      : master(Secret<32>::random()),
        root(RootKey::random()),
        store(scratch / "store", MasterKey(master.duplicate()), small_store(synced, map_bytes)),
        made(make_epochs()),
        epochs(store),
        issuer(store, epochs, clock) {}

  Scratch scratch;
  ManualClock clock;
  Secret<32> master;
  RootKey root;
  kdc::Store store;
  bool made;
  kdc::Epochs epochs;
  kdc::Issuer issuer;

  const Realm& realm() const { return epochs.realm(); }
  Principal principal(std::string_view name) const { return *Principal::make(name, realm()); }

  /// Runs effects as a deed of their own; gives what became of them.
  Outcome change(kdc::Issuer::Effects effects) {
    return outcome(issuer.commit({{"test", std::nullopt, {}}, std::move(effects), std::nullopt}));
  }

  /// A principal with a fresh key, kvno 1.
  Keytab add_principal(std::string_view name,
                       kdc::PrincipalKind kind = kdc::PrincipalKind::service) {
    Keytab keytab(principal(name), {Kvno{1}, clock.now(), PrincipalKey::random()});
    kdc::PrincipalRecord record{principal(name), kind, {}, {}, false, clock.now(), {}};
    record.add_key(keytab.newest().key.public_key(), clock.now());
    const Outcome done = change([&](kdc::StoreChange& change, Fields&) {
      change.put_principal(record);
      return ok();
    });
    if (done != accepted) std::abort();
    return keytab;
  }

  /// Right in every field: one hour, no work.
  Body body(std::string_view subject, std::string_view audience) const {
    const Time now = clock.now();
    return {random_bytes<16>(),
            {},
            principal(subject),
            {},
            principal(audience),
            {},
            {},
            {},
            now,
            now + 1h,
            now + 1h,
            now + 24h,
            0,
            60s,
            {},
            0,
            {}};
  }
  /// An order for `body`, to the audience's newest key in the store.
  kdc::Issuer::Deed order(Body body) const {
    std::optional<kdc::LiveKey> key;
    if (body.audience.name() != krbtgt_name) {
      key = store.view().principal(body.audience.name())->newest();
    }
    return {{"ticket.issued", std::nullopt, {}},
            {},
            kdc::Issuer::TicketOrder{std::move(body), SessionKey::random(), key}};
  }

 private:
  bool make_epochs() {
    WriteTxn txn(store.env());
    kdc::StoreChange change(store, txn);
    kdc::Epochs::create(change, root, {*Realm::parse("DEMO.TEST"), clock.now(), 24h * 365});
    std::move(txn).commit();
    return true;
  }
};

}  // namespace waybill::test
