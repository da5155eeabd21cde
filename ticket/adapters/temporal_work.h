#pragma once

#include "ticket/adapters/temporal.h"

/// How a piece of work lies in Temporal: what a trigger puts there, a worker finds
/// (specs/temporal.md).
namespace waybill::temporal {

/// The header key of the ticket. Another major version has another key.
inline constexpr std::string_view ticket_key = "waybill-ticket-v1";
/// The encodings are ours alone, so that no converter or codec takes the bytes for something else,
/// and one that wrapped them shows.
inline constexpr std::string_view ticket_encoding = "binary/waybill-ticket";
inline constexpr std::string_view input_encoding = "binary/waybill-input";
inline constexpr std::string_view result_encoding = "binary/waybill-result";
/// The one activity of a workflow has this id, and the workflow's type.
inline constexpr std::string_view activity_id = "work";
/// The server takes no larger payload.
inline constexpr std::size_t max_payload = 2'000'000;

Header header_with(Bytes ticket);
/// `workflow_id` goes into its label; empty: it has none.
Payload payload_of(std::string_view encoding, Bytes sealed, std::string workflow_id = {});

/// Errors: bad_version (a ticket of other versions only), malformed (none, or something wrapped
/// it), limit_exceeded.
Result<Buffer> ticket_in(const Header& header);
/// The bytes of the one payload, whatever its label says. Errors: malformed (none, several, or of
/// another encoding), limit_exceeded.
Result<Buffer> sealed_in(const Payloads& payloads, std::string_view encoding);

/// A refusal as the failure of an activity or a workflow: its type is the code's name, which never
/// changes, its message the sentence. Final.
Failure failure_of(Errc code);
/// The code whose name the type is; job_failed when there is none.
Errc code_of(const Failure& failure);

}  // namespace waybill::temporal
