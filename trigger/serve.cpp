#include "trigger/serve.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "ticket/adapters/http.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/reload.h"
#include "ticket/adapters/service_manager.h"
#include "trigger/folder.h"
#include "trigger/grpc_server.h"
#include "trigger/http_api.h"
#include "trigger/kdc_link.h"
#include "trigger/readiness.h"
#include "trigger/realm_kdc.h"

namespace waybill::trigger {
namespace {

using namespace std::chrono_literals;

constexpr auto tick = 1s;

/// Calls a function once a second on a thread of its own, the first time at once.
class Ticker {
 public:
  explicit Ticker(std::function<void()> work)
      : work_(std::move(work)), thread_([this] { run(); }) {}
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker() {
    {
      const std::scoped_lock guard(lock_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 private:
  void run() {
    std::unique_lock guard(lock_);
    while (!ending_) {
      guard.unlock();
      work_();
      guard.lock();
      wake_.wait_for(guard, tick, [this] { return ending_; });
    }
  }

  const std::function<void()> work_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;  // last
};

void sweep(Engine& engine, Standing& standing, Time now) noexcept {
  try {  // the edge of the sweeper's thread; what it did not do is there at the next tick
    standing.refused.tick(now);
    engine.sweep();
    standing.engine_works = true;
  } catch (const std::exception& failure) {
    standing.engine_works = false;
    log_error("sweep_failed", {{"why", failure.what()}});
  }
}

HttpServer::Options http_options(const ServePlan& plan, const HttpLimits& limits) {
  HttpServer::Options options;
  options.host = plan.listen.host;
  options.port = plan.listen.port;
  options.max_body_bytes = HttpApi::max_body;
  options.tls_certificate = plan.tls_certificate;
  options.tls_key = plan.tls_key;
  options.max_threads = limits.threads();
  options.max_connections = 2 * limits.threads();
  options.on_exception = [](const std::exception& failure) {
    log_error("request_failed", {{"why", failure.what()}});
  };
  return options;
}

std::unique_ptr<Engine> open_embedded(const ServePlan& plan, const Folder& folder,
                                      const Principal& service, const Clock& clock) {
  auto engine =
      std::make_unique<LmdbEngine>(folder.store(), folder.store_key(), service, clock, plan.engine);
  const Engine::Counts counts = engine->counts();
  log_info("store_opened", {{"open_work", counts.open},
                            {"ended_work", counts.ended},
                            {"unreported", counts.unreported}});
  return engine;
}

// A store of its own: work of the embedded engine is never started once more at the server.
std::unique_ptr<Engine> open_temporal(const ServePlan& plan, const Folder& folder,
                                      const Principal& service, temporal::Server& server,
                                      const Clock& clock) {
  TemporalEngine::Options options;
  options.keep_ended = plan.engine.keep_ended;
  options.max_open = plan.engine.max_open;
  options.index = plan.index;
  options.store = plan.engine.store;
  log_info("engine", {{"temporal", plan.temporal->address}, {"namespace", plan.temporal->space}});
  return std::make_unique<TemporalEngine>(folder.store().concat("-temporal"), folder.store_key(),
                                          service, server, clock, options);
}

std::string url_of(const ServePlan& plan, const ListenAddress& bound) {
  if (!plan.url.empty()) return plan.url;
  return (plan.tls_certificate.empty() ? "http://" : "https://") + bound.text();
}

void open_grpc(const ServePlan& plan, TriggerParts& parts, std::optional<GrpcServer>& grpc,
               const ServeEvents& events) {
  const ListenAddress& wanted = *plan.grpc_listen;
  grpc.emplace(GrpcServer::Options{wanted.host, wanted.port, plan.tls_certificate, plan.tls_key},
               parts);
  const ListenAddress bound{wanted.host, grpc->start()};
  if (events.grpc_listening) events.grpc_listening(bound.text());
}

/// What can change while the trigger serves.
struct Renewable {
  const ServePlan& plan;
  const ServeEvents& events;
  HttpServer& http;
  std::optional<GrpcServer>& grpc;
  RealmKdc& kdc;
  FeedSync& feed;

  void reload() const noexcept;
  void use_realm(const RealmFile& realm) const;
};

void Renewable::use_realm(const RealmFile& realm) const {
  FeedSources sources = open_feeds(realm, plan.feed);
  if (const Checked used = kdc.use(realm); !used) {
    throw std::runtime_error(std::string(describe(used.error().code).sentence));
  }
  feed.use(std::move(sources));
}

void Renewable::reload() const noexcept {
  Reload reload;
  std::vector<std::string> needs_restart;
  if (events.reread_settings) {
    reload.part("settings", [&] { needs_restart = events.reread_settings(); });
  }
  if (events.reread_realm) {
    reload.part("realm_file", [&] { use_realm(events.reread_realm()); });
  }
  if (!plan.tls_certificate.empty()) {
    reload.part("certificate", [&] { http.renew_certificate(); });
    if (grpc) reload.part("grpc_certificate", [&] { grpc->renew_certificate(); });
  }
  reload.finish(needs_restart);
}

void stand_by(const Renewable& renewable, Shutdown& shutdown) {
  const ServiceManager manager;
  manager.ready();
  while (!shutdown.wait_for(tick)) {
    manager.alive();
    if (!shutdown.take_hangup()) continue;
    manager.reloading();
    renewable.reload();
    manager.ready();
  }
  manager.stopping();
}

}  // namespace

void serve(const ServePlan& plan, Keytab keytab, const Clock& clock, Shutdown& shutdown,
           const ServeEvents& events) {
  const Folder folder(plan.folder);
  const auto server = plan.temporal ? temporal::connect(*plan.temporal) : nullptr;
  const auto opened = server ? open_temporal(plan, folder, keytab.principal(), *server, clock)
                             : open_embedded(plan, folder, keytab.principal(), clock);
  Engine& engine = *opened;
  RealmKdc kdc(plan.realm, keytab, clock, folder.realm_serial());
  Identity identity(std::move(keytab));
  ReplayCache replays;
  FeedMirror mirror(plan.mirror.empty() ? folder.mirror() : plan.mirror, plan.realm, clock);
  FeedSync feed(mirror, open_feeds(plan.realm, plan.feed), clock);
  TriggerParts parts{clock, identity, plan.space, engine, kdc, replays, mirror, plan.engine.lease};
  describe_metrics();
  const HttpLimits limits;
  HttpApi api(parts, limits);
  HttpServer http(http_options(plan, limits),
                  [&api](const HttpRequest& request) { return api.answer(request); });
  std::optional<GrpcServer> grpc;
  if (plan.grpc_listen) open_grpc(plan, parts, grpc, events);
  const ListenAddress bound{plan.listen.host, http.start()};
  events.listening(bound.text());
  const StatusPages pages(
      clock, {[&parts] { return lacks(parts); }, [&] { return figures(parts, http); }});
  std::optional<StatusServer> status;
  if (plan.status_listen) status.emplace(*plan.status_listen, pages);

  std::uint64_t saved = folder.realm_serial();
  KdcLink link({clock, identity, engine, kdc, feed, url_of(plan, bound),
                [&] { events.ready(bound.text()); },
                [&](std::uint64_t serial) {
                  if (serial > saved) folder.save_realm_serial(saved = serial);
                },
                [&parts](bool answers) { parts.standing->kdc_answers = answers; }});
  {
    const Ticker sweeper([&] { sweep(engine, *parts.standing, clock.now()); });
    const Ticker linker([&link] { link.tick(); });
    stand_by({plan, events, http, grpc, kdc, feed}, shutdown);
    log_info("stopping");
    engine.end_waits();
    if (grpc) grpc->stop();
    http.stop();
  }
  parts.standing->refused.finish();
}

}  // namespace waybill::trigger
