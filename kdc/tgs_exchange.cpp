#include "kdc/tgs_exchange.h"

#include <algorithm>

#include "kdc/pages.h"
#include "kdc/policy.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

// The earliest end that a caveat sets.
Time end_of(const Caller& caller) {
  Time end = caller.tgt.body().run_until;
  for (const Caveat& caveat : caller.caveats) {
    if (const auto* limit = std::get_if<caveat::NotAfter>(&caveat)) {
      end = std::min(end, limit->time);
    }
  }
  return end;
}

Body service_body(const KdcParts& parts, const Ask& ask, const Principal& service, Time until) {
  return Body{.id = random_bytes<16>(),
              .lineage = {ask.caller.tgt.body().id},
              .subject = ask.caller.principal(),
              .actors = {},
              .audience = service,
              .work = std::nullopt,
              .actions = {},
              .downstreams = {},
              .issued_at = ask.now,
              .start_by = until,
              .run_until = until,
              .renew_until = until,
              .feed_floor = 0,
              .max_staleness = parts.config.max_staleness,
              .audit_head = {},
              .flags = 0,
              .session = {}};
}

}  // namespace

Checked fits_a_ticket(const Body& body) {
  // Around a body: header, seal, session key and a proof of limits::max_path levels, 900 bytes.
  constexpr std::size_t around = 1024;
  if (body.encode().size() + around > limits::max_ticket) return Error{Errc::too_large, "ticket"};
  return ok();
}

const Principal& holder(const Body& body) {
  return body.actors.empty() ? body.subject : body.actors.back();
}

void note_evidence(Ask& ask, const Body& ticket) {
  ask.fields.add("ticket", to_hex(ticket.id))
      .add("subject", ticket.subject.text())
      .add("audience", ticket.audience.text());
}

bool is_actor(const Principal& who, const Body& ticket) {
  return std::ranges::find(ticket.actors, who) != ticket.actors.end();
}

Result<Evidence> proven_evidence(const KdcParts& parts, Bytes wire) {
  TRY(evidence, Evidence::decode(wire));
  CHECK_OK(evidence.verify_proof(parts.epochs.document()));
  return evidence;
}

Decided tgs(const KdcParts& parts, Ask& ask) {
  TRY(request, ServiceTicketRequest::decode(ask.arguments));
  ask.fields.add("audience", request.service);
  const Time end = end_of(ask.caller);
  const Seconds left = end - ask.now;
  const Seconds life =
      request.life == Seconds(0) ? std::min(parts.config.service_ticket_life, left) : request.life;
  TRY(service, active_service(parts.store.view(), request.service));
  if (life > left) {
    return ask.refuse(Errc::policy_denied, "a service ticket ends with the TGT, in " +
                                               std::to_string(left.count()) + " seconds");
  }
  Body body = service_body(parts, ask, service.principal, ask.now + life);
  CHECK_OK(fits_a_ticket(body));
  const auto effects = [body, sealed_to = service.newest().kvno](StoreChange& change,
                                                                 Fields&) -> Checked {
    TRY(again, active_service(change, body.audience.name()));
    if (again.newest().kvno != sealed_to) return Error{Errc::busy, "its key was changed meanwhile"};
    if (change.revoked(body)) return Error{Errc::revoked, "what the ticket would stand on"};
    return ok();
  };
  return to_do(effects,
               Issuer::TicketOrder{std::move(body), SessionKey::random(), service.newest()});
}

}  // namespace waybill::kdc
