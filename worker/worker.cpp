#include "worker/worker.h"

#include <algorithm>
#include <thread>

#include "ticket/adapters/log.h"
#include "ticket/adapters/metrics.h"

namespace waybill::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto feed_patience = 5min;
constexpr auto shutdown_patience = 5s;

std::string_view name_of(Errc code) { return describe(code).name; }

bool is(const Verdict<VerifiedJob>& verdict, Errc code) {
  return !verdict.result && verdict.result.error().code == code;
}

// Says something of this host rather than of the ticket.
bool is_about_the_feed(Errc code) { return code == Errc::feed_stale || code == Errc::clock_behind; }

/// What came of one attempt to report.
struct Told {
  bool heard;
  bool is_final;  // it was refused, and asking again would not help
  std::string why;
};

Told tell(const std::function<Checked()>& send) {
  try {  // a scheduler that is away may come back while there is patience
    const Checked answer = send();
    if (answer) return {true, true, ""};
    return {false, answer.error().code != Errc::busy, std::string(name_of(answer.error().code))};
  } catch (const HttpError& error) {
    return {false, false, error.what()};
  }
}

}  // namespace

bool Worker::should_poll() const {
  const std::scoped_lock guard(lock_);
  return !waiting_ || std::chrono::steady_clock::now() >= waiting_->until ||
         parts_.revocations.head().time > waiting_->head;
}

// The offline check alone, so that its share of an activity can be seen.
Verdict<VerifiedJob> Worker::measured(const Check& check) {
  using Outcome = Metrics::Outcome;
  const Stopwatch watch;
  auto verdict = check();
  const bool passed = bool(verdict.result);
  metrics().count("verify", passed ? Outcome::done : Outcome::refused, watch.read());
  if (!passed) metrics().count_refusal("verify", verdict.result.error().code);
  return verdict;
}

// Checks, mends what this worker lacks, and checks once more.
Worker::Judged Worker::mend(const Check& check) {
  auto verdict = measured(check);
  bool mended = false;
  bool may_pass_later = false;
  if (!verdict.result && is_about_the_feed(verdict.result.error().code)) {
    mended = parts_.upkeep.sync_feed();
    may_pass_later = true;
  } else if (is(verdict, Errc::unknown_signer)) {
    mended = parts_.upkeep.refresh_realm();
    may_pass_later = !mended;
  }
  if (mended) {
    verdict = measured(check);
    const bool stale = !verdict.result && is_about_the_feed(verdict.result.error().code);
    may_pass_later = may_pass_later && stale;
  }
  return {std::move(verdict), may_pass_later};
}

Worker::Judged Worker::judge(const LeasedJob& leased, const Found& handler) {
  const Job& job = *leased.job;
  const auto needed = handler == nullptr ? Actions{} : handler->actions;
  Judged judged = mend([&] { return parts_.verifier.verify(job, needed, parts_.clock.now()); });
  const bool ended = is(judged.verdict, Errc::ticket_expired);
  if (ended && handler != nullptr) judged = renew(leased, needed, std::move(judged));
  if ((ended || judged.verdict.result) && handler == nullptr) {
    judged.verdict.result = Error{Errc::no_handler, "type"};
  }
  return judged;
}

// The KDC is not asked for what would be refused all the same.
Worker::Judged Worker::renew(const LeasedJob& leased, const Actions& needed, Judged expired) {
  const Job& job = *leased.job;
  const auto evidence = parts_.verifier.renewable(job, parts_.clock.now());
  if (!evidence) {
    expired.verdict.result = evidence.error();
    return expired;
  }
  const Body& body = evidence->body;
  const auto record = [&](std::optional<Errc> refusal, const Body* renewed) {
    parts_.verdicts.record({parts_.clock.now(), leased, body.id, body.subject, refusal,
                            VerdictEvent::renewal, renewed});
  };
  const auto renewed = parts_.renewer.renew(*evidence);
  if (!renewed) {
    metrics().count_refusal("renew", renewed.error().code);
    record(renewed.error().code, nullptr);
    expired.verdict.result = renewed.error();
    expired.may_pass_later = !Renewer::is_final(renewed.error().code);
    return expired;
  }
  Judged judged = mend(
      [&] { return parts_.verifier.verify_renewed(job, *renewed, needed, parts_.clock.now()); });
  judged.was_renewed = bool(judged.verdict.result);
  if (judged.was_renewed) record(std::nullopt, &judged.verdict.result->claims());
  return judged;
}

