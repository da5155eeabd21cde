#include "kdc/init.h"

#include <algorithm>
#include <vector>

#include "kdc/high_water.h"
#include "kdc/issuer.h"
#include "kdc/master_place.h"
#include "kdc/realm_request.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/realm_file.h"
#include "ticket/adapters/tls.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

/// Removes what was made so far, unless all of it was.
class TakeBack {
 public:
  TakeBack() = default;
  TakeBack(const TakeBack&) = delete;
  TakeBack& operator=(const TakeBack&) = delete;
  ~TakeBack() {
    std::error_code ignored;
    for (const fs::path& path : made_) fs::remove_all(path, ignored);
  }
  void made(const fs::path& path) { made_.push_back(path); }
  void keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

void refuse_existing(const Folder& folder) {
  for (const fs::path& path : {folder.config(), folder.realm_file(), folder.root_key(),
                               folder.master_key(), folder.master_token(), folder.operator_keytab(),
                               folder.store(), folder.high_water(), folder.feed()}) {
    if (!fs::exists(fs::symlink_status(path))) continue;
    throw FileError("there is a realm in " + folder.path.string() + " already (" +
                        path.filename().string() + "): take another folder",
                    path, EEXIST);
  }
}

void make_file(TakeBack& undo, const fs::path& path, Bytes content, mode_t mode) {
  create_file(path, content, mode);
  undo.made(path);
}

Keytab operator_keytab(const Realm& realm, Time now) {
  const auto principal = Principal::make("operator", realm);
  return Keytab(*principal, {Kvno{1}, now, PrincipalKey::random()});
}

// Of kind service, since its key is in a file: failed logins of strangers cannot lock it out
// (kdc/doorkeeper.h). People get principals of their own, with the role.
PrincipalRecord operator_record(const Keytab& keytab, Time now) {
  PrincipalRecord record{keytab.principal(), PrincipalKind::service, {}, {}, false, now, now};
  record.roles.emplace_back(operator_role);
  record.add_key(keytab.newest().key.public_key(), now);
  return record;
}

// The only write that no issuer does: there is no signing key before it.
void write_epochs(Store& store, const RootKey& root, const InitPlan& plan, Time now) {
  WriteTxn txn(store.env());
  StoreChange change(store, txn);
  Epochs::create(change, root, {plan.realm, now, plan.epoch_life});
  std::move(txn).commit();
}

void fill_store(const InitPlan& plan, const RootKey& root, MasterKey master, const Keytab& keytab,
                const Clock& clock) {
  Store store(plan.folder.store(), std::move(master));
  write_epochs(store, root, plan, clock.now());
  Epochs epochs(store);
  Issuer issuer(store, epochs, clock);
  AuditEvent event{"realm.created",
                   std::nullopt,
                   {{"realm", plan.realm.text()}, {"principal", keytab.principal().text()}}};
  const auto done = issuer.commit({std::move(event),
                                   [&](StoreChange& change, Fields&) {
                                     change.put_principal(operator_record(keytab, clock.now()));
                                     return ok();
                                   },
                                   std::nullopt});
  if (!done) throw std::logic_error("the first deed was refused");
  HighWater(plan.folder.high_water(), store).raise(store.view());
}

// Without a signature there is no document, and so no issuer. Gives what is to be signed.
Buffer fill_store_unsigned(const InitPlan& plan, MasterKey master, const Keytab& keytab, Time now) {
  Store store(plan.folder.store(), std::move(master));
  WriteTxn txn(store.env());
  StoreChange change(store, txn);
  Buffer request =
      encode_request(Epochs::draft(change, *plan.root, {plan.realm, now, plan.epoch_life}));
  change.put_meta(meta::realm_request, request);
  change.put_principal(operator_record(keytab, now));
  std::move(txn).commit();
  HighWater(plan.folder.high_water(), store).raise(store.view());
  return request;
}

// Gives the public half of the root key.
RootPublic make_store(TakeBack& undo, const InitPlan& plan, const Keytab& keytab,
                      const Clock& clock) {
  const Folder& folder = plan.folder;
  Secret<32> master = Secret<32>::random();
  const MasterHome home{plan.token};
  make_file(undo, home.file(folder), home.content(master).expose(), home.mode());
  undo.made(folder.store());
  undo.made(folder.high_water());
  if (plan.root) {
    const Buffer request =
        fill_store_unsigned(plan, MasterKey(std::move(master)), keytab, clock.now());
    make_file(undo, folder.realm_request(), request, 0644);
    return *plan.root;
  }
  const Secret<32> root_seed = Secret<32>::random();
  const RootKey root = RootKey::from_seed(root_seed);
  make_file(undo, folder.root_key(), root_seed.expose(), 0400);
  fill_store(plan, root, MasterKey(std::move(master)), keytab, clock);
  return root.public_key();
}

Config config_of(const InitPlan& plan) {
  Config config;
  config.listen = plan.listen;
  config.epoch_days =
      static_cast<std::size_t>(std::max<std::int64_t>(1, plan.epoch_life / std::chrono::hours(24)));
  if (!plan.tls_certificate.empty()) {
    config.tls_certificate = fs::absolute(plan.tls_certificate);
    config.tls_key = fs::absolute(plan.tls_key);
  }
  return config;
}

}  // namespace

std::string InitPlan::public_url() const {
  if (!url.empty()) return url;
  if (listen.host == "0.0.0.0" || listen.host == "::") {
    throw ConfigError(
        "the KDC will listen on all addresses: say with --url where clients reach "
        "it, for example --url http://kdc.example.org:" +
        std::to_string(listen.port));
  }
  return (tls_certificate.empty() ? "http://" : "https://") + listen.text();
}

void InitPlan::check_tls() const {
  if (tls_certificate.empty() != tls_key.empty()) {
    throw ConfigError("--tls-certificate and --tls-key go together: name the other file too");
  }
  if (!tls_ca.empty() && tls_certificate.empty()) {
    throw ConfigError("--tls-ca is for a KDC with --tls-certificate and --tls-key");
  }
  if (!tls_certificate.empty()) TlsIdentity::load(tls_certificate, tls_key);
}

void init_realm(const InitPlan& plan, const Clock& clock) {
  const Folder& folder = plan.folder;
  const std::string url = plan.public_url();
  plan.check_tls();
  make_private_folder(folder.path);
  const FolderLock lock = lock_folder(folder.path);
  refuse_existing(folder);

  TakeBack undo;
  const Keytab keytab = operator_keytab(plan.realm, clock.now());
  const RootPublic root = make_store(undo, plan, keytab, clock);
  make_file(undo, folder.operator_keytab(), keytab.encode(), 0600);
  make_file(undo, folder.config(), bytes_of(config_of(plan).print()), 0600);
  RealmFile realm_file{plan.realm, {url}, root};
  if (!plan.tls_ca.empty()) {
    make_file(undo, folder.tls_ca(), read_file(plan.tls_ca, 1 << 20), 0644);
    realm_file.tls_ca = folder.tls_ca().filename();
  }
  make_file(undo, folder.realm_file(), bytes_of(realm_file.print()), 0644);
  undo.keep();
}

Secret<32> read_key_file(const fs::path& path) {
  const SecretBytes bytes = read_secret_file(path, 64);
  if (bytes.size() != 32)
    throw FileError(path.string() + " is no key: it must hold 32 bytes", path);
  return Secret<32>::copy(std::span<const std::uint8_t, 32>(bytes.expose()));
}

}  // namespace waybill::kdc
