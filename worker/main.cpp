#include <filesystem>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "ticket/adapters/files.h"
#include "ticket/adapters/log_options.h"
#include "ticket/adapters/reload.h"
#include "ticket/adapters/service_manager.h"
#include "ticket/adapters/shutdown.h"
#include "ticket/adapters/status_pages.h"
#include "ticket/adapters/system_clock.h"
#include "worker/canary.h"
#include "worker/command_line.h"
#include "worker/dispatcher.h"
#include "worker/readiness.h"
#include "worker/temporal_desk.h"

// waybill-worker: runs one queue's jobs, each verified offline first.

namespace {

using namespace waybill;
using namespace waybill::worker;
using namespace std::chrono_literals;

/// As in every command of Waybill.
enum class Exit { done = 0, refused = 1, usage = 2, unreachable = 3, credentials = 4, local = 5 };

/// Ends the program: a sentence, and what to do about it.
struct Failure : std::runtime_error {
  Failure(Exit status, const std::string& sentence, std::string what_to_do = {})
      : std::runtime_error(sentence), exit(status), hint(std::move(what_to_do)) {}
  Exit exit;
  std::string hint;
};

int complain(const Failure& failure) {
  std::cerr << "waybill-worker: error: " << failure.what() << "\n";
  if (!failure.hint.empty()) std::cerr << "waybill-worker: hint: " << failure.hint << "\n";
  return static_cast<int>(failure.exit);
}

Failure refusal(const Error& error, const std::string& doing) {
  const ErrorText& text = describe(error.code);
  return {Exit::refused, doing + ": " + std::string(text.name) + "  " + std::string(text.sentence)};
}

Keytab load_keytab(const std::string& path) {
  const SecretBytes file = read_secret_file(path, limits::max_keytab);
  auto keytab = Keytab::decode(file.expose());
  if (!keytab) throw FileError(path + " is not a keytab; make one with `waybill keygen`", path);
  return *std::move(keytab);
}

RealmFile load_realm_file(const Words& words, const Principal& self) {
  const auto path = words.realm_file.empty() ? RealmFile::find() : words.realm_file;
  if (!path) {
    throw Failure{Exit::local, "no realm file was found",
                  "name it with --realm-file or $WAYBILL_REALM; the KDC's folder has it"};
  }
  RealmFile file = RealmFile::load(*path);
  if (file.realm != self.realm()) {
    throw Failure{Exit::local, "the keytab is of " + self.text() + ", and the realm file of " +
                                   file.realm.text()};
  }
  return file;
}

Handlers load_handlers(const Words& words) {
  Handlers handlers;
  const auto check = [](const Checked& added, const char* option, const std::string& value) {
    if (added) return;
    const std::string why(describe(added.error().code).sentence);
    throw Failure{Exit::usage, std::string(option) + " '" + value + "': " + why,
                  "write --handler 'type=command' and --require-action 'type=action'"};
  };
  for (const std::string& value : words.handlers) check(handlers.add(value), "--handler", value);
  for (const std::string& value : words.required) {
    check(handlers.require(value), "--require-action", value);
  }
  return handlers;
}

// Nothing when the KDC is away, or has no room; `why` says it.
std::optional<RealmDocument> try_fetch(RealmCache& cache, std::string& why) {
  try {
    auto fetched = cache.fetch();
    if (fetched) return *std::move(fetched);
    if (fetched.error().code != Errc::busy) {
      throw refusal(fetched.error(), "the realm document is refused");
    }
    why = "the KDC has no room";
  } catch (const HttpError& error) {
    why = error.what();
  }
  return std::nullopt;
}

// From the folder when it is there, so that a worker starts while no KDC answers.
RealmDocument first_realm(RealmCache& cache, Shutdown& shutdown) {
  if (auto kept = cache.load()) return *std::move(kept);
  std::string why;
  for (int tries = 1;; ++tries) {
    if (auto fetched = try_fetch(cache, why)) return *std::move(fetched);
    if (tries == 1) log_warning("waiting_for_the_kdc", {{"why", why}});
    if (tries == 30 || shutdown.wait_for(1s)) throw Failure{Exit::unreachable, why};
  }
}

// What somebody has to mend before this worker can do anything.
bool is_hopeless(Errc code) {
  return code == Errc::service_unknown || code == Errc::principal_unknown ||
         code == Errc::wrong_realm || code == Errc::realm_invalid || code == Errc::policy_denied;
}

// Where jobs come from; nothing is asked of it yet.
std::unique_ptr<temporal::Server> open_temporal(const Words& words) {
  if (words.engine == "embedded") {
    if (!words.trigger.empty()) return nullptr;
    throw Failure{Exit::usage, "--trigger is needed", "or --engine temporal --temporal-address"};
  }
  if (words.temporal.address.empty() || !words.trigger.empty()) {
    throw Failure{Exit::usage, "--engine temporal goes with --temporal-address, without --trigger"};
  }
  if (temporal::gives_its_token_away(words.temporal)) {
    throw Failure{Exit::usage, "--temporal-token needs --temporal-ca",
                  "without TLS the token goes in clear"};
  }
  temporal::Options options = words.temporal;
  options.identity = "waybill-worker";
  return temporal::connect(options);
}

ListenAddress status_address(const std::string& text) {
  const auto address = ListenAddress::parse(text);
  if (address) return *address;
  throw Failure{Exit::usage, "`" + text + "` is no address; --status-listen wants HOST:PORT"};
}

/// Every part of the worker, in the order in which they need each other.
class Daemon {
 public:
  /// `again` reads command line and settings file once more.
  Daemon(Told told, std::function<Told()> again, const Keytab& keytab, Shutdown& shutdown)
      : Daemon(told.words, keytab, shutdown) {
    // One that delegates has no member initializers, which clang-tidy 14 does not know.
    told_ = std::move(told);    // NOLINT(cppcoreguidelines-prefer-member-initializer)
    again_ = std::move(again);  // NOLINT(cppcoreguidelines-prefer-member-initializer)
  }

