// The KDC's table of routes and its table of operations, with a real store in a throw-away folder.

#include <algorithm>

#include "kdc/operations.h"
#include "tests/fuzz/bodies.h"
#include "tests/fuzz/kdc_targets.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/adapters/log.h"
#include "ticket/wire/hex.h"

namespace waybill::test::fuzz {
namespace {

using kdc::MayCall;

struct QuietLog {
  QuietLog() { set_log_form(LogForm::text, LogLevel::error); }
};

/// A KDC that nothing changes: strangers' bodies are refused.
struct Door : QuietLog, WholeKdc {
  kdc::Server server{parts};
  std::vector<Buffer> good;  // bodies that somebody with a key made

  Door() {
    for (const char* who : {"carol", "archive"}) {
      const auto login = Login::start(keytab(who).newest().key, principal(who), epochs.document(),
                                      usual, clock.now());
      good.push_back(waybill::copy_of(login->request()));
    }
    const auto asked = [&](std::string_view who, const Operation& operation) {
      const IssuedTicket& ticket = tgt(who);
      good.push_back(make_call(ticket.ticket, ticket.session, {operation},
                               {parts.krbtgt, instance, clock.now()})
                         ->wire);
    };
    asked("carol", {"tgs", ServiceTicketRequest{"archive", 0s}.encode()});
    asked("trigger/orders", {"tgs.delegate", request(delegation(wish())).encode()});
    asked("operator", {"admin.grant.list", Fields{}.encode()});
  }
};

Door& door() {
  static Door instance;
  return instance;
}

constexpr std::string_view paths[] = {"/v1/realm",          "/v1/as",   "/v1/call", "/v1/feed/head",
                                      "/v1/feed/segments/", "/healthz", "/readyz"};

HttpRequest planned_http(Plan& plan) {
  HttpRequest out;
  static constexpr std::string_view methods[] = {"POST", "GET", "HEAD", "DELETE"};
  static constexpr std::string_view types[] = {"application/msgpack", "application/msgpack; a=b",
                                               "application/json", ""};
  out.method = plan.one_of(methods);
  out.path = plan.one_of(paths);
  if (plan.yes()) out.path += plan.text(20);
  out.headers["Content-Type"] = plan.one_of(types);
  if (plan.yes()) out.headers["X-Request-Id"] = plan.text(80);
  return out;
}

/// Which codes a status may bear (specs/http-api.md, "Answers").
bool belong_together(int status, Errc code) {
  switch (code) {
    case Errc::bad_tag:
    case Errc::ticket_expired:
    case Errc::not_yet_valid:
      return status == 401;
    case Errc::busy:
      return status == 429;
    case Errc::not_found:
      return status == 404;
    case Errc::malformed:
      return status == 400 || status == 405 || status == 415;
    default:
      return status == 400;
  }
}

// An answer as it is documented: a page for whoever operates it, something in clear that anybody
// may have, or a refusal with its code.
void check(const HttpRequest& request, const HttpReply& reply) {
  if (request.method == "GET" && (request.path == "/healthz" || request.path == "/readyz")) {
    require(reply.content_type.starts_with("text/plain"), "a page is text");
    require(reply.status == 200 || (request.path == "/readyz" && reply.status == 503),
            "a page has one of its statuses");
    return;
  }
  require(reply.content_type == "application/msgpack", "an answer is msgpack");
  if (reply.status == 200) {
    require(request.method == "GET", "nobody without a key is served");
    return;
  }
  const auto refusal = Refusal::decode(bytes_of(reply.body));
  require(refusal && belong_together(reply.status, refusal->code),
          "what is refused says why, under the status of its code");
  require(reply.headers.at("Cache-Control") == "no-store", "nobody keeps a refusal");
}

void knock(Bytes input) {
  Plan plan(input);
  HttpRequest request = planned_http(plan);
  const Buffer& base = door().good[plan.below(door().good.size())];
  const Buffer body = plan.yes() ? changed(base, door().good.back(), plan) : copy_of(plan.rest());
  if (std::ranges::find(door().good, body) != door().good.end()) return;
  request.body = text_of(body);
  check(request, door().server.answer(request));
}

/// Arguments as somebody might name and fill them.
Fields planned_fields(Plan& plan) {
  static constexpr std::string_view names[] = {
      "name",       "kind",     "public_key",  "kvno",        "proof",  "epoch",
      "role",       "add_role", "remove_role", "owner",       "queue",  "subject",
      "trigger",    "workflow", "action",      "max_run",     "id",     "after",
      "count",      "prefix",   "disabled",    "value",       "reason", "url",
      "event",      "outcome",  "from",        "until",       "ticket", "principal",
      "stale_feed", "locked",   "retire_old",  "workflow_id", "batch",  "rows"};
  static constexpr std::string_view values[] = {"carol",
                                                "dave",
                                                "operator",
                                                "alice",
                                                "queue-alice",
                                                "queue-*",
                                                "trigger/orders",
                                                "archive",
                                                "user",
                                                "service",
                                                "queue",
                                                "ticket",
                                                "workflow",
                                                "subject",
                                                "actor",
                                                "realm",
                                                "lineage",
                                                "invoice-*",
                                                "invoice:read",
                                                "payload:read",
                                                "yes",
                                                "no",
                                                "0",
                                                "1",
                                                "2",
                                                "60",
                                                "3600",
                                                "carol@DEMO.TEST",
                                                "http://127.0.0.1:1",
                                                "mark",
                                                "1790000000",
                                                "*",
                                                "login",
                                                "grant_missing"};
  Fields out;
  for (std::size_t n = plan.below(7); n > 0; --n) {
    std::string name(plan.one_of(names));
    switch (plan.below(4)) {
      case 0:
        out.add(std::move(name), plan.text(40));
        break;
      case 1:
        out.add(std::move(name), to_hex(plan.fixed<32>()));
        break;
      default:
        out.add(std::move(name), std::string(plan.one_of(values)));
    }
  }
  return out;
}

Buffer planned_arguments(WholeKdc& kdc, Plan& plan) {
  switch (plan.below(6)) {
    case 0:
      return plan.bytes(120);
    case 1:
      return ServiceTicketRequest{plan.yes() ? "archive" : "queue-alice", Seconds(plan.byte())}
          .encode();
    case 2:
      return EvidenceRequest{plan.bytes(200)}.encode();
    case 3: {
      DelegatedTicketRequest wanted = kdc.request(kdc.delegation(kdc.wish()));
      if (plan.yes()) wanted.queue = planned_name(plan);
      if (plan.yes()) wanted.actions = planned_names(plan, 3);
      if (plan.yes()) wanted.work.id = planned_name(plan);
      if (plan.yes()) wanted.presentation = changed(wanted.presentation, {}, plan);
      return wanted.encode();
    }
    default:
      return planned_fields(plan).encode();
  }
}

// "no" in the column of narrowed TGTs.
bool outlasts_caveats(std::string_view operation) {
  if (operation.starts_with("admin."))
    return !operation.ends_with(".list") && !operation.ends_with(".show");
  return operation == "passwd" || operation == "announce" || operation == "verdict";
}

// Principals with a TGT, who may ask whatever they like. A KDC of its own for each input, since
// some of it is done.
void ask(Bytes input) {
  static const QuietLog quiet;
  Plan plan(input);
  WholeKdc kdc;
  for (int i = 0; i < 6 && !plan.is_over(); ++i) {
    static constexpr std::string_view people[] = {"operator", "carol", "alice", "trigger/orders"};
    const std::string_view who = plan.one_of(people);
    const auto& row = kdc::operations()[plan.below(kdc::operations().size())];
    const auto before = kdc.store.view().principal(who);
    if (!before || before->disabled) continue;
    const std::uint64_t records = kdc.records();
    const std::vector<Caveat> caveats = planned_caveats(plan, plan.yes() ? 2 : 0);
    const auto answers =
        kdc.call(kdc.tgt(who), {{std::string(row.name), planned_arguments(kdc, plan)}}, caveats);
    require(kdc.records() >= records, "the audit trail never shrinks");
    if (!answers) continue;
    require(answers->size() == 1, "each question has one answer");
    const bool done = !answers->front().refusal;
    require(!done || row.who != MayCall::operators || before->has_role("operator"),
            "what is an operator's to do, nobody else does");
    require(!done || row.who != MayCall::services || before->kind == kdc::PrincipalKind::service,
            "what is a service's to do, nobody else does");
    require(!done || caveats.empty() || !outlasts_caveats(row.name),
            "what outlasts its caveats is not done with a narrowed TGT");
    require(done || kdc.records() > records, "a refusal leaves a record");
    kdc.forget(who);
  }
}

}  // namespace

Targets kdc_door_targets() {
  return {{"requests_at_the_kdc",
           [] {
             std::vector<Buffer> seeds = some_plans();
             for (const Buffer& body : door().good) {
               Buffer plan{0, 2, 0, 0, 0, 0, 0};  // POST, /v1/call, msgpack, then the body itself
               plan.insert(plan.end(), body.begin(), body.end());
               seeds.push_back(std::move(plan));
             }
             return seeds;
           },
           knock},
          {"questions_to_the_kdc", some_plans, ask}};
}

}  // namespace waybill::test::fuzz
