#include "tests/integration/live_realm.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "ticket/adapters/files.h"
#include "ticket/possession.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

std::string read_text(const std::filesystem::path& file) {
  return std::string(text_of(read_file(file, 1 << 20)));
}

std::string file_name(std::string_view principal) {
  std::string name(principal);
  std::ranges::replace(name, '/', '-');
  return name;
}

void must_be_done(const Ended& outcome, const std::string& what) {
  if (outcome.status == 0) return;
  throw std::runtime_error(what + " ended with " + std::to_string(outcome.status) + ":\n" +
                           outcome.out + outcome.err);
}

// Whether the line sets it, or shows it in a comment.
bool is_about(std::string_view line, const std::string& name) {
  line.remove_prefix(std::min(line.find_first_not_of("# "), line.size()));
  return line.starts_with(name + " ") || line.starts_with(name + "=");
}

void set(const std::filesystem::path& file, const LiveRealm::Settings& settings) {
  std::vector<std::string> lines;
  std::istringstream in(read_text(file));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  for (const auto& [name, value] : settings) {
    const auto line = std::ranges::find_if(
        lines, [&name = name](const std::string& each) { return is_about(each, name); });
    if (line == lines.end()) throw std::runtime_error("no setting " + name);
    *line = name + " = " + value;
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  write_file_atomic(file, bytes_of(text), 0600);
}

}  // namespace