  /// Ends when the program is told to, or with --once after a job.
  std::optional<Worker::End> run();

 private:
  Daemon(const Words& words, const Keytab& keytab, Shutdown& shutdown)
      : shutdown_(shutdown),
        handlers_(load_handlers(words)),
        kdc_(load_realm_file(words, keytab.principal()), clock_),
        store_(words.dir),
        mirror_(mirror(words), kdc_.realm_file(), clock_),
        feed_(mirror_, open_feeds(kdc_.realm_file(), words.feed), clock_),
        realm_(folder(words) / "realm.bin", kdc_),
        audience_(keytab, first_realm(realm_, shutdown)),
        revocations_(mirror_),
        uses_(store_),
        verifier_(audience_, revocations_, uses_),
        self_(kdc_, keytab, clock_),
        shipping_(folder(words), self_),
        upkeep_({feed_, realm_, audience_, revocations_, uses_, &shipping_},
                {.feed_every = std::chrono::seconds(words.feed_seconds)}),
        temporal_(open_temporal(words)),
        source_(open_source(words)),
        leases_(*source_),
        renewer_(self_),
        runner_(clock_),
        verdicts_(folder(words) / "verdicts.jsonl"),
        worker_({verifier_, revocations_, upkeep_, handlers_, runner_, verdicts_, *source_, leases_,
                 renewer_, clock_},
                {.on_revoked = words.on_revoked}),
        dispatcher_({worker_, *source_, leases_},
                    {.concurrency = words.concurrency, .once = words.once}) {
    try_the_canary(keytab);
    describe_metrics();
    if (!words.status_listen.empty()) open_status(words.status_listen);
    if (temporal_) desk_ = std::make_unique<TemporalDesk>(place(words), worker_, clock_);
  }

  static std::filesystem::path folder(const Words& words) { return words.dir; }
  static std::filesystem::path mirror(const Words& words) {
    if (words.mirror.empty()) return folder(words) / "mirror";
    return words.mirror;
  }
  TemporalPlace place(const Words& words) {
    return {*temporal_, words.temporal.space, self_.principal().name()};
  }
  std::unique_ptr<Source> open_source(const Words& words) {
    if (temporal_) return std::make_unique<TemporalSource>(place(words));
    auto trigger = std::make_unique<TriggerSource>(words.trigger, kdc_.realm_file().tls_ca.string(),
                                                   self_, clock_);
    trigger_ = trigger.get();
    return trigger;
  }
  void greet();
  void reload();
  bool use_realm_file();
  void try_the_canary(const Keytab& keytab) const;
  void open_status(const std::string& address);

