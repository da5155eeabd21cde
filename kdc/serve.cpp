#include "kdc/serve.h"

#include "kdc/admin_socket.h"
#include "kdc/audit_index.h"
#include "kdc/doorkeeper.h"
#include "kdc/feed_beat.h"
#include "kdc/feed_publisher.h"
#include "kdc/high_water.h"
#include "kdc/housekeeping.h"
#include "kdc/master_key.h"
#include "kdc/master_place.h"
#include "kdc/parts.h"
#include "kdc/readiness.h"
#include "kdc/server.h"
#include "kdc/staging.h"
#include "kdc/store_check.h"
#include "kdc/store_migration.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/reload.h"
#include "ticket/adapters/service_manager.h"
#include "ticket/adapters/tls.h"

namespace waybill::kdc {
namespace {

// Each commit wrote a checkpoint of its end, so the newest one is the end of the chain.
void check_audit_end(const StoreView& view, const RealmDocument& realm) {
  const auto stored = Audit::newest_checkpoint(view);
  if (!stored) throw StoreUnusable("the audit chain has no checkpoint: restore a backup");
  const auto checkpoint = stored->verify(realm);
  const Audit::Position end = Audit::position(view);
  if (!checkpoint || checkpoint->sequence != end.sequence || checkpoint->link != end.link) {
    throw StoreUnusable(
        "the audit chain does not end as its newest checkpoint says: run "
        "`waybill-kdc store check` and restore a backup");
  }
}

void complete_index(Store& store) {
  const std::uint64_t added = AuditIndex::complete(store);
  if (added > 0) log_info("audit_indexed", {{"records", added}});
}

void check_high_water(const ServePlan& plan, const HighWater& mark, const StoreView& view) {
  const auto fault = mark.fault(view);
  if (!fault) return;
  if (!plan.accept_older_store) {
    throw StoreWentBack(*fault + "; if you know why, start once with --accept-older-store");
  }
  log_warning("older_store_accepted", {{"reason", *fault}});
}

HttpServer::Options http_options(const Config& config) {
  HttpServer::Options options;
  options.host = config.listen.host;
  options.port = config.listen.port;
  options.max_body_bytes = limits::max_message;
  options.max_threads = config.max_threads;
  options.tls_certificate = config.tls_certificate.string();
  options.tls_key = config.tls_key.string();
  options.on_exception = [](const std::exception& error) {
    log_error("request_failed", {{"reason", error.what()}});
  };
  return options;
}

// In clear, since nobody is between: only the KDC's own user and root get to the socket.
HttpServer::Options admin_options(const Config& config) {
  HttpServer::Options options = http_options(config);
  options.unix_path = config.admin_socket.string();
  options.tls_certificate.clear();
  options.tls_key.clear();
  options.max_threads = 8;
  return options;
}

Config settings_of(const ServePlan& plan, Config config) {
  if (plan.listen) config.listen = *plan.listen;
  return config;
}

Store open_store(const ServePlan& plan) {
  Store::Options options;
  options.takes_over = true;  // the folder's lock is ours
  return {plan.folder.store(), MasterKey(read_master_key(plan.folder)), options};
}

// Of a store that was brought up to date here, or by `store restore`.
void record_migration(Issuer& issuer, const Store& store) {
  const auto from = migrated_from(store.view());
  if (!from) return;
  const Fields formats{{"from", std::to_string(*from)}, {"to", std::to_string(Store::format)}};
  const auto done = issuer.commit({{"store.migrated", std::nullopt, formats},
                                   [](StoreChange& change, Fields&) {
                                     forget_migration(change);
                                     return ok();
                                   },
                                   std::nullopt});
  if (!done) throw std::logic_error("a record of what was done was refused");
  log_info("store_migrated", {{"from", *from}, {"to", Store::format}});
}

/// What was opened and found right.
struct OpenStore {
  Store& store;
  Epochs& epochs;
  HighWater& mark;
};

/// All that serves. The members are made in the order in which they stand and go in the reverse
/// one, so whoever is told of another stands after it.
class Serving {
 public:
  using Ready = std::function<void(const std::string& address)>;

  Serving(const ServePlan& plan, const Config& at_start, const Clock& clock, const OpenStore& open);
  void run(Shutdown& shutdown, const Ready& ready);

 private:
  void record_start();
  void listen(const Ready& ready);
  void reload() noexcept;
  void stop();

