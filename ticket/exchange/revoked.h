#pragma once

#include <optional>
#include <string>

#include "ticket/ticket.h"
#include "ticket/wire/revocation.h"

namespace waybill {

/// Looks for a revocation that concerns the body (specs/protocol.md 7). `find(kind, value)` gives
/// the `issued_until` of what is revoked under that key, or nothing.
template <class Find>
bool is_revoked(const Body& body, Find find) {
  const auto hit = [&](RevokedBy kind, const std::string& value) {
    const std::optional<Time> until = find(kind, value);
    return until && body.issued_at <= *until;
  };
  const auto ended = [&](const TicketId& id) {
    const std::string value = value_of(id);
    return hit(RevokedBy::ticket, value) || hit(RevokedBy::completed, value);
  };
  if (ended(body.id)) return true;
  for (const TicketId& ancestor : body.lineage) {
    if (ended(ancestor) || hit(RevokedBy::lineage, value_of(ancestor))) return true;
  }
  for (const Principal& actor : body.actors) {
    if (hit(RevokedBy::actor, actor.text())) return true;
  }
  return hit(RevokedBy::subject, body.subject.text()) ||
         hit(RevokedBy::queue, body.audience.text()) ||
         hit(RevokedBy::realm, body.audience.realm().text()) ||
         (body.work && hit(RevokedBy::workflow, body.work->id));
}

}  // namespace waybill