  Told told_;
  std::function<Told()> again_;
  Shutdown& shutdown_;
  SystemClock clock_;
  Handlers handlers_;
  KdcClient kdc_;
  Store store_;
  FeedMirror mirror_;
  FeedSync feed_;
  RealmCache realm_;
  Audience audience_;
  RevocationMirror revocations_;
  UseTable uses_;
  Verifier verifier_;
  ServicePrincipal self_;
  VerdictShipping shipping_;
  Upkeep upkeep_;
  std::unique_ptr<temporal::Server> temporal_;  // null: a trigger's embedded engine
  TriggerSource* trigger_ = nullptr;            // null: Temporal
  std::unique_ptr<Source> source_;
  LeaseKeeper leases_;
  Renewer renewer_;
  Runner runner_;
  Verdicts verdicts_;
  Worker worker_;
  Dispatcher dispatcher_;
  std::unique_ptr<TemporalDesk> desk_;
  const Observed observed_{dispatcher_, leases_, revocations_, clock_};
  const StatusPages pages_{
      clock_, {[this] { return lacks(observed_); }, [this] { return figures(observed_); }}};
  std::unique_ptr<StatusServer> status_;  // null: there is none
};

void Daemon::open_status(const std::string& address) {
  status_ = std::make_unique<StatusServer>(status_address(address), pages_);
}

// What cannot be mended by waiting is worth an early word; a server that is away is waited for.
void Daemon::greet() {
  if (trigger_ == nullptr) {
    log_info("ready", {{"queue", self_.principal().text()}, {"engine", "temporal"}});
    return;
  }
  try {
    const auto trigger = trigger_->introduce();
    if (trigger) {
      log_info("ready", {{"queue", self_.principal().text()},
                         {"trigger", trigger->text()},
                         {"address", trigger_->url()}});
    } else if (trigger.error().code == Errc::login_failed) {
      throw Failure{Exit::credentials,
                    "the KDC does not take the key of " + self_.principal().text(),
                    "register it: waybill admin queue add, with the public half of this keytab"};
    } else if (is_hopeless(trigger.error().code)) {
      throw refusal(trigger.error(), "there is no ticket for the trigger");
    } else {
      log_warning("waiting_for_a_ticket", {{"why", describe(trigger.error().code).name}});
    }
  } catch (const HttpError& error) {
    log_warning("waiting_for_a_server", {{"why", error.what()}});
  }
}

// A verifier that cannot be relied on takes no work.
void Daemon::try_the_canary(const Keytab& keytab) const {
  const CanaryReport report = run_canary(keytab, *audience_.realm(), clock_.now());
  for (const CanaryFault& fault : report.faults) log_error("canary", {{"fault", fault.sentence()}});
  if (!report.faults.empty()) {
    throw Failure{Exit::refused, "this worker's own check failed: " + report.faults[0].sentence(),
                  "take no work with this build; install it anew, and tell its makers"};
  }
  log_info("canary", {{"cases", std::to_string(report.cases)}});
}

void Daemon::reload() {
  Reload reload;
  std::vector<std::string> needs_restart;
  reload.part("settings", [&] {
    const Told now = again_();
    handlers_ = load_handlers(now.words);
    set_log_level(*log_level_from(now.words.log_level));
    told_.words.realm_file = now.words.realm_file;
    needs_restart = changed(told_.settings, now.settings,
                            {"handler", "require_action", "log_level", "realm_file"});
  });
  reload.part("realm_file", [&] {
    const bool is_trusted_alike = use_realm_file();
    if (!is_trusted_alike && trigger_ != nullptr) needs_restart.emplace_back("tls_ca");
  });
  reload.finish(needs_restart);
}

// Whether the authorities of https are in the same file as before: the trigger's connection keeps
// to it.
bool Daemon::use_realm_file() {
  const RealmFile realm = load_realm_file(told_.words, self_.principal());
  FeedSources sources = open_feeds(realm, told_.words.feed);
  const auto before = kdc_.realm_file().tls_ca;
  if (const Checked used = kdc_.use(realm); !used) {
    throw std::runtime_error(std::string(describe(used.error().code).sentence));
  }
  feed_.use(std::move(sources));
  upkeep_.refresh_realm();
  return realm.tls_ca == before;
}

std::optional<Worker::End> Daemon::run() {
  upkeep_.sync_feed();
  greet();
  upkeep_.start();
  if (desk_) desk_->start();
  std::thread polling([this] {
    dispatcher_.run();
    shutdown_.request();  // with --once; otherwise it was requested before
  });
  const ServiceManager manager;
  manager.ready();
  while (!shutdown_.wait_for(1s)) {
    manager.alive();
    if (!shutdown_.take_hangup()) continue;
    manager.reloading();
    reload();
    manager.ready();
  }
  manager.stopping();
  log_info("stopping");
  dispatcher_.stop();
  polling.join();
  if (desk_) desk_->stop();
  log_info("stopped");
  return dispatcher_.last_end();
}

// What a start would look at before it asks anybody.
int check_files(const Words& words, const Keytab& keytab) {
  static_cast<void>(load_handlers(words));
  static_cast<void>(load_realm_file(words, keytab.principal()));
  static_cast<void>(open_temporal(words));
  if (!words.status_listen.empty()) static_cast<void>(status_address(words.status_listen));
  std::cout << "The configuration is sound.\n";
  return 0;
}

int run(Told told, const std::function<Told()>& again) {
  const Words& words = told.words;
  if (!LockedArena::start() && !words.insecure_allow_swap) {
    throw Failure{Exit::local, "memory cannot be locked, so keys might reach the swap",
                  "raise the limit (ulimit -l), or allow it with --insecure-allow-swap"};
  }
  harden_process();
  const Keytab keytab = load_keytab(words.keytab);
  if (words.check_config) return check_files(words, keytab);
  set_log_form(*log_form_from(words.log_format), *log_level_from(words.log_level));
  const bool once = words.once;
  Shutdown shutdown(Shutdown::Hangup::is_heard);
  Daemon daemon(std::move(told), again, keytab, shutdown);
  const auto end = daemon.run();
  return !once || end == Worker::End::completed ? 0 : static_cast<int>(Exit::refused);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the jobs of one queue. Each is verified offline before anything is run.",
               "waybill-worker");
  Told told;
  const CLI::App& running = describe_program(app, told.words);
  try {
    app.parse(argc, argv);
    told.settings = settings_of(running);
    return run(std::move(told), [=] { return told_again(argc, argv); });
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  } catch (const Failure& failure) {
    return complain(failure);
  } catch (const HttpError& error) {
    return complain({Exit::unreachable, error.what()});
  } catch (const std::exception& error) {
    return complain({Exit::local, error.what()});
  }
}
