#include "ticket/adapters/temporal_work.h"

#include <algorithm>

#include "ticket/adapters/listen_address.h"
#include "ticket/wire/limits.h"

namespace waybill::temporal {
namespace {

constexpr std::string_view any_ticket = "waybill-ticket-v";

}  // namespace

Header header_with(Bytes ticket) {
  return {{std::string(ticket_key), payload_of(ticket_encoding, ticket)}};
}

Payload payload_of(std::string_view encoding, Bytes sealed, std::string workflow_id) {
  return {std::string(encoding), copy_of(sealed), std::move(workflow_id)};
}

Result<Buffer> ticket_in(const Header& header) {
  const auto found = header.find(std::string(ticket_key));
  if (found == header.end()) {
    const bool other = std::ranges::any_of(
        header, [](const auto& field) { return field.first.starts_with(any_ticket); });
    if (other) return Error{Errc::bad_version, "a ticket of another version"};
    return Error{Errc::malformed, "no ticket; start this work through a trigger"};
  }
  const Payload& payload = found->second;
  if (payload.encoding != ticket_encoding) {
    return Error{Errc::malformed, "a codec wrapped the header with the ticket"};
  }
  if (payload.data.size() > limits::max_ticket_with_booklet) {
    return Error{Errc::limit_exceeded, "ticket"};
  }
  return payload.data;
}

Result<Buffer> sealed_in(const Payloads& payloads, std::string_view encoding) {
  if (payloads.size() != 1) return Error{Errc::malformed, "not one payload"};
  if (payloads.front().encoding != encoding) return Error{Errc::malformed, "another encoding"};
  if (payloads.front().data.size() > max_payload) return Error{Errc::limit_exceeded, "payload"};
  return payloads.front().data;
}

bool gives_its_token_away(const Options& options) {
  if (options.token_file.empty() || !options.authorities.empty()) return false;
  const std::string_view host =
      std::string_view(options.address).substr(0, options.address.rfind(':'));
  return host != "[::1]" && !is_loopback(host);
}

Failure failure_of(Errc code) {
  const ErrorText& text = describe(code);
  return {std::string(text.name), std::string(text.sentence), true, {}, false, {}};
}

Errc code_of(const Failure& failure) {
  const auto all = all_errors();
  const auto found = std::ranges::find(all, failure.type, &ErrorText::name);
  return found == all.end() ? Errc::job_failed : found->code;
}

}  // namespace waybill::temporal
