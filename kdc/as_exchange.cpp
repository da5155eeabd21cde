#include "kdc/as_exchange.h"

#include <algorithm>

#include "kdc/caller.h"
#include "kdc/doorkeeper.h"
#include "kdc/keys.h"
#include "kdc/policy.h"
#include "ticket/adapters/metrics.h"
#include "ticket/exchange/client.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// Why, for the audit log alone: the answer does not say.
enum class Cause { none, unknown, wrong_key, disabled, locked, skew, replayed, busy };

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "none";
    case Cause::unknown:
      return "unknown";
    case Cause::wrong_key:
      return "wrong_key";
    case Cause::disabled:
      return "disabled";
    case Cause::locked:
      return "locked";
    case Cause::skew:
      return "skew";
    case Cause::replayed:
      return "replayed";
    case Cause::busy:
      return "busy";
  }
  return "none";
}

Errc code_of(Cause cause) {
  if (cause == Cause::skew) return Errc::clock_skew;
  if (cause == Cause::replayed) return Errc::request_replayed;
  if (cause == Cause::busy) return Errc::busy;
  return Errc::login_failed;
}

// Message 1, decrypted. `proven` is the static key that whoever made it holds.
struct Attempt {
  LoginRequest request;
  PrincipalPublic proven;
  Buffer message;
  KeyId epoch;
};

// Two comparisons, for every name, known or not: what is not there, or no longer good, is compared
// with random bytes, which are no key's.
bool is_key_of(const std::optional<PrincipalRecord>& record, const PrincipalPublic& proven,
               Seconds overlap, Time now) {
  FixedBytes<32> newest = random_bytes<32>();
  FixedBytes<32> older = random_bytes<32>();
  if (record) {
    newest = record->newest().key.bytes;
    if (const LiveKey* good = older_key(*record, overlap, now)) older = good->key.bytes;
  }
  const bool is_newest = same_secret(newest, proven.bytes);
  return same_secret(older, proven.bytes) || is_newest;
}

// The earlier TGT that goes with the attempt: of that very principal, shown whole and for this by
// whoever holds its session key, and not revoked. Its time may be over.
Result<TicketId> shown_earlier(const KdcParts& parts, const Attempt& attempt, Time now) {
  TRY(presentation, Presentation::parse(attempt.request.earlier));
  TRY(sealed, SealedTicket::parse(presentation.ticket()));
  TRY(opened, parts.epochs.open_tgt(sealed));
  CHECK_OK(presentation.check(opened.session()));
  const Authenticator& a = presentation.authenticator();
  const Digest request = earlier_digest(parts.realm(), attempt.epoch);
  const bool for_this = a.addressee == parts.krbtgt && !a.instance && a.request == request;
  // A narrowed TGT may be in somebody else's hands.
  if (!for_this || !presentation.caveats().empty()) return Error{Errc::wrong_request, "earlier"};
  const Body& body = opened.body();
  if (body.subject != attempt.request.principal) return Error{Errc::wrong_audience, "earlier"};
  if (now - body.issued_at > limits::known_for) return Error{Errc::ticket_expired, "earlier"};
  CHECK_OK(holder_of(parts.store.view(), body));
  return body.id;
}

// The name under which failures are counted. Names without a password share one that nobody has, so
// that they cost the same and cannot be locked by strangers.
std::string counted_name(const std::optional<PrincipalRecord>& record) {
  const bool has_password = record && record->kind == PrincipalKind::user;
  return has_password ? record->principal.name() : std::string();
}

// What is wrong with the key, the principal, or when the key was shown.
Cause look_at(const KdcParts& parts, const std::optional<PrincipalRecord>& record,
              const Attempt& attempt, Time now) {
  const bool right_key = is_key_of(record, attempt.proven, parts.config.max_renew, now);
  if (!record) return Cause::unknown;
  if (!right_key) return Cause::wrong_key;
  if (record->disabled) return Cause::disabled;
  if (!limits::within_skew(attempt.request.time - now)) return Cause::skew;
  const auto first = parts.door.seen.first_use(record->principal, attempt.message, now);
  if (!first) return first.error().code == Errc::busy ? Cause::busy : Cause::replayed;
  return Cause::none;
}

LoginBackoff::Shown shown_by(Cause cause) {
  using Shown = LoginBackoff::Shown;
  if (cause == Cause::none) return Shown::right_key_now;
  const bool right = cause == Cause::skew || cause == Cause::replayed || cause == Cause::busy;
  return right ? Shown::right_key_before : Shown::wrong_key;
}

