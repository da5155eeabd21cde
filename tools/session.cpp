#include "tools/session.h"

#include <algorithm>

#include "ticket/adapters/files.h"
#include "ticket/exchange/keytab.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::chrono::seconds patience(2);  // with a KDC that was started a moment ago

using namespace std::chrono_literals;

constexpr Seconds service_life = 0s;  // of a service ticket: what the KDC gives, within the TGT's
constexpr Seconds least_left = 30s;   // a ticket that ends on the way helps nobody
constexpr std::string_view log_in_first = "run `waybill init`";

bool is_about_the_tgt(Errc code) {
  return code == Errc::unknown_epoch || code == Errc::ticket_expired || code == Errc::revoked ||
         code == Errc::bad_integrity;
}

Stop refused(Errc code, const std::string& detail) {
  Stop stop(Error{code}, detail);
  if (is_about_the_tgt(code)) stop.hint = log_in_first;
  return stop;
}

// What is cached may have been replaced by another command since we read it: only what we learned
// goes into what is there now.
void merge(CredentialCache& into, const CredentialCache& from) {
  into.kdc = from.kdc;
  into.realm_serial = std::max(into.realm_serial, from.realm_serial);
}

}  // namespace

Outcome<RealmFile> open_realm_file() {
  const auto path = RealmFile::find();
  std::error_code unknown;
  if (!path || !std::filesystem::exists(*path, unknown)) {
    return Stop(Exit::local,
                path ? "there is no realm file " + path->string() : "no realm file was found",
                "set WAYBILL_REALM to the realm.toml that your realm hands out, or save it as "
                "~/.config/waybill/realm.toml");
  }
  RealmFile realm = RealmFile::load(*path);
  const char* kdc = from_environment("WAYBILL_KDC");
  if (kdc == nullptr) return realm;
  if (!RealmFile::is_kdc(kdc)) {
    return Stop(Exit::local, "WAYBILL_KDC is not the address of a KDC",
                "set it to http://host:port, https://host:port or unix:/path, or unset it");
  }
  realm.kdcs = {kdc};
  return realm;
}

Outcome<Keytab> read_keytab(const std::string& path) {
  const SecretBytes bytes = read_secret_file(path, limits::max_keytab);
  auto keytab = Keytab::decode(bytes.expose());
  if (!keytab) return Stop(Exit::local, path + " is not a keytab", "`waybill keygen` makes one");
  return *std::move(keytab);
}

Session::Session(Context& context, RealmFile realm, CacheFolder folder)
    : context_(context),
      client_(std::move(realm), context.clock, patience),
      folder_(std::move(folder)),
      cache_(folder_.current()) {
  if (cache_ && cache_->principal().realm() != this->realm()) cache_.reset();
  if (cache_) client_.saw_serial(cache_->realm_serial);
}

Outcome<std::unique_ptr<Session>> Session::open(Context& context,
                                                const std::optional<std::string>& cache) {
  TRY(realm, open_realm_file());
  return std::unique_ptr<Session>(
      new Session(context, std::move(realm), CacheFolder::chosen(cache)));
}

Outcome<Principal> Session::principal(const std::string& text) const {
  auto principal = Principal::parse(text, realm());
  if (!principal) {
    return wrong_usage("`" + escaped(text) + "` is not a principal",
                       "a principal is like carol, trigger/orders or carol@" + realm().text());
  }
  return *std::move(principal);
}

Outcome<const IssuedTicket*> Session::tgt() const {
  if (!cache_ || cache_->tgt() == nullptr) {
    return Stop(Exit::no_credentials, "nobody is logged in to " + realm().text(),
                std::string(log_in_first));
  }
  const IssuedTicket* ticket = cache_->tgt();
  if (ticket->times.run_until <= now()) {
    return Stop(Exit::no_credentials,
                "the ticket of " + cache_->principal().text() + " ended " +
                    print_relative(ticket->times.run_until, now()),
                std::string(log_in_first));
  }
  return ticket;
}