Worker::Outlook Worker::look(const LeasedJob& leased) {
  const auto refuse_as = [&](Errc code, bool may_pass, const Verdict<VerifiedJob>* verdict) {
    parts_.verdicts.record({parts_.clock.now(), leased,
                            verdict == nullptr ? std::nullopt : verdict->ticket,
                            verdict == nullptr ? std::nullopt : verdict->subject, code});
    return Outlook{code, may_pass, {}};
  };
  const auto until = [](const Body& body) {
    return Outlook{{}, false, std::max(body.run_until, body.renew_until)};
  };
  if (!leased.job) return refuse_as(leased.job.error().code, false, nullptr);
  const Job& job = *leased.job;
  const Found handler = parts_.handlers.find(job.workflow_type);
  if (handler == nullptr) return refuse_as(Errc::no_handler, false, nullptr);
  const Judged judged =
      mend([&] { return parts_.verifier.verify(job, handler->actions, parts_.clock.now()); });
  const auto& verdict = judged.verdict;
  if (verdict.result) return until(verdict.result->claims());
  if (is(verdict, Errc::ticket_expired)) {
    const auto renewable = parts_.verifier.renewable(job, parts_.clock.now());
    if (renewable) return until(renewable->body);
    return refuse_as(renewable.error().code, false, &verdict);
  }
  return refuse_as(verdict.result.error().code, judged.may_pass_later, &verdict);
}

Worker::End Worker::work_on(const LeasedJob& leased) {
  Stop stop;
  LeaseKeeper::Held held(parts_.leases, leased.lease, stop);
  if (!leased.job) {
    const Errc code = leased.job.error().code;
    parts_.verdicts.record({parts_.clock.now(), leased, {}, {}, code});
    return refuse(leased, code, stop);
  }
  const Found handler = parts_.handlers.find(leased.job->workflow_type);
  Judged judged = judge(leased, handler);
  auto& verdict = judged.verdict;
  const auto refusal = verdict.result ? std::nullopt : std::optional(verdict.result.error().code);
  parts_.verdicts.record({parts_.clock.now(), leased, verdict.ticket, verdict.subject, refusal,
                          VerdictEvent::verdict, nullptr, verdict.detail,
                          verdict.result && verdict.result->feed_was_stale()});
  if (refusal && judged.may_pass_later) return hand_back(leased, *refusal, verdict.detail, stop);
  if (refusal) return refuse(leased, *refusal, stop);
  if (judged.was_renewed) held.tell(verdict.result->evidence().encode());
  return run(leased, *verdict.result, *handler, held, stop);
}

Worker::End Worker::refuse(const LeasedJob& leased, Errc code, const Stop& stop) {
  metrics().count_refusal("activity", code);
  log_warning("job_refused", {{"run", leased.lease.run_id},
                              {"workflow", leased.job ? leased.job->workflow_id : ""},
                              {"code", name_of(code)}});
  const bool told =
      report(leased.lease, stop, [&] { return parts_.source.refuse(leased.lease, code); });
  return told ? End::refused : End::lost;
}

Worker::End Worker::hand_back(const LeasedJob& leased, Errc code, const std::string& detail,
                              const Stop& stop) {
  const std::string why =
      detail.empty() ? "this worker cannot judge the ticket at the moment" : detail;
  log_warning("job_handed_back", {{"run", leased.lease.run_id},
                                  {"workflow", leased.job->workflow_id},
                                  {"code", name_of(code)},
                                  {"why", why}});
  if (is_about_the_feed(code) || code == Errc::kdc_unreachable) {
    const Time head = parts_.revocations.head().time;
    const std::scoped_lock guard(lock_);
    waiting_ = Waiting{head, std::chrono::steady_clock::now() + feed_patience};
  }
  const std::string message = std::string(name_of(code)) + ": " + why;
  const bool told =
      report(leased.lease, stop, [&] { return parts_.source.hand_back(leased.lease, message); });
  return told ? End::handed_back : End::lost;
}

