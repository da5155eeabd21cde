#include <stdexcept>

#include <nlohmann/json.hpp>

#include "tests/demo/attacks.h"
#include "tests/support/daemon.h"
#include "tests/support/temporal_thief.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"

namespace waybill::demo {
namespace {

using nlohmann::json;

/// The trigger's front door, for whoever stands before it.
class Door {
 public:
  explicit Door(Cast& cast) : cast_(cast), http_(cast.trigger_url) {
    const json info = json::parse(http_.get("/v1/info").body);
    instance_ = *fixed_from_hex<16>(info.at("instance").get<std::string>());
  }

  struct Answer {
    std::string code;  ///< empty: done
    json body;
  };

  Answer send(const std::string& method, const std::string& path, const std::string& body,
              Bytes presentation) {
    const HttpReply reply =
        http_.send(method, path, body.empty() ? "" : "application/json", body,
                   {{"Authorization", "Waybill " + to_base64url(presentation)}});
    json answer = json::parse(reply.body, nullptr, false);
    if (reply.status < 300) return {"", std::move(answer)};
    if (!answer.is_object() || !answer.contains("error")) return {"no code", {}};
    return {answer["error"].value("code", "no code"), std::move(answer)};
  }

  /// A presentation of the actor's ticket for this trigger, for this request.
  Buffer present_as(Actor& actor, const std::string& method, const std::string& path,
                    const std::string& body) {
    const auto ticket = actor.ticket_for(cast_.orders.principal().name());
    if (!ticket) throw std::runtime_error("no service ticket: " + code_of(ticket));
    const Digest digest = request_digest({bytes_of(method), bytes_of(path), bytes_of(body)});
    return present(*ticket, {cast_.orders.principal(), instance_, digest}, actor.now());
  }

  Answer ask(Actor& actor, const std::string& method, const std::string& path,
             const std::string& body = "") {
    return send(method, path, body, present_as(actor, method, path, body));
  }

  Answer submit(Actor& actor, const Errand& errand) {
    const json body{{"workflow_type", errand.type},
                    {"queue", errand.queue},
                    {"actions", errand.actions},
                    {"input", to_base64(bytes_of(errand.input))}};
    return send("POST", "/v1/workflows", body.dump(),
                actor.delegation(cast_.orders.principal(), errand));
  }

 private:
  Cast& cast_;
  HttpClient http_;
  InstanceId instance_{};
};

std::string poll_body() { return json{{"wait_seconds", 0}, {"max", 1}}.dump(); }

Buffer forged_result(const std::string& workflow_id, const std::string& run_id) {
  return seal_result(SessionKey::random(), {random_bytes<16>(), workflow_id, run_id},
                     bytes_of("all invoices are paid\n"));
}

std::string report_forged(Cast& cast, Door& door) {
  Actor thief(cast.kdc, cast.clock, cast.spare);
  const Door::Answer polled = door.ask(thief, "POST", "/v1/queues/queue-spare/poll", poll_body());
  if (!polled.code.empty() || polled.body.at("jobs").empty()) return "no job " + polled.code;
  const json job = polled.body["jobs"].front();
  const json report{{"lease", job.at("lease")},
                    {"result", to_base64(forged_result(job.at("workflow_id"), job.at("run_id")))}};
  const std::string path = "/v1/jobs/" + job.at("run_id").get<std::string>() + "/complete";
  return door.ask(thief, "POST", path, report.dump()).code;
}

// The server believes any poller; who does not is the trigger, and so the user.
std::string report_forged_at_temporal(Cast& cast, Door& door, const std::string& workflow_id) {
  const auto server = temporal::connect({cast.temporal, "default", "thief", {}, {}});
  test::steal(*server, "queue-spare",
              temporal::payload_of(temporal::result_encoding, forged_result(workflow_id, "run")));
  json status;
  test::eventually([&] {
    status = door.ask(cast.carol, "GET", "/v1/workflows/" + workflow_id).body;
    return status.contains("ended_at");
  });
  return status.value("error", json::object()).value("code", "");
}

// Somebody polls in the place of queue-spare's worker: he has its place in the network and a
// ticket to poll with, and not its key. He reports a result that he made up.
void stolen_work(Cast& cast, Door& door, Scoreboard& board) {
  Errand errand;
  errand.queue = "queue-spare";
  const Door::Answer started = door.submit(cast.carol, errand);
  board.honest("Carol starts work on queue-spare", started.code.empty(), started.code);
  const std::string id = started.body.value("workflow_id", "");
  board.attack(
      "a forged result, by a thief in the queue's place",
      cast.temporal.empty() ? report_forged(cast, door) : report_forged_at_temporal(cast, door, id),
      {Errc::bad_result});

  const std::string mine = "/v1/workflows/" + id;
  const Door::Answer own = door.ask(cast.carol, "GET", mine);
  board.honest("Carol looks at her own work", own.code.empty(), own.code);
  board.attack("Dave looks at Carol's work", door.ask(cast.dave, "GET", mine).code,
               {Errc::not_owner});
  board.attack("Dave cancels it", door.ask(cast.dave, "POST", mine + "/cancel").code,
               {Errc::not_owner});
}

void borrowed_requests(Cast& cast, Door& door, Scoreboard& board) {
  Actor bob(cast.kdc, cast.clock, cast.bob);
  const std::string own = "/v1/queues/queue-bob/poll";
  const std::string other = "/v1/queues/queue-alice/poll";
  const Buffer once = door.present_as(bob, "POST", own, poll_body());
  const Door::Answer first = door.send("POST", own, poll_body(), once);
  board.honest("Bob's worker polls Bob's queue", first.code.empty(), first.code);
  board.attack("the same request, overheard and sent again",
               door.send("POST", own, poll_body(), once).code, {Errc::request_replayed});
  board.attack("one request's presentation, used for another",
               door.send("POST", own, json{{"wait_seconds", 0}, {"max", 9}}.dump(),
                         door.present_as(bob, "POST", own, poll_body()))
                   .code,
               {Errc::wrong_request});
  board.attack("another queue's poll: Bob's asks for Alice's",
               door.ask(bob, "POST", other, poll_body()).code, {Errc::not_permitted});
}

}  // namespace

void attack_trigger(Cast& cast, Scoreboard& board) {
  board.heading("At the trigger's front door");
  Door door(cast);
  stolen_work(cast, door, board);
  borrowed_requests(cast, door, board);
}

}  // namespace waybill::demo
