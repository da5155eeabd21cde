#include <stdexcept>
#include <thread>

#include "tests/demo/attacks.h"
#include "tests/support/daemon.h"
#include "tests/support/rogue_engine.h"
#include "ticket/batch.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::demo {
namespace {

using namespace std::chrono_literals;
using test::CraftedJob;
using test::Daemon;
using test::JobReport;
using test::RogueEngine;

/// The scheduler in the hands of an attacker, with a real worker of queue-alice polling it.
class Stage {
 public:
  explicit Stage(Cast& cast)
      : cast_(cast),
        engine_(cast.orders.principal().text()),
        worker_({cast.worker_program,
                 {"run", "--dir", (cast.folder / "worker-attacked").string(), "--keytab",
                  (cast.folder / "alice.keytab").string(), "--trigger", engine_.url(), "--handler",
                  "invoice-report=cat", "--require-action", "invoice-report=report:write"},
                 cast.folder,
                 {{"WAYBILL_REALM", (cast.folder / "kdc" / "realm.toml").string()}}},
                cast.folder / "worker-attacked.log") {
    worker_.start();
    if (!engine_.is_polled())
      throw std::runtime_error("the worker does not poll:\n" + worker_.log());
  }

  /// What the worker says of the job: empty when it ran it, else the code.
  std::string hand_over(const CraftedJob& job) {
    const auto report = engine_.report(engine_.hand_out(job), 20s);
    if (!report) return "no report";
    if (report->kind == JobReport::Kind::completed) return {};
    return report->kind == JobReport::Kind::refused ? report->code : "failed: " + report->message;
  }

  CraftedJob job_of(const Granted& granted) const {
    CraftedJob job;
    job.workflow_id = granted.errand.workflow_id;
    job.workflow_type = granted.errand.type;
    job.run_id = to_hex(random_bytes<16>());
    job.started_at = cast_.clock.now();
    job.ticket = granted.ticket.ticket;
    job.input = granted.sealed_input;
    return job;
  }

