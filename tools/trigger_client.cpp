#include "tools/trigger_client.h"

#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/exchange/client.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/text.h"
#include "tools/ui.h"

namespace waybill::tools {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto json_type = "application/json";
constexpr int most_tries = 5;  // three seconds with the pauses between them
constexpr auto pause = 300ms;

// A reply holds an input or a result in base64, and little else.
HttpClient::Options options(const RealmFile& realm) {
  HttpClient::Options options;
  options.ca_file = realm.tls_ca.string();
  options.max_reply_bytes = limits::max_input / 3 * 4 + limits::max_message;
  options.read_time = 30s;
  return options;
}

Stop not_a_trigger(const std::string& url, int status) {
  return {Exit::unreachable, "what answers at " + url + " does not speak as a trigger (status " +
                                 std::to_string(status) + ")"};
}

const json& error_in(const json& answer) {
  static const json none = json::object();
  const auto found = answer.find("error");
  return found != answer.end() && found->is_object() ? *found : none;
}

std::optional<Errc> refusal_in(const json& answer) {
  const json& error = error_in(answer);
  const auto number = error.find("number");
  if (number == error.end() || !number->is_number_unsigned()) return std::nullopt;
  return errc_from(number->get<std::uint64_t>());
}

Stop refusal_of(const json& answer, const std::string& url, int status) {
  const std::string code = text_in(error_in(answer), "code");
  if (!code.starts_with("WB-")) return not_a_trigger(url, status);
  Stop stop(Exit::refused, escaped(text_in(error_in(answer), "message")));
  stop.code = escaped(code);
  if (status == 503) stop.exit = Exit::unreachable;
  if (const std::string id = text_in(error_in(answer), "request_id"); status >= 500) {
    stop.hint = "the trigger's log has more under request " + escaped(id);
  }
  if (const std::string run = text_in(answer, "run_id"); !run.empty()) {
    stop.hint = "run " + escaped(run) + " has that workflow id";
  }
  return stop;
}

json parse_json(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_object() ? value : json::object();
}

struct Place {
  std::string url;
  std::string principal;  // as the KDC says; empty when a person named the address
};

Stop several(const std::vector<Fields>& rows) {
  std::string all;
  for (const Fields& row : rows) {
    all += (all.empty() ? "" : ", ") + escaped(row.get("principal")) + " at " +
           escaped(row.get("url"));
  }
  return wrong_usage("several triggers would do: " + all,
                     "choose one with --trigger URL or with WAYBILL_TRIGGER");
}

Outcome<Place> locate(Session& session, const TriggerClient::Wanted& wanted) {
  if (wanted.url) return Place{*wanted.url, ""};
  if (const char* url = from_environment("WAYBILL_TRIGGER")) return Place{url, ""};
  Fields question;
  if (wanted.queue) question.add("queue", *wanted.queue);
  TRY(rows, session.list("locate", question));
  if (wanted.service) {
    TRY(service, session.principal(*wanted.service));
    std::erase_if(rows, [&](const Fields& row) {
      const auto named = Principal::parse(row.get("principal"), session.realm());
      return !named || *named != service;
    });
  }
  if (rows.size() > 1) return several(rows);
  if (rows.empty()) {
    return Stop(Exit::refused,
                wanted.queue ? "the KDC knows of no trigger that serves " + escaped(*wanted.queue)
                             : "the KDC knows of no trigger",
                "name one with --trigger URL or with WAYBILL_TRIGGER");
  }
  return Place{std::string(rows.front().get("url")), std::string(rows.front().get("principal"))};
}

}  // namespace

Outcome<std::unique_ptr<TriggerClient>> TriggerClient::reach(Session& session,
                                                             const Wanted& wanted) {
  TRY(place, locate(session, wanted));
  auto http = std::make_unique<HttpClient>(place.url, options(session.client().realm_file()));
  const HttpReply reply = http->get("/v1/info");
  const json info = parse_json(reply.body);
  const auto instance = fixed_from_hex<16>(text_in(info, "instance"));
  auto service = Principal::parse(text_in(info, "service"));
  if (reply.status != 200 || !instance || !service) return not_a_trigger(place.url, reply.status);
  for (const std::string& name : {wanted.service.value_or(""), place.principal}) {
    if (name.empty()) continue;
    TRY(expected, session.principal(name));
    if (expected == *service) continue;
    return Stop(Error{Errc::wrong_addressee},
                place.url + " is " + service->text() + ", not " + expected.text());
  }
  if (service->realm() != session.realm()) return Stop(Error{Errc::wrong_realm}, place.url);
  std::optional<std::string> space;
  if (info.contains("namespace")) space = text_in(info, "namespace");
  if (space && !is_name(*space, limits::max_name)) return not_a_trigger(place.url, reply.status);
  return std::unique_ptr<TriggerClient>(new TriggerClient(
      session, std::move(http), *std::move(service), *instance, std::move(space)));
}

