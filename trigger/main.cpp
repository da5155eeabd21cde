#include <iostream>

#include <CLI/CLI.hpp>

#include "ticket/adapters/files.h"
#include "ticket/adapters/help_page.h"
#include "ticket/adapters/log_options.h"
#include "ticket/adapters/settings_file.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/adapters/tls.h"
#include "ticket/secret.h"
#include "ticket/wire/limits.h"
#include "trigger/serve.h"

// waybill-trigger: the front door of a realm's work. Exit status as everywhere: 0 done, 2 wrong
// usage, 4 no valid credentials, 5 local files, permissions or addresses. A KDC that is away is not
// a reason to end.

namespace {

using namespace waybill;
using namespace waybill::trigger;

constexpr int wrong_usage = 2;
constexpr int no_credentials = 4;
constexpr int local_trouble = 5;
constexpr std::size_t max_token = 64 * 1024;

constexpr const char* main_examples = R"(
Examples:
  waybill keygen --principal trigger/orders --out trigger.keytab
  waybill admin principal add trigger/orders --service --keytab trigger.keytab
  waybill admin grant add --trigger trigger/orders --queue 'queue-*'
  waybill-trigger serve --dir trigger --keytab trigger.keytab \
      --listen 127.0.0.1:8090

Exit status: 0 done, 2 wrong usage, 4 no valid credentials, 5 local files, permissions or addresses.
)";

constexpr const char* serve_examples = R"(
Takes work in the name of users and hands it to the workers of its queue, until SIGTERM or Ctrl-C.
It starts without its KDC, answers 503 until the KDC is there, and writes `ready` to its log then.
At a SIGHUP it reads log level, realm file and certificate again; the log says what was taken over,
and which other settings have changed that take a restart.

Examples:
  waybill-trigger serve --dir trigger --keytab trigger.keytab \
      --listen 127.0.0.1:8090
  waybill-trigger serve --dir /var/lib/waybill-trigger \
      --keytab /etc/waybill/trigger.keytab \
      --listen 0.0.0.0:8090 --url https://work.example.org:8090 \
      --tls-certificate work.pem --tls-key work.key
  waybill-trigger serve --dir trigger --keytab trigger.keytab \
      --listen 127.0.0.1:8090 --engine temporal \
      --temporal-address 127.0.0.1:7233 --temporal-namespace default
  waybill-trigger serve --dir trigger --keytab trigger.keytab \
      --listen 127.0.0.1:0 --realm-file kdc/realm.toml   # any free port
  waybill-trigger serve --config /etc/waybill/trigger.toml   # tools/examples
  waybill-trigger serve --config trigger.toml --check-config
)";

struct Words {
  std::string dir;
  std::string keytab;
  std::string listen;
  std::string grpc_listen, status_listen;
  std::string realm_file;
  std::string space = "default";
  std::string url;
  std::string mirror;
  std::vector<std::string> feed;
  std::string tls_certificate, tls_key;
  std::string engine = "embedded";
  temporal::Options temporal{};
  TemporalEngine::Index index = TemporalEngine::Index::none;
  std::string log_format = "auto", log_level = "info";
  bool check_config = false;
  unsigned keep_days = 7;
  unsigned lease_seconds = 30;
  bool insecure_allow_swap = false;
};

int complain(int status, const std::string& sentence) {
  std::cerr << "waybill-trigger: error: " << sentence << "\n";
  return status;
}

Keytab load_keytab(const std::string& path) {
  const SecretBytes file = read_secret_file(path, limits::max_keytab);
  auto keytab = Keytab::decode(file.expose());
  if (!keytab) throw FileError(path + " is no keytab; make one with `waybill keygen`", path);
  return *std::move(keytab);
}

// Refused before anything is opened: nothing: fine, else the sentence.
std::optional<std::string> fault_in(const Words& words,
                                    const std::optional<ListenAddress>& listen) {
  if (!listen) {
    return "`" + words.listen + "` is no address; --listen wants HOST:PORT, as in 127.0.0.1:8090";
  }
  if (!words.grpc_listen.empty() && !ListenAddress::parse(words.grpc_listen)) {
    return "`" + words.grpc_listen + "` is no address; --grpc-listen wants HOST:PORT";
  }
  if (!words.status_listen.empty() && !ListenAddress::parse(words.status_listen)) {
    return "`" + words.status_listen + "` is no address; --status-listen wants HOST:PORT";
  }
  if (!is_name(words.space, limits::max_name)) {
    return "`" + words.space + "` is no namespace; letters, digits and . _ : / - are allowed";
  }
  if (listen->is_every_address() && words.url.empty()) {
    return "--url is needed: nobody can call " + listen->host + ", so say where clients reach it";
  }
  const bool is_web = words.url.starts_with("http://") || words.url.starts_with("https://");
  if (words.tls_certificate.empty() != words.tls_key.empty()) {
    return "--tls-certificate and --tls-key go together: name the other file too";
  }
  if ((words.engine == "temporal") == words.temporal.address.empty()) {
    return "--engine temporal and --temporal-address go together";
  }
  if (temporal::gives_its_token_away(words.temporal)) {
    return "--temporal-token needs --temporal-ca: without TLS the token goes in clear";
  }
  if (!words.url.empty() && !is_web) return "--url begins with http:// or https://";
  return std::nullopt;
}

