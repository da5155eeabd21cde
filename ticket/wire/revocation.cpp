#include "ticket/wire/revocation.h"

#include <array>

#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::array<std::string_view, 9> kinds{
    "", "ticket", "subject", "actor", "queue", "workflow", "realm", "lineage", "completed"};

}  // namespace

std::string_view name_of(RevokedBy kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<RevokedBy> revoked_by(std::string_view name) {
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    if (kinds[i] == name) return static_cast<RevokedBy>(i);
  }
  return std::nullopt;
}

std::string Revocation::shown_value() const {
  return names_a_ticket(kind) ? to_hex(bytes_of(value)) : value;
}

// By ticket [kind, id, time, matters_until, reason], completed without the reason; by name
// [kind, value, time, issued_until, matters_until, reason].
Buffer Revocation::encode() const {
  Writer out;
  const auto number = static_cast<std::uint64_t>(kind);
  if (!names_a_ticket(kind)) {
    out.array(6).uint(number).str(value).time(time).time(issued_until);
    return out.time(matters_until).str(reason).take();
  }
  const bool completed = kind == RevokedBy::completed;
  out.array(completed ? 4 : 5).uint(number).bin(bytes_of(value)).time(time).time(matters_until);
  if (!completed) out.str(reason);
  return out.take();
}

Result<Revocation> Revocation::decode(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  const std::size_t elements = in.array(4, 6);
  const std::uint64_t number = in.uint();
  if (!in.failed() && (number == 0 || number >= kinds.size())) {
    in.fail(Errc::feed_invalid, "kind of revocation");
  }
  if (in.failed()) return *in.first_error();
  Revocation out;
  out.kind = static_cast<RevokedBy>(number);
  const bool completed = out.kind == RevokedBy::completed;
  const bool by_ticket = names_a_ticket(out.kind);
  if (elements != (completed ? 4U : by_ticket ? 5U : 6U)) in.fail(Errc::malformed, "revocation");
  out.value = by_ticket ? value_of(in.bin<sizeof(TicketId)>()) : in.str(limits::max_workflow_id);
  out.time = in.time();
  out.issued_until = by_ticket ? for_ever : in.time();
  out.matters_until = in.time();
  if (!completed) out.reason = in.str(limits::max_reason);
  CHECK_OK(in.finish());
  return out;
}

}  // namespace waybill