LiveRealm::LiveRealm(const Settings& settings) {
  const std::string listen = "127.0.0.1:" + std::to_string(kdc_port_);
  must_be_done(run(program(WAYBILL_KDC_PROGRAM, {"init", "--dir", "kdc", "--realm", "TEST.WAYBILL",
                                                 "--listen", listen})),
               "waybill-kdc init");
  change_settings(settings);
  kdc_ = std::make_unique<Daemon>(program(WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc"}),
                                  folder() / "kdc.log");
  start_kdc();
  client_ = std::make_unique<KdcClient>(RealmFile::load(realm_file()), clock_);
  const auto secret = read_secret_file(folder() / "kdc" / "operator.keytab");
  operator_ =
      std::make_unique<ServicePrincipal>(*client_, *Keytab::decode(secret.expose()), clock_);
  make_people();
}

void LiveRealm::change_settings(const Settings& settings) const {
  if (!settings.empty()) set(folder() / "kdc" / "kdc.toml", settings);
}

void LiveRealm::start_kdc() {
  kdc_->start();
  kdc_->wait_until_listening(kdc_port_);
}

void LiveRealm::make_people() {
  add_principal("carol", "user");
  add_principal("mallory", "user");
  add_principal("trigger/orders", "service");
  add_principal("trigger/other", "service");
  add_principal("alice", "user");
  add_principal("bob", "user");
  add_queue("queue-alice", "alice");
  add_queue("queue-bob", "bob");
  Fields carols{{"subject", "carol"}, {"queue", "queue-alice"}, {"workflow", "invoice-*"}};
  grant(carols.add("action", "invoice:read").add("action", "report:write").add("max_run", "3600"));
  Fields mallorys{{"subject", "mallory"}, {"queue", "queue-bob"}, {"workflow", "invoice-*"}};
  grant(mallorys.add("action", "invoice:read").add("max_run", "3600"));
  for (const char* trigger : {"trigger/orders", "trigger/other"}) {
    grant({{"trigger", trigger}, {"queue", "queue-*"}});
  }
}

Principal LiveRealm::principal(std::string_view name) const {
  return *Principal::make(name, client_->realm_file().realm);
}

Result<Answer> LiveRealm::as_operator(const std::string& operation, const Fields& arguments) {
  return operator_->call(Operation{operation, arguments.encode()});
}

Fields LiveRealm::must(const std::string& operation, const Fields& arguments) {
  const auto answers =
      operator_->call(std::vector<Operation>{Operation{operation, arguments.encode()}});
  const auto refusal = answers ? answers->front().refusal : answers.error().code;
  if (refusal) {
    throw std::runtime_error(operation + " was refused: " + std::string(describe(*refusal).name) +
                             (answers ? " " + answers->front().detail : ""));
  }
  if (answers->front().value.empty()) return {};
  const auto fields = Fields::decode(answers->front().value);
  return fields ? *fields : Fields{};
}

std::vector<Fields> LiveRealm::rows(const std::string& operation, Fields arguments) {
  std::vector<Fields> all;
  std::string next;
  do {
    Fields asked = arguments;
    if (!next.empty() || operation.starts_with("audit.")) {
      asked.add("after", next.empty() ? "0" : next);  // without it a tail begins near the end
    }
    const auto answer = as_operator(operation, asked);
    if (!answer) throw std::runtime_error(operation + " was refused");
    auto page = Page::decode(answer->value);
    if (!page) throw std::runtime_error(operation + ": not a page");
    all.insert(all.end(), page->rows.begin(), page->rows.end());
    next = page->next;
  } while (!next.empty());
  return all;
}

namespace {
// Makes a key, keeps it in `file` and gives what registers it.
Fields fresh_key(KdcClient& client, const Principal& owner, const std::filesystem::path& file,
                 Time now) {
  const auto document = client.fetch_realm();
  const auto* epoch = document ? document->epoch_at(now) : nullptr;
  if (epoch == nullptr) throw std::runtime_error("the KDC has no epoch");
  const Kvno first{1};
  PrincipalKey key = PrincipalKey::random();
  const PrincipalPublic half = key.public_key();
  const Digest possession = *prove_possession(key, epoch->key, {owner, first});
  create_file(file, Keytab(owner, {first, now, std::move(key)}).encode(), 0600);
  return {{"public_key", to_hex(half.bytes)},
          {"possession", to_hex(possession)},
          {"epoch", std::to_string(number(epoch->id))}};
}

Fields joined(Fields fields, const Fields& more) {
  for (const auto& [name, value] : more.entries()) fields.add(name, value);
  return fields;
}
}  // namespace

void LiveRealm::add_principal(const std::string& name, const std::string& kind,
                              const Fields& more) {
  const Fields key = fresh_key(*client_, principal(name), keytab_of(name), now());
  must("admin.principal.add", joined(joined({{"name", name}, {"kind", kind}}, key), more));
}

void LiveRealm::add_queue(const std::string& name, const std::string& owner) {
  const Fields key = fresh_key(*client_, principal(name), keytab_of(name), now());
  must("admin.queue.add", joined({{"name", name}, {"owner", owner}}, key));
}

std::string LiveRealm::grant(const Fields& grant) {
  return std::string(must("admin.grant.add", grant).get("id"));
}

void LiveRealm::withdraw_grants(const std::string& subject) {
  for (const Fields& row : rows("admin.grant.list")) {
    if (row.get("subject") == subject) {
      must("admin.grant.remove", {{"id", std::string(row.get("id"))}});
    }
  }
}

std::filesystem::path LiveRealm::keytab_of(std::string_view name) const {
  return folder() / (file_name(name) + ".keytab");
}

Keytab LiveRealm::keytab(std::string_view name) const {
  return *Keytab::decode(read_secret_file(keytab_of(name)).expose());
}

Command LiveRealm::program(const std::filesystem::path& program, std::vector<std::string> arguments,
                           const std::string& cache) const {
#ifdef __SANITIZE_ADDRESS__
  // At the end of a process its runtime looks for leaks from another one, which the KDC may not
  // make.
  if (program == WAYBILL_KDC_PROGRAM && arguments.front() == "serve") {
    arguments.emplace_back("--insecure-no-sandbox");
  }
#endif
  return {program,
          std::move(arguments),
          folder(),
          {{"WAYBILL_REALM", realm_file().string()},
           {"WAYBILL_CACHE", (folder() / "caches" / file_name(cache)).string()}}};
}

Ended LiveRealm::waybill(std::vector<std::string> arguments, const std::string& cache,
                         std::string_view input) const {
  return run(program(WAYBILL_PROGRAM, std::move(arguments), cache), input);
}

void LiveRealm::init(const std::string& name) const {
  const std::string keytab =
      name == "operator" ? "kdc/operator.keytab" : keytab_of(name).filename().string();
  must_be_done(waybill({"init", "-k", "-t", keytab, name}, name), "waybill init " + name);
}

std::filesystem::path LiveRealm::write(const std::string& name, std::string_view text) const {
  write_file_atomic(folder() / name, bytes_of(text), 0600);
  return folder() / name;
}

LiveTrigger::LiveTrigger(const LiveRealm& realm, const std::string& name,
                         const std::vector<std::string>& more) {
  const std::string dir = file_name(name);
  std::vector<std::string> arguments{"serve",
                                     "--dir",
                                     dir,
                                     "--keytab",
                                     realm.keytab_of(name).string(),
                                     "--listen",
                                     "127.0.0.1:" + std::to_string(port_)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  daemon_ = std::make_unique<Daemon>(realm.program(WAYBILL_TRIGGER_PROGRAM, arguments),
                                     realm.folder() / (dir + ".log"));
  start();
}

void LiveTrigger::start() {
  daemon_->start();
  daemon_->wait_until_listening(port_);
  if (daemon_->says("\"ready\"")) return;  // it has heard from the KDC
  throw std::runtime_error("the trigger is not ready:\n" + daemon_->log());
}

LiveWorker::LiveWorker(const LiveRealm& realm, const std::string& trigger_url,
                       const Options& options) {
  const std::string dir = options.dir.empty() ? "worker-" + options.queue : options.dir;
  const std::string name = options.name.empty() ? dir : options.name;
  std::vector<std::string> arguments{"run", "--dir", dir, "--keytab",
                                     realm.keytab_of(options.queue).string()};
  if (!trigger_url.empty()) arguments.insert(arguments.end(), {"--trigger", trigger_url});
  for (const auto& [type, command] : options.handlers) {
    arguments.push_back("--handler");
    arguments.push_back(type + "=" + command);
  }
  arguments.insert(arguments.end(), options.more.begin(), options.more.end());
  daemon_ = std::make_unique<Daemon>(realm.program(WAYBILL_WORKER_PROGRAM, arguments),
                                     realm.folder() / (name + ".log"));
  daemon_->start();
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace waybill::test