// The rest was looked at on the way here.
int check_files(const Words& words) {
  if (!words.tls_certificate.empty()) {
    static_cast<void>(TlsIdentity::load(words.tls_certificate, words.tls_key));
  }
  if (!words.temporal.token_file.empty()) {
    static_cast<void>(read_secret_file(words.temporal.token_file, max_token));
  }
  std::cout << "The configuration is sound.\n";
  return 0;
}

RealmFile load_realm_file(const Words& words) {
  std::optional<std::filesystem::path> path = words.realm_file;
  if (words.realm_file.empty()) path = RealmFile::find();
  if (path) return RealmFile::load(*path);
  throw std::runtime_error("no realm file; give --realm-file, or set WAYBILL_REALM");
}

ServePlan plan_of(const Words& words) {
  ServePlan plan{words.dir,
                 load_realm_file(words),
                 *ListenAddress::parse(words.listen),
                 words.url,
                 words.space,
                 words.mirror,
                 words.feed,
                 {}};
  plan.engine.keep_ended = std::chrono::hours(24) * words.keep_days;
  plan.engine.lease = std::chrono::seconds(words.lease_seconds);
  plan.tls_certificate = words.tls_certificate;
  plan.tls_key = words.tls_key;
  if (!words.grpc_listen.empty()) plan.grpc_listen = ListenAddress::parse(words.grpc_listen);
  if (!words.status_listen.empty()) plan.status_listen = ListenAddress::parse(words.status_listen);
  if (words.engine == "temporal") {
    plan.temporal = words.temporal;
    plan.temporal->identity = "waybill-trigger";
    plan.temporal->space = words.space;
    plan.index = words.index;
  }
  return plan;
}

/// What the command line and the settings file that it names say.
struct Told {
  Words words;
  Settings settings;
};

CLI::App& describe_program(CLI::App& app, Words& words);

Told told_again(int argc, char** argv) {
  Told told;
  CLI::App app;
  const CLI::App& serving = describe_program(app, told.words);
  app.parse(argc, argv);
  told.settings = settings_of(serving);
  if (const auto fault = fault_in(told.words, ListenAddress::parse(told.words.listen))) {
    throw std::runtime_error(*fault);
  }
  return told;
}

/// What a serving trigger tells, and what it asks at a SIGHUP.
ServeEvents events_of(Told& told, const std::function<Told()>& again) {
  ServeEvents events;
  events.listening = [](const std::string& address) {
    log_info("listening", {{"address", address}});
  };
  events.ready = [](const std::string& address) { log_info("ready", {{"address", address}}); };
  events.grpc_listening = [](const std::string& address) {
    log_info("grpc_listening", {{"address", address}});
  };
  events.reread_settings = [&told, again] {
    const Told now = again();
    set_log_level(*log_level_from(now.words.log_level));
    told.words.realm_file = now.words.realm_file;
    return changed(told.settings, now.settings, {"log_level", "realm_file"});
  };
  events.reread_realm = [&told] { return load_realm_file(told.words); };
  return events;
}

int run_serve(Told told, const std::function<Told()>& again, Shutdown& shutdown) {
  const Words& words = told.words;
  if (const auto fault = fault_in(words, ListenAddress::parse(words.listen))) {
    return complain(wrong_usage, *fault);
  }
  const ServePlan plan = plan_of(words);
  Keytab keytab = load_keytab(words.keytab);
  if (keytab.principal().realm() != plan.realm.realm) {
    return complain(no_credentials, words.keytab + " is of " + keytab.principal().text() +
                                        ", and the realm file is of " + plan.realm.realm.text());
  }
  if (words.check_config) return check_files(words);
  set_log_form(*log_form_from(words.log_format), *log_level_from(words.log_level));
  const SystemClock clock;
  serve(plan, std::move(keytab), clock, shutdown, events_of(told, again));
  log_info("stopped");
  return 0;
}

void add_temporal(CLI::App& serving, Words& words) {
  using Index = TemporalEngine::Index;
  serving.add_option("--engine", words.engine, "embedded, or temporal: a Temporal server")
      ->check(CLI::IsMember({"embedded", "temporal"}))
      ->capture_default_str();
  serving.add_option("--temporal-address", words.temporal.address, "the Temporal server")
      ->type_name("HOST:PORT");
  serving
      .add_option("--temporal-token", words.temporal.token_file,
                  "a bearer token for it, mode 0600, read again for each call")
      ->type_name("FILE");
  serving
      .add_option("--temporal-ca", words.temporal.authorities,
                  "PEM of the authorities of its certificate: speak TLS")
      ->type_name("FILE");
  serving
      .add_option("--temporal-index", words.index,
                  "write ticket id and subject there too, for everybody in the namespace to read: "
                  "memo, search-attributes (WaybillTicket, WaybillSubject) or none")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Index>{{"none", Index::none},
                                       {"memo", Index::memo},
                                       {"search-attributes", Index::search_attributes}}))
      ->option_text("memo|search-attributes|none");
}

