#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "ticket/exchange/keytab.h"
#include "ticket/presentation.h"
#include "ticket/ticket.h"
#include "tools/table.h"
#include "tools/ui.h"

/// Tickets and what surrounds them, as a person and as JSON reads them.
namespace waybill::tools {

/// What was found in a file: bytes on the wire or their base64, alone or as an Authorization line.
struct FoundTicket {
  std::string form;  ///< `ticket`, `presentation` or `evidence`
  Buffer ticket;     ///< empty in an evidence
  TicketHeader header;
  std::optional<Presentation> presentation;
  std::optional<Body> claims;  ///< of an evidence: in clear
};
/// Stops with refused, for the reason of the form that the bytes come closest to.
Outcome<FoundTicket> find_ticket(Bytes file);

/// Opens a service ticket with a keytab; nothing is verified. Errors: wrong_audience, unknown_kvno,
/// and those of SealedTicket::open.
Result<OpenedTicket> open_with(const Keytab& keytab, Bytes ticket);

void add_header(Table& table, const TicketHeader& header);
void add_claims(Table& table, const Body& body, Time now);
void add_presentation(Table& table, const Presentation& presentation, Time now);

nlohmann::json header_to_json(const TicketHeader& header);
nlohmann::json claims_to_json(const Body& body);
nlohmann::json presentation_to_json(const Presentation& presentation);

}  // namespace waybill::tools
