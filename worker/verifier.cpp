#include "worker/verifier.h"

#include <algorithm>
#include <array>

#include "ticket/exchange/renewal.h"
#include "ticket/payload.h"
#include "ticket/wire/limits.h"

namespace waybill::worker {
namespace {

constexpr std::array steps{
    StepText{Step::shape, "shape", "it has the form of a ticket, in canonical encoding", false},
    StepText{Step::kind, "kind", "a service ticket of this realm, in a version spoken here", false},
    StepText{Step::audience, "audience", "it is addressed to this queue", false},
    StepText{Step::kvno, "kvno", "the keytab holds the key version that it names", false},
    StepText{Step::seal, "seal", "it opens with that key, and nothing in it was changed", false},
    StepText{Step::decoding, "decoding", "what is inside has its form and agrees with the outside",
             false},
    StepText{Step::session, "session", "the session key is the one that the body commits to",
             false},
    StepText{Step::proof, "proof", "the KDC signed it", false},
    StepText{Step::times, "times", "it is valid now", false},
    StepText{Step::binding, "binding", "it is for this workflow, type and input", true},
    StepText{Step::start, "start", "the work was started in time", true},
    StepText{Step::feed, "feed", "the revocation feed is recent enough to judge it", false},
    StepText{Step::revocation, "revocation", "nothing that it stands on was revoked", false},
    StepText{Step::first_use, "first use", "it has been used for no other run", true},
    StepText{Step::actions, "actions", "it allows every action that the work needs", true},
};

// Which step of Audience::accept() gave this error. Form is checked twice: outside, then inside.
Step step_of(Errc code, Bytes ticket, const Principal& self) {
  const auto sealed = SealedTicket::parse(ticket);
  switch (code) {
    case Errc::bad_version:
    case Errc::wrong_kind:
    case Errc::wrong_realm:
      return Step::kind;
    case Errc::wrong_audience:
      return sealed && sealed->header().audience == self.name() ? Step::decoding : Step::audience;
    case Errc::unknown_kvno:
      return Step::kvno;
    case Errc::bad_integrity:
      return Step::seal;
    case Errc::session_mismatch:
      return Step::session;
    case Errc::unknown_signer:
    case Errc::bad_proof:
      return Step::proof;
    case Errc::not_yet_valid:
    case Errc::ticket_expired:
      return Step::times;
    default:
      return sealed ? Step::decoding : Step::shape;
  }
}

// The namespace, workflow id and type that the ticket was issued for, and the exact input.
Result<SecretBuffer> check_binding(const Body& body, const SessionKey& session, const Job& job) {
  if (!body.work) return Error{Errc::wrong_workflow, "a ticket for no work"};
  const Work& work = *body.work;
  if (work.space != job.space) return Error{Errc::wrong_namespace, "job"};
  if (work.id != job.workflow_id) return Error{Errc::wrong_workflow, "job"};
  if (work.type != job.workflow_type) return Error{Errc::wrong_workflow_type, "job"};
  const InputBinding binding{work.space, body.audience.name(), work.type, work.id};
  TRY(plain, open_input(session, binding, job.sealed_input));
  const WipeOnExit wiped(plain);
  if (input_digest(plain) != work.input) return Error{Errc::wrong_input, "digest"};
  return secret_copy(plain);
}

Checked check_start(const Body& body, const Job& job) {
  if (job.started_at >= body.start_by) return Error{Errc::start_too_late, "start_by"};
  return ok();
}

std::string in_seconds(Seconds duration) { return std::to_string(duration.count()) + " s"; }

// A clock that is behind what the KDC has signed was set back, or is wrong: it would take an old
// feed for a fresh one.
Checked check_clock(const Revocations::Head& head, Time now, std::string& detail) {
  if (head.least <= now + limits::clock_skew) return ok();
  detail = "this host's clock is at least " + in_seconds(head.least - now) + " behind";
  return Error{Errc::clock_behind, "of what the feed shows"};
}

Checked check_feed(const Body& body, const Revocations::Head& head, Time now, std::string& detail) {
  const Seconds age = std::max(now, head.least) - head.time;
  if (head.time == Time{}) {
    detail = "no revocation feed has been heard yet";
  } else if (age > body.max_staleness) {
    detail = "the feed is " + in_seconds(age) + " old, this ticket allows " +
             in_seconds(body.max_staleness);
  } else if (head.sequence < body.feed_floor) {
    detail = "the feed has come to entry " + std::to_string(head.sequence) +
             ", this ticket was issued at entry " + std::to_string(body.feed_floor);
  } else {
    return ok();
  }
  return Error{Errc::feed_stale, "not recent enough"};
}

// Both tables forget what the known time has ended. Who was held up since the times were checked
// may have found one of them empty for that alone.
Checked check_not_over(const Body& body, const Revocations::Head& head) {
  if (head.least >= body.run_until) return Error{Errc::ticket_expired, "while it was checked"};
  return ok();
}

Checked check_actions(const Body& body, std::span<const std::string> needed) {
  if (!are_among(needed, body.actions)) return Error{Errc::action_denied, "handler"};
  return ok();
}

}  // namespace

std::span<const StepText> all_steps() { return steps; }

Buffer VerifiedJob::seal_result(Bytes result) const {
  return waybill::seal_result(session_, {claims().id, work().id, run_chain_}, result);
}

struct Verifier::Progress {
  Step step = Step::shape;
  std::optional<TicketId> ticket;
  std::optional<Principal> subject;
  std::string detail;