HandlerEnd Worker::run_handler(const HandlerRun& run, const Stop& stop) const {
  const Stopwatch running;
  HandlerEnd end = parts_.runner.run(run, stop);
  const bool well = end.how == HandlerEnd::How::exited && end.status == 0;
  metrics().count("handler", well ? Metrics::Outcome::done : Metrics::Outcome::failed,
                  running.read());
  return end;
}

// What the handler was told is gone again before anybody hears of its end.
Worker::End Worker::run(const LeasedJob& leased, VerifiedJob& job, const Handler& handler,
                        LeaseKeeper::Held& held, Stop& stop) {
  log_info("job_accepted", {{"workflow", job.work().id},
                            {"type", job.work().type},
                            {"run", job.run_chain()},
                            {"subject", job.claims().subject.text()}});
  const auto ended = [&]() -> Ended {
    Briefing briefing(job, leased.job->attempt);
    // Taken out of the job before the watch has it to itself.
    HandlerRun run{handler.command, briefing.environment(), job.input(), {}, {}};
    run.on_message = [id = job.work().id](std::string_view line) {
      log_info("handler_message", {{"workflow", id}, {"line", line}});
    };
    TicketWatch watch(
        {parts_.verifier, parts_.upkeep, parts_.renewer, parts_.verdicts, parts_.clock}, watch_,
        {leased, job, handler.actions, briefing, held, stop});
    run.run_until = [&watch] { return watch.run_until(); };
    HandlerEnd end = run_handler(run, stop);
    return {std::move(end), watch.end()};
  }();
  return report_end(leased, job, ended, stop);
}

Worker::End Worker::report_end(const LeasedJob& leased, const VerifiedJob& job, const Ended& ended,
                               const Stop& stop) {
  const std::string& id = job.work().id;
  const HandlerEnd& end = ended.handler;
  if (stop.reason() == Stop::Reason::lease_lost) {
    log_warning("job_lost", {{"workflow", id}, {"run", job.run_chain()}});
    return End::lost;
  }
  const bool is_over = end.how == HandlerEnd::How::out_of_time;
  if (ended.ticket && (watch_.on_revoked == OnRevoked::stop || is_over)) {
    return refuse(leased, *ended.ticket, stop);
  }
  if (end.how == HandlerEnd::How::exited && end.status == 0) {
    const Buffer sealed = job.seal_result(end.output);
    const bool told =
        report(leased.lease, stop, [&] { return parts_.source.complete(leased.lease, sealed); });
    if (told) log_info("job_completed", {{"workflow", id}, {"run", job.run_chain()}});
    return told ? End::completed : End::lost;
  }
  return report_failure(leased, job, end, stop);
}

// Where the ticket's time was over while no KDC answered, a later attempt may have it renewed.
Worker::End Worker::report_failure(const LeasedJob& leased, const VerifiedJob& job,
                                   const HandlerEnd& end, const Stop& stop) {
  using How = HandlerEnd::How;
  const bool stopped = end.how == How::stopped;
  const bool renewable = parts_.clock.now() < job.claims().renew_until;
  const bool retry = stopped || end.how == How::exited || end.how == How::killed ||
                     (end.how == How::out_of_time && renewable);
  const std::string message = describe(end);
  log_warning(stopped ? "job_handed_back" : "job_failed",
              {{"workflow", job.work().id}, {"why", message}});
  const bool told =
      report(leased.lease, stop, [&] { return parts_.source.fail(leased.lease, message, retry); });
  if (!told) return End::lost;
  return stopped ? End::handed_back : End::failed;
}

// The work is done and only has to be told, so an absent scheduler is worth some patience. What it
// answers is final, also that the lease is over.
bool Worker::report(const Lease& lease, const Stop& stop, const Report& send) {
  const Moment start = std::chrono::steady_clock::now();
  for (auto pause = 250ms;; pause = std::min<std::chrono::milliseconds>(2 * pause, 5s)) {
    const Told told = tell(send);
    if (told.heard) return true;
    const auto reason = stop.reason();
    const auto patience = reason == Stop::Reason::shutdown
                              ? std::chrono::milliseconds(shutdown_patience)
                              : std::chrono::milliseconds(report_patience);
    const auto waited = std::chrono::steady_clock::now() - start;
    if (told.is_final || reason == Stop::Reason::lease_lost || waited + pause > patience) {
      log_warning("report_given_up", {{"run", lease.run_id}, {"why", told.why}});
      return false;
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace waybill::worker