// A lock hides what the key was: who guesses while it stands learns nothing, also not by a clock
// that is wrong on purpose.
Cause judge(const KdcParts& parts, const std::optional<PrincipalRecord>& record,
            const Attempt& attempt, Time now) {
  const Cause cause = look_at(parts, record, attempt, now);
  const std::string name = counted_name(record);
  const auto earlier = shown_earlier(parts, attempt, now);
  const std::string id = earlier ? to_hex(*earlier) : std::string();
  const bool open = parts.door.logins.judge({name, id}, shown_by(cause), now);
  const bool right = shown_by(cause) != LoginBackoff::Shown::wrong_key;
  return right && !open && !name.empty() ? Cause::locked : cause;
}

TicketTimes times_of(const KdcParts& parts, const LoginRequest& wish, Time now) {
  const auto granted = [](Seconds wanted, Seconds most) {
    return wanted == Seconds(0) ? most : std::min(wanted, most);
  };
  const Time run_until = now + granted(wish.life, parts.config.tgt_life);
  const Time renew_until = now + std::min(wish.renewable, parts.config.tgt_renewable);
  return {now, run_until, run_until, std::max(run_until, renew_until)};
}

Body tgt_body(const KdcParts& parts, const Principal& subject, const TicketTimes& times) {
  return Body{.id = random_bytes<16>(),
              .lineage = {},
              .subject = subject,
              .actors = {},
              .audience = parts.krbtgt,
              .work = std::nullopt,
              .actions = {},
              .downstreams = {},
              .issued_at = times.issued_at,
              .start_by = times.start_by,
              .run_until = times.run_until,
              .renew_until = times.renew_until,
              .feed_floor = 0,
              .max_staleness = parts.config.max_staleness,
              .audit_head = {},
              .flags = flags::initial,
              .session = {}};
}

// The principal may have been disabled, or its key changed, since it was judged.
Issuer::Effects still(const PrincipalRecord& judged, const PrincipalPublic& proven, Seconds overlap,
                      Time now) {
  return [name = judged.principal.name(), proven, overlap, now](StoreChange& change,
                                                                Fields&) -> Checked {
    const auto record = active(change, name);
    if (!record || !is_key_of(record, proven, overlap, now))
      return Error{Errc::login_failed, "changed meanwhile"};
    return ok();
  };
}

Result<IssuedTicket> issue(const KdcParts& parts, const PrincipalRecord& record,
                           const Attempt& attempt, Time now) {
  // After a change of the key the first second of new TGTs is the one in which old ones end.
  const Time from = std::max(now, record.not_before);
  Body body = tgt_body(parts, record.principal, times_of(parts, attempt.request, from));
  Issuer::Deed deed{{"login", std::nullopt, {{"principal", record.principal.text()}}},
                    still(record, attempt.proven, parts.config.max_renew, now),
                    Issuer::TicketOrder{std::move(body), SessionKey::random(), std::nullopt}};
  TRY(outcome, parts.issuer.commit(std::move(deed)));
  return *std::move(outcome.ticket);
}

LoginReply refuse(const KdcParts& parts, const Attempt& attempt, Cause cause, Time now) {
  audit_stranger(parts, {"login",
                         code_of(cause),
                         {{"principal", attempt.request.principal.text()},
                          {"cause", std::string(name_of(cause))}}});
  return {code_of(cause), now, parts.instance, std::nullopt};
}

LoginReply judged_answer(const KdcParts& parts, const Attempt& attempt, Time now) {
  std::optional<PrincipalRecord> record;
  if (attempt.request.principal.realm() == parts.realm()) {
    record = parts.store.view().principal(attempt.request.principal.name());
  }
  const Cause cause = judge(parts, record, attempt, now);
  if (cause != Cause::none) return refuse(parts, attempt, cause, now);
  auto tgt = issue(parts, *record, attempt, now);
  if (!tgt) return {tgt.error().code, now, parts.instance, std::nullopt};
  return {std::nullopt, now, parts.instance, *std::move(tgt)};
}

LoginReply answer(const KdcParts& parts, const Attempt& attempt, Time now) {
  LoginReply reply = judged_answer(parts, attempt, now);
  if (reply.refusal) metrics().count_refusal("login", *reply.refusal);
  return reply;
}

}  // namespace

Result<Buffer> as_exchange(const KdcParts& parts, Bytes body) {
  TRY(envelope, LoginEnvelope::decode(body));
  if (envelope.realm != parts.realm()) return Error{Errc::wrong_realm, "login"};
  const Time now = parts.clock.now();
  TRY(responder, parts.epochs.responder(envelope.epoch, now));
  TRY(payload, responder.read(envelope.message));
  TRY(request, LoginRequest::decode(payload));
  const Attempt attempt{
      std::move(request), {responder.initiator()}, std::move(envelope.message), envelope.epoch};
  SecretBuffer reply = answer(parts, attempt, now).encode();
  return responder.write(reply);
}

}  // namespace waybill::kdc