  const ServePlan& plan_;
  const Config& at_start_;
  Config config_;  ///< with what the command line says instead
  const Store& store_;
  FeedPublisher feed_;
  FeedBeat beat_;
  Issuer issuer_;
  ReplayCache replays_;
  Doorkeeper door_;
  Staging staging_;
  KdcParts parts_;
  Server server_;
  HttpServer http_;
  std::optional<HttpServer> admin_;
  Housekeeping housekeeping_;
  const StatusPages pages_;
  std::optional<StatusServer> status_;
  const ServiceManager manager_;
};

Serving::Serving(const ServePlan& plan, const Config& at_start, const Clock& clock,
                 const OpenStore& open)
    : plan_(plan),
      at_start_(at_start),
      config_(settings_of(plan, at_start)),
      store_(open.store),
      feed_(plan.folder.feed(), open.store, open.epochs, clock, config_.feed_interval),
      beat_(feed_),
      issuer_(open.store, open.epochs, clock, [this] { beat_.wake(); }),
      parts_{config_,
             clock,
             *Principal::make(krbtgt_name, open.epochs.realm()),
             random_bytes<16>(),
             open.store,
             open.epochs,
             issuer_,
             replays_,
             door_,
             feed_,
             staging_},
      server_(parts_),
      http_(http_options(config_),
            [this](const HttpRequest& request) { return server_.answer(request); }),
      housekeeping_(parts_, open.mark, plan.folder.root_key()),
      pages_(clock, {[this] { return lacks(parts_); }, [this] { return figures(parts_, http_); }}) {
}

void Serving::run(Shutdown& shutdown, const Ready& ready) {
  record_start();
  describe_metrics();
  listen(ready);
  while (!shutdown.wait_for(Housekeeping::interval)) {
    housekeeping_.tick();
    manager_.alive();
    if (!shutdown.take_hangup()) continue;
    manager_.reloading();
    reload();
    manager_.ready();
  }
  stop();
}

void Serving::record_start() {
  record_migration(issuer_, store_);
  issuer_.record({"kdc.started",
                  std::nullopt,
                  {{"older_store_accepted", plan_.accept_older_store ? "yes" : "no"}}});
}

void Serving::listen(const Ready& ready) {
  if (config_.status_listen) status_.emplace(*config_.status_listen, pages_);
  if (!config_.admin_socket.empty()) {
    admin_.emplace(admin_options(config_),
                   [this](const HttpRequest& request) { return server_.answer(request); });
    admin_->start();
    log_info("admin_listening", {{"address", "unix:" + config_.admin_socket.string()}});
  }
  config_.listen.port = http_.start();
  ready(config_.listen.text());
  manager_.ready();
}

void Serving::reload() noexcept {
  Reload reload;
  std::vector<std::string> needs_restart;
  reload.part("settings", [&] {
    Config now = Config::load(plan_.folder.config());
    set_log_level(now.log_level);
    now.log_level = at_start_.log_level;
    needs_restart = at_start_.differing(now);
  });
  if (at_start_.has_tls()) reload.part("certificate", [&] { http_.renew_certificate(); });
  reload.finish(needs_restart);
}

void Serving::stop() {
  manager_.stopping();
  log_info("stopping");
  if (admin_) admin_->stop();
  http_.stop();
  housekeeping_.finish();
}

void check_sockets(const Config& config) {
  if (!config.admin_socket.empty()) check_admin_socket(config.admin_socket);
}

}  // namespace

void check_settings(const ServePlan& plan) {
  require_realm(plan.folder);
  const Config config = Config::load(plan.folder.config());
  make_private_folder(plan.folder.path);  // as in serve()
  check_sockets(config);
  check_master_key(plan.folder);
  if (config.has_tls()) {
    static_cast<void>(TlsIdentity::load(config.tls_certificate, config.tls_key));
  }
}

void serve(const ServePlan& plan, const Clock& clock, Shutdown& shutdown,
           const std::function<void(const std::string& address)>& ready) {
  require_realm(plan.folder);
  const Config config = Config::load(plan.folder.config());
  set_log_form(config.log_format, config.log_level);
  make_private_folder(plan.folder.path);  // it is there: only its owner and mode are checked
  const FolderLock lock = lock_folder(plan.folder.path);
  check_sockets(config);
  finish_master_rotation(plan.folder);
  Store store = open_store(plan);
  Epochs epochs(store);
  check_audit_end(store.view(), epochs.document());
  HighWater mark(plan.folder.high_water(), store);
  check_high_water(plan, mark, store.view());
  migrate(store);  // what is refused above stays as it was
  complete_index(store);
  Serving(plan, config, clock, {store, epochs, mark}).run(shutdown, ready);
}

}  // namespace waybill::kdc