  void knows(const Body& body) {
    ticket = body.id;
    subject = body.subject;
  }
  template <class Accepted>
  Verdict<Accepted> verdict(Result<Accepted> result) && {
    return {std::move(result), step, ticket, std::move(subject), std::move(detail)};
  }
};

// Steps shape to times. Only a refusal costs more, to say which of them it was.
Result<VerifiedTicket> Verifier::accept(Bytes ticket, Time now, Progress& progress) {
  auto accepted = audience_.accept(ticket, now);
  if (accepted) {
    progress.step = Step::times;
    progress.knows(accepted->body());
    return accepted;
  }
  progress.step = step_of(accepted.error().code, ticket, audience_.principal());
  if (progress.step == Step::times) {  // signed by the KDC, hence worth a record
    if (const auto opened = audience_.open(ticket)) progress.knows(opened->body());
  }
  return accepted;
}

/// The form of a ticket that came with a job, of which everything is known but that it lasts.
struct Verifier::Original {
  Evidence evidence;
  SessionKey session;
};

/// The ticket in force, and what stays of the form that came with the job.
struct Verifier::Authority {
  VerifiedTicket ticket;
  SessionKey session;
  Time first_issued;
  Time last_use;  ///< no form of it can be used from then on

  static Authority of(const Body& first, SessionKey session, VerifiedTicket ticket) {
    return {std::move(ticket), std::move(session), first.issued_at,
            std::max(first.run_until, first.renew_until)};
  }
};

// accept() but for the end. The proof is checked without the memory of roots: a ticket that has
// ended is rare, and its batch is old.
Result<Verifier::Original> Verifier::prove(Bytes ticket, Time now) const {
  TRY(opened, audience_.open(ticket));
  TRY(evidence, opened.evidence());
  CHECK_OK(evidence.verify_proof(*audience_.realm()));
  if (now + limits::clock_skew < evidence.body.issued_at) {
    return Error{Errc::not_yet_valid, "issued_at"};
  }
  return Original{std::move(evidence), opened.session().duplicate()};
}

// Whatever is wrong with the renewed ticket is about the times of the job's own.
Result<Verifier::Authority> Verifier::accept_both(Bytes ticket, Bytes renewed, Time now,
                                                  Progress& progress) {
  auto original = prove(ticket, now);
  if (!original) {
    progress.step = step_of(original.error().code, ticket, audience_.principal());
    return original.error();
  }
  progress.step = Step::times;
  progress.knows(original->evidence.body);
  TRY(current, audience_.accept(renewed, now));
  CHECK_OK(check_renewal(original->evidence.body, current.body()));
  return Authority::of(original->evidence.body, std::move(original->session), std::move(current));
}

// Revocations end what was issued until they were made, so the first form decides: a renewal must
// not outrun them.
bool Verifier::is_revoked(const Body& body, Time first_issued) const {
  if (first_issued == body.issued_at) return revocations_.concerns(body);
  Body first = body;
  first.issued_at = first_issued;
  return revocations_.concerns(first);
}

bool Verifier::is_revoked(const VerifiedJob& job) const {
  return is_revoked(job.claims(), job.first_issued_);
}

// Steps feed and revocation. Gives whether the feed was too old for a ticket that bears it.
Result<bool> Verifier::check_revocation(const Body& body, Time first_issued,
                                        const Revocations::Head& head, Time now,
                                        Progress& progress) const {
  progress.step = Step::feed;
  CHECK_OK(check_clock(head, now, progress.detail));
  const Checked fresh = check_feed(body, head, now, progress.detail);
  const bool soft = (body.flags & flags::soft_feed) != 0;
  if (!fresh && !soft) return fresh.error();

  progress.step = Step::revocation;
  if (is_revoked(body, first_issued)) return Error{Errc::revoked, "feed"};
  return !fresh;
}

Verifier::Setting Verifier::setting(const Job& job, std::span<const std::string> needed,
                                    Time now) const {
  return {job, needed, revocations_.head(), now};
}

// Steps binding to actions.
Result<VerifiedJob> Verifier::run_steps(const Setting& setting, Authority authority,
                                        Progress& progress) {
  const Job& job = setting.job;
  const Body& body = authority.ticket.body();
  progress.step = Step::binding;
  TRY(input, check_binding(body, authority.session, job));

  progress.step = Step::start;
  CHECK_OK(check_start(body, job));

  TRY(feed_was_stale,
      check_revocation(body, authority.first_issued, setting.head, setting.now, progress));

  progress.step = Step::first_use;
  CHECK_OK(uses_.pin(body.id, job.run_chain, authority.last_use));  // renewal keeps the id
  CHECK_OK(check_not_over(body, revocations_.head()));

  progress.step = Step::actions;
  CHECK_OK(check_actions(body, setting.needed));
  return VerifiedJob(std::move(authority.ticket), std::move(authority.session),
                     authority.first_issued, std::move(input), job.run_chain, feed_was_stale);
}

Verdict<VerifiedJob> Verifier::verify(const Job& job, std::span<const std::string> needed,
                                      Time now) {
  Progress progress;
  const Setting at = setting(job, needed, now);
  const auto run = [&]() -> Result<VerifiedJob> {
    TRY(ticket, accept(job.ticket, at.floored(), progress));
    const Body first = ticket.body();
    SessionKey session = ticket.session().duplicate();
    return run_steps(at, Authority::of(first, std::move(session), std::move(ticket)), progress);
  };
  auto result = run();
  return std::move(progress).verdict(std::move(result));
}

Verdict<VerifiedJob> Verifier::verify_renewed(const Job& job, Bytes renewed,
                                              std::span<const std::string> needed, Time now) {
  Progress progress;
  const Setting at = setting(job, needed, now);
  const auto run = [&]() -> Result<VerifiedJob> {
    TRY(authority, accept_both(job.ticket, renewed, at.floored(), progress));
    return run_steps(at, std::move(authority), progress);
  };
  auto result = run();
  return std::move(progress).verdict(std::move(result));
}

Result<Evidence> Verifier::renewable(const Job& job, Time now) {
  const Time floored = std::max(now, revocations_.head().least);
  TRY(original, prove(job.ticket, floored));
  const Body& body = original.evidence.body;
  if (floored >= body.renew_until) return Error{Errc::ticket_expired, "renew_until"};
  CHECK_OK(check_binding(body, original.session, job));
  CHECK_OK(check_start(body, job));
  if (is_revoked(body, body.issued_at)) return Error{Errc::revoked, "feed"};
  return std::move(original.evidence);
}

Checked Verifier::extend(VerifiedJob& job, Bytes renewed, std::span<const std::string> needed,
                         Time now) {
  TRY(current, audience_.accept(renewed, std::max(now, revocations_.head().least)));
  CHECK_OK(check_renewal(job.claims(), current.body()));
  CHECK_OK(check_actions(current.body(), needed));
  job.ticket_ = std::move(current);
  return ok();
}

Verdict<VerifiedTicket> Verifier::check_ticket(Bytes ticket, Time now) {
  Progress progress;
  const Revocations::Head head = revocations_.head();
  auto result = accept(ticket, std::max(now, head.least), progress);
  if (result) {
    const Body& body = result->body();
    const auto checked = check_revocation(body, body.issued_at, head, now, progress);
    if (!checked) result = checked.error();
  }
  return std::move(progress).verdict(std::move(result));
}

}  // namespace waybill::worker
