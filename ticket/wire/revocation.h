#pragma once

#include <string>

#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"

namespace waybill {

/// What the revocation feed is made of (specs/protocol.md 7).

/// By what a ticket is revoked. The numbers are on the wire.
enum class RevokedBy : std::uint8_t {
  ticket = 1,     ///< this ticket and everything derived from it (value: its id)
  subject = 2,    ///< value: principal
  actor = 3,      ///< value: principal
  queue = 4,      ///< value: principal
  workflow = 5,   ///< value: workflow id
  realm = 6,      ///< everything of the realm (value: its name)
  lineage = 7,    ///< what was derived from this ticket, not the ticket itself (value: its id)
  completed = 8,  ///< as `ticket`, because its work is done (value: its id)
};
std::string_view name_of(RevokedBy kind);
std::optional<RevokedBy> revoked_by(std::string_view name);
/// Of what a value is: a ticket's id, 16 bytes, or a text.
constexpr bool names_a_ticket(RevokedBy kind) {
  return kind == RevokedBy::ticket || kind == RevokedBy::lineage || kind == RevokedBy::completed;
}
/// A ticket's id as a value: its 16 bytes.
inline std::string value_of(const TicketId& id) { return std::string(text_of(id)); }

struct Revocation {
  RevokedBy kind{};
  std::string value;
  Time time{};           ///< when it was revoked
  Time issued_until{};   ///< tickets issued up to this second, inclusive; for_ever when by a ticket
  Time matters_until{};  ///< no ticket that it could concern lives longer
  std::string reason;    ///< a person's words; none when completed

  /// Issued whenever: what an entry by ticket reaches, since a renewal keeps the id.
  static constexpr Time for_ever{Seconds{limits::last_second}};

  /// The value for a person: an id in hex, or the text.
  std::string shown_value() const;
  Buffer encode() const;
  static Result<Revocation> decode(Bytes wire);
};

}  // namespace waybill
