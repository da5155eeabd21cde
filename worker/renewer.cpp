#include "worker/renewer.h"

#include <algorithm>
#include <array>

#include "ticket/adapters/log.h"

namespace waybill::worker {
namespace {

// Policy, and what became of those whom the ticket names.
constexpr std::array final_words{
    Errc::revoked,       Errc::not_renewable,  Errc::grant_missing,
    Errc::grant_action,  Errc::grant_duration, Errc::ceiling_missing,
    Errc::queue_unknown, Errc::policy_denied,  Errc::evidence_not_yours};

}  // namespace

Result<Buffer> Renewer::renew(const Evidence& evidence) {
  try {  // a KDC that is away says nothing about a ticket
    TRY(answer, self_.call(Operation{"renew", EvidenceRequest{evidence.encode()}.encode()}));
    TRY(issued, IssuedTicket::decode(answer.value));
    return std::move(issued.ticket);
  } catch (const HttpError& error) {
    log_warning("renewal_unanswered", {{"why", error.what()}});
    return Error{Errc::kdc_unreachable, "renew"};
  }
}

bool Renewer::is_final(Errc refusal) {
  return std::ranges::find(final_words, refusal) != final_words.end();
}

}  // namespace waybill::worker
