#include "ticket/adapters/kdc_client.h"

#include <thread>

#include "ticket/adapters/request_id.h"
#include "ticket/limits.h"

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

KdcClient::KdcClient(RealmFile realm, const Clock& clock, std::chrono::milliseconds patience)
    : realm_(std::move(realm)), clock_(clock), patience_(patience) {
  for (const std::string& url : realm_.kdcs) kdcs_.push_back(connect(url, realm_));
}

KdcClient::~KdcClient() = default;

HttpReply KdcClient::exchange(std::string_view method, const std::string& path, Bytes body) {
  using Steady = std::chrono::steady_clock;
  for (const auto end = Steady::now() + patience_;;) {
    try {
      return try_each(method, path, body);
    } catch (const HttpError& error) {
      if (error.cause() != HttpError::Cause::cannot_connect || Steady::now() >= end) throw;
    }
    std::this_thread::sleep_for(between_tries);
  }
}

HttpReply KdcClient::try_each(std::string_view method, const std::string& path, Bytes body) {
  const std::size_t first = first_.load();
  for (std::size_t tried = 1;; ++tried) {
    const std::size_t index = (first + tried - 1) % kdcs_.size();
    const bool last = tried == kdcs_.size();
    try {  // the only way to hear that this KDC is away and another may not be
      HttpReply reply = kdcs_[index]->send(method, path, body.empty() ? "" : msgpack,
                                           std::string(text_of(body)), request_headers());
      if (!last && is_silent_refusal(reply)) continue;
      first_.store(index);
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
    throw HttpError(HttpError::Cause::broken,
                    "what answers at " + kdcs_[first_.load()]->base_url() +
                        " does not speak as a KDC (status " + std::to_string(reply.status) + ")");
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
  TRY(document, RealmDocument::parse(wire, realm_.realm, realm_.root));
  if (document.serial < known) return Error{Errc::realm_invalid, "older than the one before"};
  saw_serial(document.serial);
  return wire;
}

Result<RealmDocument> KdcClient::fetch_realm() {
  TRY(wire, fetch_signed_realm());
  return RealmDocument::parse(wire, realm_.realm, realm_.root);
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
  TRY(kdc, Principal::make(krbtgt_name, realm_.realm));
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
