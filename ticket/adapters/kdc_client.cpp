#include "ticket/adapters/kdc_client.h"

#include <thread>

#include "ticket/adapters/request_id.h"
#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::string_view msgpack = "application/msgpack";
constexpr std::chrono::milliseconds between_tries(100);

std::unique_ptr<HttpClient> connect(const std::string& url, const RealmFile& realm) {
  HttpClient::Options options;
  options.ca_file = realm.tls_ca.string();
  options.max_reply_bytes = limits::max_reply + limits::max_message;  // a reply and its seal
  return std::make_unique<HttpClient>(url, std::move(options));
}

// A KDC under too much load, or starting, answers 503 without a word: the next one may do better.
bool is_silent_refusal(const HttpReply& reply) { return reply.status == 503 && reply.body.empty(); }

// Of the request that is served, for the KDC's log. Beside the call, which is sealed without it.
HttpHeaders request_headers() {
  const std::string_view id = current_request_id();
  if (id.empty()) return {};
  return {{RequestScope::header, std::string(id)}};
}

std::optional<InstanceId> instance_in(const Answer& answer) {
  Reader in(answer.value, limits::max_message);
  const auto instance = in.bin<16>();
  if (!in.finish()) return std::nullopt;
  return instance;
}

bool is_wrong_instance(const std::vector<Answer>& answers) {
  return answers.size() == 1 && answers.front().refusal == Errc::wrong_instance;
}

}  // namespace

KdcClient::Pinned::Pinned(RealmFile file) : realm(std::move(file)) {
  for (const std::string& url : realm.kdcs) kdcs.push_back(connect(url, realm));
}

KdcClient::KdcClient(RealmFile realm, const Clock& clock, std::chrono::milliseconds patience)
    : clock_(clock), patience_(patience), pinned_(std::make_shared<Pinned>(std::move(realm))) {}

KdcClient::~KdcClient() = default;

std::shared_ptr<KdcClient::Pinned> KdcClient::pinned() const {
  const std::scoped_lock guard(lock_);
  return pinned_;
}

Checked KdcClient::use(RealmFile realm) {
  if (realm.realm != pinned()->realm.realm) {
    return Error{Errc::wrong_realm, "a realm file of another realm"};
  }
  KdcClient candidate(std::move(realm), clock_);
  candidate.saw_serial(realm_serial());
  const auto document = candidate.fetch_realm();
  if (!document) return document.error();
  saw_serial(document->serial);
  const std::scoped_lock guard(lock_);
  pinned_ = candidate.pinned();
  return ok();
}

HttpReply KdcClient::exchange(std::string_view method, const std::string& path, Bytes body) {
  using Steady = std::chrono::steady_clock;
  for (const auto end = Steady::now() + patience_;;) {
    try {
      return try_each(*pinned(), method, path, body);
    } catch (const HttpError& error) {
      if (error.cause() != HttpError::Cause::cannot_connect || Steady::now() >= end) throw;
    }
    std::this_thread::sleep_for(between_tries);
  }
}

HttpReply KdcClient::try_each(Pinned& pinned, std::string_view method, const std::string& path,
                              Bytes body) {
  const auto& kdcs = pinned.kdcs;
  const std::size_t first = pinned.first.load();
  for (std::size_t tried = 1;; ++tried) {
    const std::size_t index = (first + tried - 1) % kdcs.size();
    const bool last = tried == kdcs.size();
    try {  // the only way to hear that this KDC is away and another may not be
      HttpReply reply = kdcs[index]->send(method, path, body.empty() ? "" : msgpack,
                                          std::string(text_of(body)), request_headers());
      if (!last && is_silent_refusal(reply)) continue;
      pinned.first.store(index);
      return reply;
    } catch (const HttpError&) {
      if (last) throw;
    }
  }
}

Result<Buffer> KdcClient::ask(std::string_view method, const std::string& path, Bytes body) {
  const HttpReply reply = exchange(method, path, body);
  const Bytes bytes = bytes_of(reply.body);
  if (reply.status == 200) return copy_of(bytes);
  if (is_silent_refusal(reply)) return Error{Errc::busy, "the KDC has no room"};
  const auto refusal = Refusal::decode(bytes);
  if (!refusal) {
    throw HttpError(HttpError::Cause::broken, "what answers at " + pinned()->answering() +
                                                  " does not speak as a KDC (status " +
                                                  std::to_string(reply.status) + ")");
  }
  return Error{refusal->code, "the KDC's word, not authenticated"};
}

void KdcClient::saw_serial(std::uint64_t serial) {
  std::uint64_t known = serial_.load();
  while (known < serial && !serial_.compare_exchange_weak(known, serial)) {
  }
}

Result<Buffer> KdcClient::fetch_signed_realm() {
  const std::uint64_t known = serial_.load();
  TRY(wire, ask("GET", "/v1/realm", {}));
  const auto pinned = this->pinned();
  TRY(document, RealmDocument::parse(wire, pinned->realm.realm, pinned->realm.root));
  if (document.serial < known) return Error{Errc::realm_invalid, "older than the one before"};
  saw_serial(document.serial);
  return wire;
}

Result<RealmDocument> KdcClient::fetch_realm() {
  TRY(wire, fetch_signed_realm());
  const auto pinned = this->pinned();
  return RealmDocument::parse(wire, pinned->realm.realm, pinned->realm.root);
}

Result<Login::Done> KdcClient::login(const PrincipalKey& key, const Principal& principal,
                                     Login::Wish wish) {
  TRY(document, fetch_realm());
  TRY(login, Login::start(key, principal, document, wish, clock_.now()));
  TRY(reply, ask("POST", "/v1/as", login.request()));
  return login.finish(reply, clock_.now());
}

Result<std::vector<Answer>> KdcClient::call_once(const Caller& caller,
                                                 const std::vector<Operation>& operations) {
  TRY(kdc, Principal::make(krbtgt_name, pinned()->realm.realm));
  TRY(pending, make_call(caller.tgt.ticket, caller.tgt.session, operations,
                         {std::move(kdc), caller.kdc, clock_.now()}));
  TRY(reply, ask("POST", "/v1/call", pending.wire));
  return pending.open_reply(reply);
}

Result<std::vector<Answer>> KdcClient::call(Caller caller,
                                            const std::vector<Operation>& operations) {
  TRY(answers, call_once(caller, operations));
  if (is_wrong_instance(answers)) {
    const auto instance = instance_in(answers.front());
    if (!instance) return Error{Errc::malformed, "the KDC's instance"};
    caller.kdc = *instance;
    TRY(again, call_once(caller, operations));
    answers = std::move(again);
  }
  const bool whole = answers.size() == 1 && answers.front().refusal &&
                     (operations.size() != 1 || is_wrong_instance(answers));
  if (whole) return Error{*answers.front().refusal, "the whole call"};
  if (answers.size() != operations.size()) return Error{Errc::malformed, "number of answers"};
  return answers;
}

}  // namespace waybill
