#include "ticket/adapters/service_principal.h"

namespace waybill {
namespace {

using namespace std::chrono_literals;

constexpr Login::Wish wish{8h, 0s};  // never renewed: the keytab is there to log in again
constexpr Seconds usual_life = 0s;   // of a service ticket: what the KDC gives, within the TGT's
constexpr Seconds surely_new = 60s;

bool is_fresh(const IssuedTicket& ticket, Time now) {
  const Seconds life = ticket.times.run_until - ticket.times.issued_at;
  return now < ticket.times.issued_at + life * 3 / 4;
}

// What the KDC answers when the TGT is the trouble, so that a new login may help.
bool is_about_the_tgt(Errc code) {
  return code == Errc::unknown_epoch || code == Errc::ticket_expired ||
         code == Errc::bad_integrity || code == Errc::revoked || code == Errc::not_yet_valid;
}

}  // namespace

ServicePrincipal::ServicePrincipal(KdcClient& kdc, const Keytab& keytab, const Clock& clock)
    : kdc_(kdc), clock_(clock), principal_(keytab.principal()) {
  for (const Keytab::Entry& entry : keytab.entries()) keys_.push_back(entry.key.duplicate());
}

// The newest key first; it may be in the keytab before the KDC has heard of it.
Result<Login::Done> ServicePrincipal::login() {
  auto done = kdc_.login(keys_.front(), principal_, wish);
  for (std::size_t i = 1; i < keys_.size(); ++i) {
    if (done || done.error().code != Errc::login_failed) break;
    done = kdc_.login(keys_[i], principal_, wish);
  }
  return done;
}

Result<ServicePrincipal::Identity> ServicePrincipal::identity() {
  const std::scoped_lock one_login(login_lock_);
  {
    const std::scoped_lock guard(lock_);
    if (tgt_ != nullptr && is_fresh(*tgt_, clock_.now())) return Identity{tgt_, instance_};
  }
  TRY(done, login());
  const std::scoped_lock guard(lock_);
  tgt_ = std::make_shared<const IssuedTicket>(std::move(done.tgt));
  instance_ = done.kdc;
  return Identity{tgt_, instance_};
}

void ServicePrincipal::drop(const Identity& stale) {
  const std::scoped_lock guard(lock_);
  if (tgt_ == stale.tgt) tgt_ = nullptr;
}

void ServicePrincipal::remember(const Identity& used, const InstanceId& kdc) {
  const std::scoped_lock guard(lock_);
  if (tgt_ == used.tgt) instance_ = kdc;
}

// A refusal of the only operation may be about our TGT (revoked, then enabled again) or about the
// ticket that the operation is about. The first is not so soon after a login, so that strangers'
// bad tickets do not make us log in all the time.
bool ServicePrincipal::may_be_stale(const Identity& used,
                                    const Result<std::vector<Answer>>& answers) const {
  if (!answers) return is_about_the_tgt(answers.error().code);
  const auto& refusal = answers->front().refusal;
  return answers->size() == 1 && refusal && is_about_the_tgt(*refusal) &&
         used.tgt->times.issued_at + surely_new < clock_.now();
}

Result<std::vector<Answer>> ServicePrincipal::call(const std::vector<Operation>& operations) {
  for (bool again = false;; again = true) {
    TRY(who, identity());
    InstanceId kdc = who.kdc;
    auto answers = kdc_.call({*who.tgt, kdc}, operations);
    if (kdc != who.kdc) remember(who, kdc);
    if (again || !may_be_stale(who, answers)) return answers;
    drop(who);
  }
}

Result<Answer> ServicePrincipal::call(Operation operation) {
  TRY(answers, call(std::vector<Operation>{std::move(operation)}));
  Answer& answer = answers.front();
  if (answer.refusal) return Error{*answer.refusal, "the KDC's answer"};
  return std::move(answer);
}

Result<std::shared_ptr<const IssuedTicket>> ServicePrincipal::ticket_for(
    const std::string& service) {
  {
    const std::scoped_lock guard(lock_);
    const auto known = tickets_.find(service);
    if (known != tickets_.end() && is_fresh(*known->second, clock_.now())) return known->second;
  }
  TRY(answer, call(Operation{"tgs", ServiceTicketRequest{service, usual_life}.encode()}));
  TRY(issued, IssuedTicket::decode(answer.value));
  auto ticket = std::make_shared<const IssuedTicket>(std::move(issued));
  const std::scoped_lock guard(lock_);
  tickets_.insert_or_assign(service, ticket);
  return ticket;
}

void ServicePrincipal::forget(const std::string& service) {
  const std::scoped_lock guard(lock_);
  tickets_.erase(service);
}

}  // namespace waybill