Outcome<std::string> TriggerClient::present_for(const std::string& method, const std::string& path,
                                                const std::string& body, Session::From from) {
  TRY(ticket, session_.ticket_for(service_, from));
  const Digest request = request_digest({bytes_of(method), bytes_of(path), bytes_of(body)});
  return authorization(present(*ticket, {service_, instance_, request}, session_.now()));
}

// Nothing when the connection broke and the request may be made again, after a pause.
std::optional<HttpReply> TriggerClient::send(const Request& request, bool may_repeat, int tries) {
  try {  // a broken connection says nothing about the work; asking again does
    return http_->send(request.method, request.path, request.body.empty() ? "" : json_type,
                       request.body, {{"Authorization", request.header}});
  } catch (const HttpError&) {
    if (!may_repeat || tries >= most_tries) throw;
  }
  std::this_thread::sleep_for(tries * pause);
  return std::nullopt;
}

// An instance that has moved is told, and asked once more.
Outcome<TriggerClient::Answered> TriggerClient::exchange(Request request, const Present& present) {
  bool has_moved = false;
  for (int tries = 1;; ++tries) {
    TRY(header, present());
    request.header = std::move(header);
    const auto reply = send(request, request.method == "GET", tries);
    if (!reply) continue;
    const json answer = parse_json(reply->body);
    const auto instance = fixed_from_hex<16>(text_in(answer, "instance"));
    const bool moves = refusal_in(answer) == Errc::wrong_instance && instance;
    if (!moves || has_moved) return Answered{reply->status, reply->body};
    has_moved = true;
    instance_ = *instance;
  }
}

Outcome<json> TriggerClient::ask(const std::string& method, const std::string& path,
                                 const std::string& body) {
  for (auto from = Session::From::cache;; from = Session::From::kdc) {
    TRY(answered,
        exchange({method, path, body}, [&] { return present_for(method, path, body, from); }));
    const json answer = parse_json(answered.body);
    if (answered.is_good()) return answer;
    if (answered.status != 401 || from == Session::From::kdc) {
      return refusal_of(answer, url(), answered.status);
    }
  }
}

Outcome<Buffer> TriggerClient::open_payload(const SealedAs& sealed,
                                            const std::optional<std::string>& space) {
  const std::string path = "/v1/payloads/open";
  const std::string body = json{{"workflow_id", sealed.workflow_id},
                                {"payload", name_of(sealed.kind)},
                                {"sealed", to_base64(sealed.bytes)}}
                               .dump();
  const Digest request = request_digest({bytes_of("POST"), bytes_of(path), bytes_of(body)});
  const auto present = [&]() -> Outcome<std::string> {
    TRY(tgt, session_.tgt());
    const Look wanted{{service_, instance_, request}, sealed.workflow_id, space};
    TRY(shown, present_look(*tgt, wanted, session_.now()));
    return authorization(shown);
  };
  TRY(answered, exchange({"POST", path, body}, present));
  const json answer = parse_json(answered.body);
  if (answered.is_good()) return bytes_in(answer, "payload");
  Stop stop = refusal_of(answer, url(), answered.status);
  if (answered.status == 429) stop.exit = Exit::unreachable;
  if (answered.status == 401) {
    stop.exit = Exit::no_credentials;
    stop.hint = "run `waybill init`";
  }
  return stop;
}

Outcome<json> TriggerClient::start(const std::string& presentation, const json& body) {
  const Request request{"POST", "/v1/workflows", body.dump(), presentation};
  for (int tries = 1;; ++tries) {
    const auto reply = send(request, true, tries);
    if (!reply) continue;
    json answer = parse_json(reply->body);
    if (reply->status >= 200 && reply->status < 300) return answer;
    const bool busy = reply->status == 503 || reply->status == 429;
    if (!busy || tries >= most_tries) return refusal_of(answer, url(), reply->status);
    std::this_thread::sleep_for(tries * pause);
  }
}

Outcome<Buffer> bytes_in(const json& answer, const char* name) {
  auto bytes = from_base64(text_in(answer, name));
  if (!bytes) return Stop(Exit::unreachable, "the trigger's answer is not as it should be");
  return *std::move(bytes);
}

std::string text_in(const json& answer, const char* name) {
  const auto found = answer.find(name);
  return found != answer.end() && found->is_string() ? found->get<std::string>() : "";
}

void add_trigger_options(CommandLine& line, TriggerClient::Wanted& wanted) {
  line.option("--trigger", wanted.url, "URL",
              "the trigger's address; else $WAYBILL_TRIGGER, else the KDC is asked");
  line.option("--service", wanted.service, "PRINCIPAL", "the principal that must answer there");
}

std::string authorization(Bytes presentation) { return "Waybill " + to_base64url(presentation); }

}  // namespace waybill::tools
