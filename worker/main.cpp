#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "ticket/adapters/files.h"
#include "ticket/adapters/log.h"
#include "ticket/adapters/shutdown.h"
#include "ticket/adapters/system_clock.h"
#include "worker/canary.h"
#include "worker/dispatcher.h"
#include "worker/temporal_desk.h"

// waybill-worker: runs one queue's jobs, each verified offline first.

namespace {

using namespace waybill;
using namespace waybill::worker;
using namespace std::chrono_literals;

/// As in every command of Waybill.
enum class Exit { done = 0, refused = 1, usage = 2, unreachable = 3, credentials = 4, local = 5 };

constexpr const char* main_footer = R"(
Exit status: 0 done, 1 refused, 2 wrong usage, 3 cannot reach a server, 4 the KDC does not take the
keytab, 5 local file or permission trouble.)";

constexpr const char* run_footer = R"(
A handler is a shell command. It gets the decrypted input on standard input and gives the result on
standard output; what it says on standard error goes to the worker's log. Any status but 0 is a
failure, which is tried again later. It is told who asked for the work, and what is allowed, in the
file $WAYBILL_CLAIMS_FILE (JSON) and in WAYBILL_SUBJECT, WAYBILL_QUEUE, WAYBILL_WORKFLOW_ID,
WAYBILL_WORKFLOW_TYPE, WAYBILL_ACTIONS, WAYBILL_RUN_ID and WAYBILL_ATTEMPT. It never sees a key or a
ticket.

A ticket whose time is over, or will be before the handler ends, is renewed at the KDC for as long as
it may be; the claims file then says what it allows now. A handler is ended (SIGTERM, after 5 seconds
SIGKILL) when the ticket's time is over for good. When the ticket is revoked meanwhile, or the KDC
will not renew it, --on-revoked says what becomes of the handler: `stop` ends it, and the work with
it; `finish` lets it go on for as long as the ticket that it has.

Before it takes work, the worker puts forged tickets to its own verifier; when one passes, it ends.
Every verdict on a job is a line of JSON in verdicts.jsonl, in the folder.

Examples:
  waybill-worker run --dir worker --keytab alice.keytab --trigger http://127.0.0.1:8090 \
      --handler 'invoice-report=./make-report'

  waybill-worker run --dir worker --keytab alice.keytab --trigger http://127.0.0.1:8090 \
      --handler 'pay=./pay' --require-action 'pay=bank:transfer' --concurrency 8

  waybill-worker run --dir worker --keytab alice.keytab --trigger http://127.0.0.1:8090 \
      --handler 'invoice-report=./make-report' --mirror /var/lib/waybill/mirror \
      --feed https://cdn.example/feed

  waybill-worker run --dir worker --keytab alice.keytab --engine temporal \
      --temporal-address 127.0.0.1:7233 --handler 'invoice-report=./make-report'

  Ctrl-C or SIGTERM ends it: running handlers have 10 seconds to finish, then their jobs are handed
  back. A second Ctrl-C ends it at once.)";

struct Words {
  std::string dir, keytab, trigger, realm_file, mirror;
  std::string engine = "embedded";
  temporal::Options temporal{{}, "default", {}, {}, {}};
  std::vector<std::string> handlers, required, feed;
  std::size_t concurrency = 4;
  unsigned feed_seconds = 2;
  OnRevoked on_revoked = OnRevoked::stop;
  bool once = false;
  bool insecure_allow_swap = false;
};

/// Ends the program: a sentence, and what to do about it.
struct Failure {
  Exit exit;
  std::string sentence;
  std::string hint{};
};

int complain(const Failure& failure) {
  std::cerr << "waybill-worker: error: " << failure.sentence << "\n";
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

/// Every part of the worker, in the order in which they need each other.
class Daemon {
 public:
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
    if (temporal_) desk_ = std::make_unique<TemporalDesk>(place(words), worker_, clock_);
  }

  /// Ends when the program is told to, or with --once after a job.
  std::optional<Worker::End> run();

 private:
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
  void try_the_canary(const Keytab& keytab) const;

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
};

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

