#include "worker/canary.h"

#include <array>
#include <map>

#include "ticket/payload.h"

namespace waybill::worker {
namespace {

constexpr Seconds minute{60};
constexpr std::uint64_t feed_at = 42;

/// A feed that says one thing, and a table of one run's length.
class Feed final : public Revocations {
 public:
  explicit Feed(Time now) : head_{feed_at, now, now} {}
  Head head() const override { return head_; }
  bool concerns(const Body&) const override { return revokes_; }

  void revoke_all() { revokes_ = true; }
  void fall_silent() { head_.time -= 10 * minute; }

 private:
  Head head_;
  bool revokes_ = false;
};

class Remembered final : public Uses {
 public:
  Checked pin(const TicketId& ticket, std::string_view run_chain, Time) override {
    const auto [at, is_new] = pins_.emplace(ticket, run_chain);
    if (!is_new && at->second != run_chain) return Error{Errc::ticket_reused, "canary"};
    return ok();
  }

 private:
  std::map<TicketId, std::string> pins_;
};

/// A realm of the moment with one queue; and everything of the one case that is tried in it.
struct Nest {
  explicit Nest(Time at) : now(at) {}

  Time now;
  Realm realm = *Realm::parse("CANARY");
  PrincipalKey queue_key = PrincipalKey::random();
  RollingKey rolling = RollingKey::random();
  KdcSigningKey signer = KdcSigningKey::random();
  SessionKey session = SessionKey::random();
  std::string queue = "queue-canary";
  Buffer input = copy_of(bytes_of("number,amount\n"));
  std::vector<std::string> needed{"canary:sing"};
  Feed feed{now};
  Remembered uses;

  Principal principal(std::string_view name) const { return *Principal::make(name, realm); }

  RealmDocument document() const {
    return {realm, Digest{},
            1,     now,
            {},    {{KeyId{1}, signer.public_key(), now - 60 * minute, now + 60 * minute}}};
  }
  Work work() const { return {"default", "canary-1", "canary", input_digest(input)}; }
  NewTicket ticket() const {
    Body body{.id = random_bytes<16>(),
              .lineage = {},
              .subject = principal("carol"),
              .actors = {principal("trigger/canary")},
              .audience = principal(queue),
              .work = work(),
              .actions = {"canary:sing"},
              .downstreams = {},
              .issued_at = now,
              .start_by = now + 5 * minute,
              .run_until = now + 10 * minute,
              .renew_until = now + 20 * minute,
              .feed_floor = feed_at,
              .max_staleness = minute,
              .audit_head = {},
              .flags = flags::delegated,
              .session = session_commitment(session)};
    return {{Kind::service, realm, queue, Kvno{1}, KeyId{1}, rolling.public_key()},
            std::move(body)};
  }
  Buffer seal(const NewTicket& made, const KdcSigningKey& by, const PrincipalPublic& to) const {
    const Digest leaf = batch_leaf(made.header.encode(), made.body.encode());
    Proof proof;
    proof.batch_time = made.body.issued_at;
    proof.signature = sign(by, batch_statement(realm, proof.batch_time, batch_root(leaf, 0, {})));
    return seal_service_ticket(made, session, proof, {}, *pairwise_key(rolling, to, made.header));
  }
  Buffer seal(const NewTicket& made) const { return seal(made, signer, queue_key.public_key()); }
  Job job(Buffer sealed) const {
    const Work w = work();
    return {.space = w.space,
            .workflow_id = w.id,
            .workflow_type = w.type,
            .run_chain = "run-1",
            .started_at = now,
            .ticket = std::move(sealed),
            .sealed_input = seal_input(session, {w.space, queue, w.type, w.id}, input)};
  }
  Job job() const { return job(seal(ticket())); }
};

/// What is forged, and what must come of it.
struct Case {
  const char* name;
  Checked wanted;
  Job (*forge)(Nest&);
};

Job flipped(Nest& nest, std::size_t from_end) {
  Job job = nest.job();
  job.ticket.at(job.ticket.size() - 1 - from_end) ^= 1;
  return job;
}

Job with_body(Nest& nest, void (*change)(Body&)) {
  NewTicket made = nest.ticket();
  change(made.body);
  return nest.job(nest.seal(made));
}

const std::array cases{
    Case{"a good ticket", ok(), [](Nest& nest) { return nest.job(); }},
    Case{"its last byte flipped", Error{Errc::bad_integrity, ""},
         [](Nest& nest) { return flipped(nest, 0); }},
    Case{"a byte flipped in the middle of the seal", Error{Errc::bad_integrity, ""},
         [](Nest& nest) { return flipped(nest, 200); }},
    Case{"cut short", Error{Errc::malformed, ""},
         [](Nest& nest) {
           Job job = nest.job();
           job.ticket.pop_back();
           return job;
         }},
    Case{"addressed to another queue", Error{Errc::wrong_audience, ""},
         [](Nest& nest) {
           NewTicket made = nest.ticket();
           made.header.audience = "queue-magpie";
           made.body.audience = nest.principal("queue-magpie");
           return nest.job(nest.seal(made));
         }},
    Case{"sealed to another queue's key", Error{Errc::bad_integrity, ""},
         [](Nest& nest) {
           const auto magpie = PrincipalKey::random().public_key();
           return nest.job(nest.seal(nest.ticket(), nest.signer, magpie));
         }},
    Case{"signed by a stranger", Error{Errc::bad_proof, ""},
         [](Nest& nest) {
           const auto stranger = KdcSigningKey::random();
           return nest.job(nest.seal(nest.ticket(), stranger, nest.queue_key.public_key()));
         }},
    Case{"signed with a key that the realm does not list", Error{Errc::unknown_signer, ""},
         [](Nest& nest) {
           NewTicket made = nest.ticket();
           made.header.key = KeyId{2};
           return nest.job(nest.seal(made));
         }},
    Case{"another session key than its body commits to", Error{Errc::session_mismatch, ""},
         [](Nest& nest) { return with_body(nest, [](Body& body) { body.session.front() ^= 1; }); }},
    Case{"over", Error{Errc::ticket_expired, ""},
         [](Nest& nest) {
           nest.now -= 10 * minute;
           Job job = nest.job();
           nest.now += 10 * minute;
           return job;
         }},
    Case{"of the future", Error{Errc::not_yet_valid, ""},
         [](Nest& nest) {
           nest.now += 10 * minute;
           Job job = nest.job();
           nest.now -= 10 * minute;
           return job;
         }},
    Case{
        "for another workflow", Error{Errc::wrong_workflow, ""},
        [](Nest& nest) { return with_body(nest, [](Body& body) { body.work->id = "canary-2"; }); }},
    Case{
        "for another type of work", Error{Errc::wrong_workflow_type, ""},
        [](Nest& nest) { return with_body(nest, [](Body& body) { body.work->type = "magpie"; }); }},
    Case{"with another input", Error{Errc::wrong_input, ""},
         [](Nest& nest) {
           return with_body(nest, [](Body& body) { body.work->input.front() ^= 1; });
         }},
    Case{"with a swapped input", Error{Errc::bad_integrity, ""},
         [](Nest& nest) {
           Job job = nest.job();
           const Work w = nest.work();
           job.sealed_input =
               seal_input(SessionKey::random(), {w.space, nest.queue, w.type, w.id}, nest.input);
           return job;
         }},
    Case{"started too late", Error{Errc::start_too_late, ""},
         [](Nest& nest) {
           Job job = nest.job();
           job.started_at = nest.now + 5 * minute;
           return job;
         }},
    Case{"judged by a stale feed", Error{Errc::feed_stale, ""},
         [](Nest& nest) {
           nest.feed.fall_silent();
           return nest.job();
         }},
    Case{"revoked", Error{Errc::revoked, ""},
         [](Nest& nest) {
           nest.feed.revoke_all();
           return nest.job();
         }},
    Case{"used for another run", Error{Errc::ticket_reused, ""},
         [](Nest& nest) {
           const NewTicket made = nest.ticket();
           static_cast<void>(nest.uses.pin(made.body.id, "run-0", made.body.renew_until));
           return nest.job(nest.seal(made));
         }},
    Case{"without an action that is needed", Error{Errc::action_denied, ""},
         [](Nest& nest) {
           nest.needed.emplace_back("canary:steal");
           return nest.job();
         }},
};

bool same(const Checked& left, const Checked& right) {
  if (!left || !right) return !left && !right && left.error().code == right.error().code;
  return true;
}

std::string word_of(const Checked& outcome) {
  return outcome ? "accepted" : std::string(describe(outcome.error().code).name);
}

/// Adds one case to the report.
class Trial {
 public:
  Trial(CanaryReport& report, const CanaryJudge& judge) : report_(report), judge_(judge) {}