void Session::save() {
  cache_->realm_serial = std::max(cache_->realm_serial, client_.realm_serial());
  auto newest = folder_.load(cache_->principal());
  if (!newest) return;  // destroyed in the meantime: it stays so
  merge(*newest, *cache_);
  folder_.save(*newest);
}

Outcome<std::vector<Answer>> Session::call_all(const std::vector<Operation>& operations) {
  TRY(ticket, tgt());
  const InstanceId before = cache_->kdc;
  auto answers = client_.call({*ticket, cache_->kdc}, operations);
  if (cache_->kdc != before) save();
  if (!answers) return refused(answers.error().code, {});
  return *std::move(answers);
}

Outcome<Answer> Session::call(Operation operation) {
  TRY(answers, call_all({std::move(operation)}));
  Answer& answer = answers.front();
  if (answer.refusal) return refused(*answer.refusal, answer.detail);
  return std::move(answer);
}

Outcome<Fields> Session::call(const std::string& operation, const Fields& arguments) {
  TRY(answer, call(Operation{operation, arguments.encode()}));
  if (answer.value.empty()) return Fields{};
  TRY(fields, Fields::decode(answer.value));
  return fields;
}

Outcome<std::vector<Fields>> Session::list(const std::string& operation, const Fields& arguments,
                                           std::size_t most) {
  std::vector<Fields> rows;
  std::string after;
  do {
    Fields asked = arguments;
    if (!after.empty()) asked.add("after", after);
    TRY(answer, call(Operation{operation, asked.encode()}));
    TRY(page, Page::decode(answer.value));
    for (Fields& row : page.rows) rows.push_back(std::move(row));
    if (page.rows.empty() || page.next == after) break;
    after = page.next;
  } while (!after.empty() && rows.size() < most);
  if (rows.size() > most) rows.resize(most);
  return rows;
}

Outcome<const IssuedTicket*> Session::ticket_for(const Principal& service, From from) {
  CHECK_OK(tgt());
  const IssuedTicket* known = from == From::cache ? cache_->find(service.name()) : nullptr;
  if (known != nullptr && now() + least_left < known->times.run_until) return known;
  const ServiceTicketRequest request{service.name(), service_life};
  TRY(answer, call(Operation{"tgs", request.encode()}));
  TRY(issued, IssuedTicket::decode(answer.value));
  store(service.name(), std::move(issued));
  return cache_->find(service.name());
}

void Session::store(const std::string& audience, IssuedTicket ticket) {
  const SecretBuffer copy = ticket.encode();
  cache_->store(audience, std::move(ticket));
  auto newest = folder_.load(cache_->principal());
  if (!newest) return;
  if (auto again = IssuedTicket::decode(copy)) newest->store(audience, *std::move(again));
  merge(*newest, *cache_);
  folder_.save(*newest);
}

Outcome<RealmDocument> Session::realm_document() {
  TRY(document, client_.fetch_realm());
  return document;
}

void Session::begin(const Principal& principal, Login::Done login) {
  CredentialCache fresh(principal, login.kdc, client_.realm_serial());
  fresh.store(std::string(krbtgt_name), std::move(login.tgt));
  cache_ = std::move(fresh);
  folder_.save(*cache_);
  folder_.make_current(principal);
}

Outcome<Fields> key_fields(const RealmDocument& realm, const PrincipalKey& key,
                           const KeyClaim& claim, Time now) {
  const auto* epoch = realm.epoch_at(now);
  if (epoch == nullptr) return Error{Errc::unknown_epoch, "no epoch is open"};
  const auto proof = prove_possession(key, epoch->key, claim);
  if (!proof) return Error{Errc::possession_unproven, "an epoch key of small order"};
  return Fields{{"public_key", to_hex(key.public_key().bytes)},
                {"possession", to_hex(*proof)},
                {"epoch", std::to_string(number(epoch->id))}};
}

}  // namespace waybill::tools