 private:
  Cast& cast_;
  RogueEngine engine_;
  Daemon worker_;
};

Granted fresh(Cast& cast, const std::string& workflow_id) {
  Errand errand;
  errand.workflow_id = workflow_id;
  return grant(cast, cast.carol, errand);
}

void moved_elsewhere(Cast& cast, Stage& stage, Scoreboard& board) {
  const Granted work = fresh(cast, "invoice-report-honest");
  const CraftedJob honest = stage.job_of(work);
  board.honest("the worker runs a job that is what it says", stage.hand_over(honest).empty(), "");
  CraftedJob again = honest;
  again.attempt = 2;
  board.honest("and its second attempt, in the same run", stage.hand_over(again).empty(), "");

  CraftedJob replay = honest;
  replay.run_id = to_hex(random_bytes<16>());
  board.attack("the finished job once more, as a new run", stage.hand_over(replay),
               {Errc::ticket_reused, Errc::revoked});
  CraftedJob moved = stage.job_of(fresh(cast, "invoice-report-one"));
  moved.workflow_id = "invoice-report-two";
  board.attack("a replay of the ticket into another workflow", stage.hand_over(moved),
               {Errc::wrong_workflow});
  CraftedJob retyped = stage.job_of(fresh(cast, "invoice-report-three"));
  retyped.workflow_type = "invoice-pay";
  board.attack("the same ticket for another type of work", stage.hand_over(retyped),
               {Errc::wrong_workflow_type});

  Errand bobs;
  bobs.queue = "queue-bob";
  bobs.actions = {"invoice:read"};
  board.attack("another queue's ticket",
               stage.hand_over(stage.job_of(grant(cast, cast.dave, bobs))), {Errc::wrong_audience});
}

void swapped_payloads(Cast& cast, Stage& stage, Scoreboard& board) {
  const Granted one = fresh(cast, "invoice-report-four");
  const Granted two = fresh(cast, "invoice-report-five");
  CraftedJob swapped = stage.job_of(one);
  swapped.input = two.sealed_input;
  board.attack("a swapped payload: another job's sealed input", stage.hand_over(swapped),
               {Errc::bad_integrity});
  CraftedJob resealed = stage.job_of(one);
  resealed.input = seal_input(one.ticket.session,
                              {"default", "queue-alice", one.errand.type, one.errand.workflow_id},
                              bytes_of("an input that Carol never saw\n"));
  board.attack("a swapped payload, sealed by a bad trigger", stage.hand_over(resealed),
               {Errc::wrong_input});
}

// Time and revocation need a moment, so both tickets are asked for first.
void too_late(Cast& cast, Stage& stage, Scoreboard& board) {
  Errand brief;
  brief.workflow_id = "invoice-report-brief";
  brief.run_for = 2s;
  const Granted waiting = grant(cast, cast.carol, brief);
  brief.workflow_id = "invoice-report-finished";
  const Granted finished = grant(cast, cast.carol, brief);
  const auto completed =
      cast.orders.call("complete", EvidenceRequest{finished.ticket.evidence}.encode());
  const Granted doomed = fresh(cast, "invoice-report-doomed");
  const auto evidence = Evidence::decode(doomed.ticket.evidence);
  const auto revoked = cast.carol.call(
      "revoke",
      Bytes(Fields{{"kind", "ticket"}, {"value", to_hex(evidence->body.id)}, {"reason", "the demo"}}
                .encode()));
  board.honest("Carol revokes a ticket of her own", bool(revoked), code_of(revoked));
  std::this_thread::sleep_for(4s);  // the feed's interval, and the brief tickets' life
  board.honest("work that waited past its ticket's time is renewed first, and runs",
               stage.hand_over(stage.job_of(waiting)).empty(), "");
  board.attack("an expired ticket, whose work is completed",
               completed ? stage.hand_over(stage.job_of(finished)) : code_of(completed),
               {Errc::revoked});
  board.attack("a revoked one, checked offline", stage.hand_over(stage.job_of(doomed)),
               {Errc::revoked});
  CraftedJob late = stage.job_of(fresh(cast, "invoice-report-late"));
  late.started_at = cast.clock.now() + 30min;
  board.attack("work that was started after its start-by time", stage.hand_over(late),
               {Errc::start_too_late});
}

// Alice's operator opens her queue's tickets. He makes one for himself, with everything in it right
// but the one thing that he has not: the KDC's signature.
void silver_ticket(Cast& cast, Stage& stage, Scoreboard& board) {
  const Granted genuine = fresh(cast, "invoice-report-six");
  const auto evidence = Evidence::decode(genuine.ticket.evidence);
  const SessionKey session = SessionKey::random();
  NewTicket forged{evidence->header, evidence->body};
  forged.body.id = random_bytes<16>();
  forged.body.actions.push_back("invoice:pay");
  forged.body.session = session_commitment(session);
  const auto key = pairwise_key(cast.alice.newest().key, forged.header);
  if (!key) throw std::runtime_error("no pairwise key");
  Granted minted{
      {seal_service_ticket(forged, session, evidence->proof, {}, *key),
       session.duplicate(),
       {},
       genuine.ticket.times},
      genuine.errand,
      seal_input(session,
                 {"default", "queue-alice", genuine.errand.type, genuine.errand.workflow_id},
                 bytes_of(genuine.errand.input))};
  board.attack("a ticket minted by the queue's own key holder",
               stage.hand_over(stage.job_of(minted)), {Errc::bad_proof});
}

/// Where each field of a sealed service ticket begins, by name.
struct Field {
  const char* name;
  std::size_t offset;
};

std::vector<Field> fields_of(const Buffer& ticket) {
  const auto sealed = SealedTicket::parse(ticket);
  const TicketHeader& h = sealed->header();
  const std::size_t realm = 3;  // array, version, kind
  const std::size_t audience = realm + 1 + h.realm.text().size();
  const std::size_t kvno = audience + 1 + h.audience.size();
  const std::size_t signer = kvno + 1;
  const std::size_t rolling = signer + 1 + 2;
  const std::size_t nonce = rolling + 32 + 3;  // bin16 head: a seal is longer than 255 bytes
  return {{"version", 1},
          {"kind", 2},
          {"realm", realm + 1},
          {"audience", audience + 1},
          {"kvno", kvno},
          {"signing key", signer},
          {"rolling key", rolling},
          {"nonce", nonce},
          {"commitment", nonce + 24},
          {"sealed claims", nonce + 56},
          {"seal's tag", ticket.size() - 1}};
}

void flipped_bytes(Cast& cast, Stage& stage, Scoreboard& board) {
  const Granted work = fresh(cast, "invoice-report-seven");
  for (const Field& field : fields_of(work.ticket.ticket)) {
    CraftedJob job = stage.job_of(work);
    job.ticket[field.offset] ^= 1U;
    board.attack(std::string("one flipped byte: ") + field.name, stage.hand_over(job),
                 {Errc::bad_version, Errc::wrong_kind, Errc::malformed, Errc::wrong_realm,
                  Errc::wrong_audience, Errc::unknown_kvno, Errc::bad_integrity});
  }
  board.honest("the same ticket with all its bytes", stage.hand_over(stage.job_of(work)).empty(),
               "");
}

}  // namespace

void attack_worker(Cast& cast, Scoreboard& board) {
  board.heading("At Alice's worker, from inside the scheduler");
  Stage stage(cast);
  moved_elsewhere(cast, stage, board);
  swapped_payloads(cast, stage, board);
  too_late(cast, stage, board);
  silver_ticket(cast, stage, board);
  flipped_bytes(cast, stage, board);
}

}  // namespace waybill::demo
