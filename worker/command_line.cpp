#include "worker/command_line.h"

#include <map>

#include <CLI/CLI.hpp>

#include "ticket/adapters/help_page.h"

namespace waybill::worker {
namespace {

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

At a SIGHUP it reads log level, realm file, handlers and required actions again; the log says what
was taken over, and which other settings have changed that take a restart. Ctrl-C or SIGTERM ends
it: running handlers have 10 seconds to finish, then their jobs are handed back. A second Ctrl-C
ends it at once.

Examples:
  waybill-worker run --dir worker --keytab alice.keytab \
      --trigger http://127.0.0.1:8090 --handler 'invoice-report=./make-report'
  waybill-worker run --dir worker --keytab alice.keytab \
      --trigger http://127.0.0.1:8090 --handler 'pay=./pay' \
      --require-action 'pay=bank:transfer' --concurrency 8
  waybill-worker run --dir worker --keytab alice.keytab \
      --trigger http://127.0.0.1:8090 --handler 'invoice-report=./make-report' \
      --mirror /var/lib/waybill/mirror --feed https://cdn.example/feed
  waybill-worker run --dir worker --keytab alice.keytab \
      --engine temporal --temporal-address 127.0.0.1:7233 \
      --handler 'invoice-report=./make-report'
  waybill-worker run --config /etc/waybill/worker.toml   # tools/examples
)";

void describe_temporal(CLI::App& app, Words& words) {
  app.add_option("--engine", words.engine, "embedded: a trigger's own; temporal: a Temporal server")
      ->check(CLI::IsMember({"embedded", "temporal"}))
      ->capture_default_str();
  app.add_option("--temporal-address", words.temporal.address, "the Temporal server: HOST:PORT");
  app.add_option("--temporal-namespace", words.temporal.space, "its namespace, which tickets name")
      ->capture_default_str();
  app.add_option("--temporal-token", words.temporal.token_file,
                 "a file with a bearer token for it, mode 0600, read again for each call")
      ->type_name("FILE");
  app.add_option("--temporal-ca", words.temporal.authorities,
                 "PEM of the authorities of its certificate: speak TLS")
      ->type_name("FILE");
}

void describe_feed(CLI::App& app, Words& words) {
  app.add_option("--realm-file", words.realm_file,
                 "else $WAYBILL_REALM, ~/.config/waybill/realm.toml, /etc/waybill/realm.toml")
      ->type_name("FILE");
  app.add_option("--feed", words.feed,
                 "where the revocation feed is: a web address or a folder, in the order in which "
                 "they are tried; else the realm file's, else the KDCs")
      ->allow_extra_args(false);
  app.add_option("--mirror", words.mirror,
                 "the folder of the feed's mirror, which all workers and triggers of a user on a "
                 "host may share (DIR/mirror)")
      ->type_name("FOLDER");
  app.add_option("--feed-interval", words.feed_seconds, "seconds between two looks at the feed")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--on-revoked", words.on_revoked,
                 "stop or finish: a running handler whose ticket is revoked or not renewed")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OnRevoked>{
          {"stop", OnRevoked::stop}, {"finish", OnRevoked::finish}}))
      ->default_str("stop");
}

void describe_daemon(CLI::App& app, Words& words) {
  app.add_option("--status-listen", words.status_listen,
                 "HOST:PORT for /healthz, /readyz and /metrics, in plain HTTP (specs/metrics.md)");
  app.add_option("--log-format", words.log_format, "auto: text on a terminal, JSON otherwise")
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str();
  app.add_option("--log-level", words.log_level, "debug, info, warning or error: this and worse")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_flag("--once", words.once, "end after one job; status 1 when it was not completed")
      ->configurable(false);
  app.add_flag("--insecure-allow-swap", words.insecure_allow_swap,
               "start although memory cannot be locked");
  app.add_flag("--check-config", words.check_config,
               "look at settings, keys and handlers, say what is wrong, and end")
      ->configurable(false);
}

void describe_run(CLI::App& app, Words& words) {
  app.add_option("--dir", words.dir, "the worker's folder; made when it is missing")
      ->required()
      ->type_name("FOLDER");
  app.add_option("--keytab", words.keytab, "the queue's key, from `waybill keygen`")
      ->required()
      ->type_name("FILE");
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
  describe_feed(app, words);
  describe_daemon(app, words);
  app.footer(run_footer);
}

}  // namespace

CLI::App& describe_program(CLI::App& app, Words& words) {
  fit_help(app);
  app.require_subcommand(1);
  app.footer(main_footer);
  CLI::App& running =
      *app.add_subcommand("run", "poll a trigger, verify its jobs, run their handlers");
  describe_run(running, words);
  take_settings_file(app, running);
  return running;
}

Told told_again(int argc, char** argv) {
  Told told;
  CLI::App app;
  const CLI::App& running = describe_program(app, told.words);
  app.parse(argc, argv);
  told.settings = settings_of(running);
  return told;
}

}  // namespace waybill::worker