  void put(const char* name, const Checked& wanted, Nest& nest, Audience& audience,
           const Job& job) {
    ++report_.cases;
    const Checked got = judge_({audience, nest.feed, nest.uses}, job, nest.needed, nest.now);
    if (!same(wanted, got)) report_.faults.push_back({name, wanted, got});
  }

 private:
  CanaryReport& report_;
  const CanaryJudge& judge_;
};

void in_a_realm_of_its_own(Trial& trial, Time now) {
  for (const Case& one : cases) {
    Nest nest(now);
    const Job job = one.forge(nest);
    const Keytab keytab(nest.principal(nest.queue), {Kvno{1}, now, nest.queue_key.duplicate()});
    Audience audience(keytab, nest.document());
    trial.put(one.name, one.wanted, nest, audience, job);
  }
}

// Whoever has the queue's key can seal anything to it. Only the KDC's signature is out of reach.
void with_the_own_keytab(Trial& trial, const Keytab& keytab, const RealmDocument& realm, Time now) {
  Audience audience(keytab, realm);
  for (const Keytab::Entry& entry : keytab.entries()) {
    for (const RealmDocument::Signer& signer : realm.signers) {
      if (realm.signer(signer.id, now) == nullptr) continue;
      Nest nest(now);
      nest.realm = realm.realm;
      nest.queue = keytab.principal().name();
      NewTicket made = nest.ticket();
      made.header.kvno = entry.kvno;
      made.header.key = signer.id;
      const Job job = nest.job(nest.seal(made, nest.signer, entry.key.public_key()));
      trial.put("made by the holder of this queue's key", Error{Errc::bad_proof, ""}, nest,
                audience, job);
    }
  }
}

}  // namespace

Checked judge_by_verifier(const CanarySetting& setting, const Job& job,
                          std::span<const std::string> needed, Time now) {
  Verifier verifier(setting.audience, setting.revocations, setting.uses);
  const auto verdict = verifier.verify(job, needed, now);
  if (!verdict.result) return verdict.result.error();
  return ok();
}

std::string CanaryFault::sentence() const {
  return name + ": must be " + word_of(wanted) + ", was " + word_of(got);
}

CanaryReport run_canary(const Keytab& keytab, const RealmDocument& realm, Time now,
                        const CanaryJudge& judge) {
  CanaryReport report;
  Trial trial(report, judge);
  in_a_realm_of_its_own(trial, now);
  with_the_own_keytab(trial, keytab, realm, now);
  return report;
}

}  // namespace waybill::worker