void add_feed(CLI::App& serving, Words& words) {
  serving
      .add_option("--feed", words.feed,
                  "where the revocation feed is: a web address or a folder, in the order in which "
                  "they are tried; else the realm file's, else the KDCs")
      ->allow_extra_args(false)
      ->type_name("PLACE");
  serving
      .add_option("--mirror", words.mirror,
                  "the folder of the feed's mirror, which all workers and triggers of a user on a "
                  "host may share (FOLDER/mirror)")
      ->type_name("FOLDER");
}

void add_limits(CLI::App& serving, Words& words) {
  serving.add_option("--keep-ended", words.keep_days, "how long ended work can be asked about")
      ->check(CLI::Range(1U, 3650U))
      ->capture_default_str()
      ->type_name("DAYS");
  serving
      .add_option("--lease", words.lease_seconds,
                  "how long a worker may be silent before its job goes to another")
      ->check(CLI::Range(3U, 3600U))
      ->capture_default_str()
      ->type_name("SECONDS");
}

void add_running(CLI::App& serving, Words& words) {
  serving.add_option("--log-format", words.log_format, "auto: text on a terminal, JSON otherwise")
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str();
  serving
      .add_option("--log-level", words.log_level, "debug, info, warning or error: this and worse")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  serving.add_flag("--insecure-allow-swap", words.insecure_allow_swap,
                   "run although memory cannot be locked: keys may reach the swap");
  serving
      .add_flag("--check-config", words.check_config,
                "look at settings, keys and certificate, say what is wrong, and end")
      ->configurable(false);
}

CLI::App& add_serve(CLI::App& app, Words& words) {
  CLI::App* serving = app.add_subcommand("serve", "take work and hand it to workers");
  serving->add_option("--dir", words.dir, "the trigger's folder; made when it is missing")
      ->required()
      ->type_name("FOLDER");
  serving->add_option("--keytab", words.keytab, "the trigger's own key, from `waybill keygen`")
      ->required()
      ->type_name("FILE");
  serving->add_option("--listen", words.listen, "where it listens; port 0 is any free one")
      ->required()
      ->type_name("HOST:PORT");
  serving
      ->add_option("--grpc-listen", words.grpc_listen,
                   "the gRPC door too, with the same certificate (specs/grpc-api.md)")
      ->type_name("HOST:PORT");
  serving
      ->add_option("--realm-file", words.realm_file,
                   "the realm; else $WAYBILL_REALM, ~/.config/waybill, /etc/waybill")
      ->type_name("FILE");
  serving
      ->add_option("--status-listen", words.status_listen,
                   "/healthz, /readyz and /metrics, in plain HTTP (specs/metrics.md)")
      ->type_name("HOST:PORT");
  add_temporal(*serving, words);
  serving
      ->add_option("--namespace,--temporal-namespace", words.space,
                   "the engine's namespace, which tickets name")
      ->capture_default_str()
      ->type_name("NAME");
  serving->add_option("--url", words.url, "where clients reach it, told to the KDC")
      ->type_name("URL");
  add_feed(*serving, words);
  serving
      ->add_option("--tls-certificate", words.tls_certificate,
                   "PEM: speak https, with this certificate and what leads to its authority")
      ->type_name("FILE");
  serving->add_option("--tls-key", words.tls_key, "PEM: its private key, mode 0600 or 0400")
      ->type_name("FILE");
  add_limits(*serving, words);
  add_running(*serving, words);
  serving->footer(serve_examples);
  return *serving;
}

CLI::App& describe_program(CLI::App& app, Words& words) {
  fit_help(app);
  app.require_subcommand(1);
  app.footer(main_examples);
  CLI::App& serving = add_serve(app, words);
  take_settings_file(app, serving);
  return serving;
}

}  // namespace

int main(int argc, char** argv) {
  Told told;
  CLI::App app("The front door for work that is done in a user's name.", "waybill-trigger");
  const CLI::App& serving = describe_program(app, told.words);
  try {  // the one catch of this program: a sentence for whatever the machine does wrong
    app.parse(argc, argv);
    told.settings = settings_of(serving);
    Shutdown shutdown(Shutdown::Hangup::is_heard);
    if (!LockedArena::start() && !told.words.insecure_allow_swap) {
      return complain(local_trouble,
                      "memory for keys cannot be locked: raise the limit (ulimit -l), or allow it "
                      "with --insecure-allow-swap");
    }
    harden_process();
    return run_serve(
        std::move(told), [=] { return told_again(argc, argv); }, shutdown);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_usage;
  } catch (const std::exception& error) {
    return complain(local_trouble, error.what());
  }
}
