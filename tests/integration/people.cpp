#include "tests/integration/people.h"

#include <stdexcept>
#include <thread>

#include "ticket/adapters/base64.h"
#include "ticket/presentation.h"
#include "ticket/wire/hex.h"

namespace waybill::test {

using namespace std::chrono_literals;
using nlohmann::json;

namespace {
Login::Done log_in(LiveRealm& realm, const Principal& principal) {
  const Keytab keytab = realm.keytab(principal.name());
  auto done = realm.client().login(keytab.newest().key, principal, {8h, 24h});
  if (!done) {
    throw std::runtime_error(principal.text() +
                             " cannot log in: " + std::string(describe(done.error().code).name));
  }
  return *std::move(done);
}
}  // namespace

Person::Person(LiveRealm& realm, const std::string& name)
    : realm_(realm), principal_(realm.principal(name)), login_(log_in(realm, principal_)) {}

Buffer Person::delegation(const Errand& errand, Seconds life) const {
  const Time now = realm_.now();
  return *delegate(tgt(),
                   {realm_.principal(errand.trigger),
                    errand.queue,
                    errand.type,
                    errand.actions,
                    input_digest(bytes_of(errand.input)),
                    {},
                    errand.workflow_id,
                    now + life},
                   now);
}

Result<Answer> Person::call(const std::string& operation, Bytes arguments) {
  auto answers =
      realm_.client().call({login_.tgt, login_.kdc}, {Operation{operation, copy_of(arguments)}});
  if (!answers) return answers.error();
  Answer answer = std::move(answers->front());
  if (answer.refusal) return Error{*answer.refusal, "the KDC's answer"};
  return answer;
}

Result<Answer> Person::call(const std::string& operation, const Fields& arguments) {
  return call(operation, Bytes(arguments.encode()));
}

Result<IssuedTicket> Person::ticket_for(const std::string& service, Seconds life) {
  TRY(answer, call("tgs", Bytes(ServiceTicketRequest{service, life}.encode())));
  return IssuedTicket::decode(answer.value);
}

Result<IssuedTicket> Person::exchange(Bytes delegation, const Errand& errand,
                                      const std::string& workflow_id) {
  const DelegatedTicketRequest request{
      copy_of(delegation),
      errand.queue,
      {"default", workflow_id, errand.type, input_digest(bytes_of(errand.input))},
      errand.actions,
      {},
      0s};
  TRY(answer, call("tgs.delegate", Bytes(request.encode())));
  return IssuedTicket::decode(answer.value);
}

TicketId id_of(const IssuedTicket& issued) { return Evidence::decode(issued.evidence)->body.id; }

std::string DoorReply::code() const {
  if (!body.is_object() || !body.contains("error")) return {};
  return body["error"].value("code", "");
}

FrontDoor::FrontDoor(std::string url) : http_(std::move(url), {.max_reply_bytes = 16 << 20}) {}

json FrontDoor::info() { return json::parse(http_.get("/v1/info").body); }

json request_body(const Errand& errand) {
  json body{{"workflow_type", errand.type},
            {"queue", errand.queue},
            {"actions", errand.actions},
            {"input", to_base64(bytes_of(errand.input))}};
  if (errand.workflow_id) body["workflow_id"] = *errand.workflow_id;
  return body;
}

std::string authorization(Bytes presentation) { return "Waybill " + to_base64url(presentation); }

DoorReply FrontDoor::submit(const Person& person, const Errand& errand) {
  return submit(person.delegation(errand), errand);
}

DoorReply FrontDoor::submit(Bytes delegation, const Errand& errand) {
  return send("POST", "/v1/workflows", request_body(errand).dump(), authorization(delegation));
}

FrontDoor::Introduction FrontDoor::introduce(Person& person) {
  const json about = info();
  const Principal service = *Principal::parse(about.at("service").get<std::string>());
  auto ticket = person.ticket_for(service.name());
  if (!ticket) throw std::runtime_error("no ticket for " + service.text());
  const auto instance = fixed_from_hex<16>(about.at("instance").get<std::string>());
  return {*std::move(ticket), {service, *instance, {}}};
}

DoorReply FrontDoor::ask(Person& person, const std::string& method, const std::string& path,
                         const json& body) {
  const std::string who = person.principal().text();
  const std::string text = body.is_null() ? "" : body.dump();
  for (bool again = false;; again = true) {
    auto known = introductions_.find(who);
    if (known == introductions_.end()) {
      known = introductions_.emplace(who, introduce(person)).first;
    }
    const Introduction& me = known->second;
    DoorReply reply = ask(me.ticket, me.as, person.realm().now(), method, path, text);
    if (again || reply.code() != describe(Errc::wrong_instance).name) return reply;
    introductions_.erase(known);
  }
}

DoorReply FrontDoor::ask(const IssuedTicket& ticket, const ServiceRequest& as, Time now,
                         const std::string& method, const std::string& path,
                         const std::string& body) {
  ServiceRequest wanted = as;
  wanted.request = request_digest({bytes_of(method), bytes_of(path), bytes_of(body)});
  return send(method, path, body, authorization(present(ticket, wanted, now)));
}

DoorReply FrontDoor::send(const std::string& method, const std::string& path,
                          const std::string& body, const std::string& authorization) {
  HttpHeaders headers;
  if (!authorization.empty()) headers["Authorization"] = authorization;
  const HttpReply reply =
      http_.send(method, path, body.empty() ? "" : "application/json", body, headers);
  return {reply.status, json::parse(reply.body, nullptr, false)};
}

json FrontDoor::wait(Person& person, const std::string& workflow_id,
                     std::chrono::seconds patience) {
  json last;
  eventually(
      [&] {
        last = ask(person, "GET", "/v1/workflows/" + workflow_id).body;
        const std::string status = last.value("status", "");
        const bool lasts = status != "queued" && status != "running";
        if (!lasts) std::this_thread::sleep_for(40ms);
        return lasts;
      },
      patience);
  return last;
}

}  // namespace waybill::test
