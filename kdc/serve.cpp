#include "kdc/serve.h"

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

void reload(const ServePlan& plan, const Config& at_start, HttpServer& http) noexcept {
  Reload reload;
  std::vector<std::string> needs_restart;
  reload.part("settings", [&] {
    Config now = Config::load(plan.folder.config());
    set_log_level(now.log_level);
    now.log_level = at_start.log_level;
    needs_restart = at_start.differing(now);
  });
  if (at_start.has_tls()) reload.part("certificate", [&] { http.renew_certificate(); });
  reload.finish(needs_restart);
}

void record_start(Issuer& issuer, const ServePlan& plan) {
  issuer.record({"kdc.started",
                 std::nullopt,
                 {{"older_store_accepted", plan.accept_older_store ? "yes" : "no"}}});
}

}  // namespace

void check_settings(const ServePlan& plan) {
  require_realm(plan.folder);
  const Config config = Config::load(plan.folder.config());
  make_private_folder(plan.folder.path);  // as in serve()
  check_master_key(plan.folder);
  if (config.has_tls()) {
    static_cast<void>(TlsIdentity::load(config.tls_certificate, config.tls_key));
  }
}

void serve(const ServePlan& plan, const Clock& clock, Shutdown& shutdown,
           const std::function<void(const std::string& address)>& ready) {
  require_realm(plan.folder);
  const Config at_start = Config::load(plan.folder.config());
  Config config = at_start;
  if (plan.listen) config.listen = *plan.listen;
  set_log_form(config.log_format, config.log_level);
  make_private_folder(plan.folder.path);  // it is there: only its owner and mode are checked
  const FolderLock lock = lock_folder(plan.folder.path);
  finish_master_rotation(plan.folder);
  Store store(plan.folder.store(), MasterKey(read_master_key(plan.folder)));
  Epochs epochs(store);
  check_audit_end(store.view(), epochs.document());
  HighWater mark(plan.folder.high_water(), store);
  check_high_water(plan, mark, store.view());
  complete_index(store);

  FeedPublisher feed(plan.folder.feed(), store, epochs, clock, config.feed_interval);
  FeedBeat beat(feed);
  Issuer issuer(store, epochs, clock, [&beat] { beat.wake(); });
  record_start(issuer, plan);
  ReplayCache replays;
  Doorkeeper door;
  Staging staging;
  KdcParts parts{config,
                 clock,
                 *Principal::make(krbtgt_name, epochs.realm()),
                 random_bytes<16>(),
                 store,
                 epochs,
                 issuer,
                 replays,
                 door,
                 feed,
                 staging};
  describe_metrics();
  Server server(parts);
  const auto answer = [&server](const HttpRequest& request) { return server.answer(request); };
  HttpServer http(http_options(config), answer);
  std::optional<HttpServer> admin;
  Housekeeping housekeeping(parts, mark, plan.folder.root_key());
  const StatusPages pages(
      clock, {[&parts] { return lacks(parts); }, [&] { return figures(parts, http); }});
  std::optional<StatusServer> status;
  if (config.status_listen) status.emplace(*config.status_listen, pages);
  const ServiceManager manager;
  if (!config.admin_socket.empty()) admin.emplace(admin_options(config), answer).start();
  config.listen.port = http.start();
  ready(config.listen.text());
  manager.ready();
  while (!shutdown.wait_for(Housekeeping::interval)) {
    housekeeping.tick();
    manager.alive();
    if (!shutdown.take_hangup()) continue;
    manager.reloading();
    reload(plan, at_start, http);
    manager.ready();
  }
  manager.stopping();
  log_info("stopping");
  if (admin) admin->stop();
  http.stop();
  housekeeping.finish();
}

}  // namespace waybill::kdc
