#include "worker/ticket_watch.h"

#include <algorithm>

#include "ticket/adapters/log.h"
#include "ticket/adapters/request_id.h"

namespace waybill::worker {
namespace {

using namespace std::chrono_literals;

constexpr Seconds latest_before_end = 30s;
constexpr Seconds shortest_pause = 1s;  // between two questions to a KDC that does not answer
constexpr Seconds longest_pause = 15s;

}  // namespace

Time renewal_due(Time now, Time run_until) {
  const Seconds left = std::max(run_until - now, Seconds(0));
  return run_until - std::max(left / 3, std::min(latest_before_end, left / 2));
}

TicketWatch::TicketWatch(const Parts& parts, const Options& options, const Charge& charge)
    : parts_(parts), options_(options), charge_(charge), run_until_(charge.job.claims().run_until) {
  plan_renewal();
  thread_ = std::thread([this] { work(); });
}

TicketWatch::~TicketWatch() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::optional<Errc> TicketWatch::end() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return refusal_;
}

void TicketWatch::work() {
  const RequestScope scope(charge_.leased.lease.request_id);
  try {  // the edge of this thread: without its store and its record nothing may go on
    std::unique_lock guard(lock_);
    while (!wake_.wait_for(guard, options_.look_every, [this] { return ending_; })) {
      guard.unlock();
      if (!look()) return;
      guard.lock();
    }
  } catch (const std::exception&) {
    failure_ = std::current_exception();
    charge_.stop.request(Stop::Reason::ticket);
  }
}

// False when there is nothing left to watch.
bool TicketWatch::look() {
  if (parts_.verifier.is_revoked(charge_.job)) {
    give_up(Errc::revoked);
    return false;
  }
  return parts_.clock.now() < renewal_due_ || renew();
}

// The last form has nothing to come after it.
void TicketWatch::plan_renewal() {
  const Body& body = charge_.job.claims();
  renewal_due_ = body.run_until < body.renew_until ? renewal_due(parts_.clock.now(), body.run_until)
                                                   : Time::max();
}

// False when the KDC, or what came of its answer, ended the ticket.
bool TicketWatch::renew() {
  const auto renewed = parts_.renewer.renew(charge_.job.evidence());
  const Checked outcome = renewed ? take_over(*renewed) : Checked(renewed.error());
  const bool may_pass = renewed ? !outcome && outcome.error().code == Errc::unknown_signer
                                : !Renewer::is_final(renewed.error().code);
  if (!outcome && may_pass) {
    const Time now = parts_.clock.now();
    renewal_due_ = now + std::clamp((run_until() - now) / 8, shortest_pause, longest_pause);
    return true;
  }
  record(VerdictEvent::renewal, outcome ? std::nullopt : std::optional(outcome.error().code));
  if (!outcome) {
    give_up(outcome.error().code);
    return false;
  }
  charge_.briefing.update(charge_.job);
  run_until_ = charge_.job.claims().run_until;
  plan_renewal();
  charge_.held.tell(charge_.job.evidence().encode());
  return true;
}

// A signing key may be newer than our realm document.
Checked TicketWatch::take_over(Bytes renewed) {
  const auto extend = [&] {
    return parts_.verifier.extend(charge_.job, renewed, charge_.needed, parts_.clock.now());
  };
  const Checked first = extend();
  const bool unknown = !first && first.error().code == Errc::unknown_signer;
  return unknown && parts_.upkeep.refresh_realm() ? extend() : first;
}

void TicketWatch::give_up(Errc code) {
  refusal_ = code;
  const bool stops = options_.on_revoked == OnRevoked::stop;
  record(stops ? VerdictEvent::stopped : VerdictEvent::let_finish, code);
  log_warning(stops ? "handler_stopped" : "handler_let_finish",
              {{"workflow", charge_.job.work().id},
               {"run", charge_.job.run_chain()},
               {"code", describe(code).name}});
  if (stops) charge_.stop.request(Stop::Reason::ticket);
}

void TicketWatch::record(VerdictEvent event, std::optional<Errc> refusal) {
  const Body& body = charge_.job.claims();
  const bool renewed = event == VerdictEvent::renewal && !refusal;
  parts_.verdicts.record({parts_.clock.now(), charge_.leased, body.id, body.subject, refusal, event,
                          renewed ? &body : nullptr});
}

}  // namespace waybill::worker