std::optional<Worker::End> Daemon::run() {
  upkeep_.sync_feed();
  greet();
  upkeep_.start();
  if (desk_) desk_->start();
  std::thread polling([this] {
    dispatcher_.run();
    shutdown_.request();  // with --once; otherwise it was requested before
  });
  shutdown_.wait();
  log_info("stopping");
  dispatcher_.stop();
  polling.join();
  if (desk_) desk_->stop();
  log_info("stopped");
  return dispatcher_.last_end();
}

int run(const Words& words) {
  if (!LockedArena::start() && !words.insecure_allow_swap) {
    throw Failure{Exit::local, "memory cannot be locked, so keys might reach the swap",
                  "raise the limit (ulimit -l), or allow it with --insecure-allow-swap"};
  }
  harden_process();
  Shutdown shutdown;
  Daemon daemon(words, load_keytab(words.keytab), shutdown);
  const auto end = daemon.run();
  return !words.once || end == Worker::End::completed ? 0 : static_cast<int>(Exit::refused);
}

void describe_temporal(CLI::App& app, Words& words) {
  app.add_option("--engine", words.engine, "embedded: a trigger's own; temporal: a Temporal server")
      ->check(CLI::IsMember({"embedded", "temporal"}))
      ->capture_default_str();
  app.add_option("--temporal-address", words.temporal.address, "the Temporal server: HOST:PORT");
  app.add_option("--temporal-namespace", words.temporal.space, "its namespace, which tickets name")
      ->capture_default_str();
  app.add_option("--temporal-token", words.temporal.token_file,
                 "a file with a bearer token for it, mode 0600, read again for each call");
  app.add_option("--temporal-ca", words.temporal.authorities,
                 "PEM of the authorities of its certificate: speak TLS");
}

void describe_run(CLI::App& app, Words& words) {
  app.add_option("--dir", words.dir, "the worker's folder; made when it is missing")->required();
  app.add_option("--keytab", words.keytab, "the queue's key, from `waybill keygen`")->required();
  app.add_option("--trigger", words.trigger, "where jobs come from: http://host:port");
  describe_temporal(app, words);
  app.add_option("--handler", words.handlers, "type=command, for each type of workflow")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--require-action", words.required,
                 "type=action: the ticket must allow it, or the job is refused")
      ->allow_extra_args(false);
  app.add_option("--concurrency", words.concurrency, "jobs at the same time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--realm-file", words.realm_file,
                 "else $WAYBILL_REALM, ~/.config/waybill/realm.toml, /etc/waybill/realm.toml");
  app.add_option("--feed", words.feed,
                 "where the revocation feed is: a web address or a folder, in the order in which "
                 "they are tried; else the realm file's, else the KDCs")
      ->allow_extra_args(false);
  app.add_option("--mirror", words.mirror,
                 "the folder of the feed's mirror, which all workers and triggers of a user on a "
                 "host may share (DIR/mirror)");
  app.add_option("--feed-interval", words.feed_seconds, "seconds between two looks at the feed")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--on-revoked", words.on_revoked,
                 "stop or finish: a running handler whose ticket is revoked or not renewed")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OnRevoked>{
          {"stop", OnRevoked::stop}, {"finish", OnRevoked::finish}}))
      ->default_str("stop");
  app.add_flag("--once", words.once, "end after one job; status 1 when it was not completed");
  app.add_flag("--insecure-allow-swap", words.insecure_allow_swap,
               "start although memory cannot be locked");
  app.footer(run_footer);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the jobs of one queue. Each is verified offline before anything is run.",
               "waybill-worker");
  app.require_subcommand(1);
  app.footer(main_footer);
  Words words;
  describe_run(*app.add_subcommand("run", "poll a trigger, verify its jobs, run their handlers"),
               words);
  try {
    app.parse(argc, argv);
    return run(words);
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
