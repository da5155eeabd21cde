#include "ticket/wire/error.h"

#include <array>
#include <cstdlib>

namespace waybill {
namespace {

// Two causes that an outsider could tell apart to his profit share one sentence (specs/errors.md).
constexpr std::array table{
    ErrorText{Errc::service_unknown, "WB-SERVICE-UNKNOWN",
              "no such service or queue in this realm"},
    ErrorText{Errc::policy_denied, "WB-POLICY", "the realm's policy does not allow it"},
    ErrorText{Errc::login_failed, "WB-LOGIN-FAILED",
              "the principal is unknown, or the password or key is wrong"},
    ErrorText{Errc::bad_integrity, "WB-SEAL-INTEGRITY",
              "the sealed data does not open: it was changed, or made for another key"},
    ErrorText{Errc::ticket_expired, "WB-TICKET-EXPIRED", "the ticket's time is over"},
    ErrorText{Errc::not_yet_valid, "WB-TICKET-EARLY", "the ticket is not valid yet"},
    ErrorText{Errc::request_replayed, "WB-AUTH-REPLAY", "this request was already used once"},
    ErrorText{Errc::wrong_audience, "WB-TICKET-QUEUE",
              "this ticket is addressed to another queue or service"},
    ErrorText{Errc::clock_skew, "WB-AUTH-SKEW",
              "the two clocks differ by more than 120 seconds; set them right"},
    ErrorText{Errc::bad_version, "WB-VERSION", "this protocol version is not spoken here"},
    ErrorText{Errc::wrong_kind, "WB-TICKET-KIND", "a ticket of another kind is needed here"},
    ErrorText{Errc::unknown_kvno, "WB-TICKET-KVNO",
              "the ticket is sealed to a key version that is not in the keytab"},
    ErrorText{Errc::internal, "WB-INTERNAL",
              "the server cannot do its work at the moment; its log says why"},
    ErrorText{Errc::malformed, "WB-MALFORMED", "the message does not have the form it must have"},
    ErrorText{Errc::limit_exceeded, "WB-LIMIT", "a stated limit of size or number is exceeded"},
    ErrorText{Errc::not_canonical, "WB-CANONICAL", "the message is not in canonical encoding"},
    ErrorText{Errc::bad_name, "WB-NAME", "a name has a character or a length that is not allowed"},
    ErrorText{Errc::wrong_realm, "WB-REALM", "this belongs to another realm"},
    ErrorText{Errc::unknown_epoch, "WB-EPOCH",
              "the epoch or its key is not known here, or retired"},
    ErrorText{Errc::session_mismatch, "WB-TICKET-SESSION",
              "the session key is not the one the ticket commits to"},
    ErrorText{Errc::unknown_signer, "WB-TICKET-SIGNER",
              "the signing key is not in the realm document, or not valid at that time"},
    ErrorText{Errc::bad_proof, "WB-TICKET-PROOF", "the KDC did not sign this ticket"},
    ErrorText{Errc::start_too_late, "WB-TICKET-START",
              "the work was started after its start-by time"},
    ErrorText{Errc::wrong_namespace, "WB-TICKET-NAMESPACE", "the ticket is for another namespace"},
    ErrorText{Errc::wrong_workflow, "WB-TICKET-WORKFLOW", "the ticket is for another workflow"},
    ErrorText{Errc::wrong_workflow_type, "WB-TICKET-TYPE",
              "the ticket is for another type of workflow"},
    ErrorText{Errc::wrong_input, "WB-TICKET-INPUT",
              "the input is not the one that the ticket was issued for"},
    ErrorText{Errc::feed_stale, "WB-FEED-STALE",
              "the revocation feed is older than the ticket allows"},
    ErrorText{Errc::feed_invalid, "WB-FEED-INVALID",
              "the revocation feed is forged, broken or went back"},
    ErrorText{Errc::revoked, "WB-TICKET-REVOKED", "the ticket was revoked"},
    ErrorText{Errc::ticket_reused, "WB-TICKET-REPLAY",
              "the ticket was already used for another run of the work"},
    ErrorText{Errc::action_denied, "WB-TICKET-ACTION", "the ticket does not allow this action"},
    ErrorText{Errc::clock_behind, "WB-CLOCK-BEHIND",
              "this host's clock is behind the time that the KDC has signed; set it right"},
    ErrorText{Errc::bad_renewal, "WB-TICKET-RENEWED",
              "what came as this ticket's renewal is not a form of it"},
    ErrorText{Errc::bad_tag, "WB-AUTH-TAG",
              "the presentation was changed, or made without the session key"},
    ErrorText{Errc::wrong_addressee, "WB-AUTH-ADDRESSEE",
              "the presentation is addressed to somebody else"},
    ErrorText{Errc::wrong_instance, "WB-AUTH-INSTANCE",
              "the presentation is addressed to another instance of this service; ask again"},
    ErrorText{Errc::wrong_request, "WB-AUTH-REQUEST",
              "the presentation was made for another request"},
    ErrorText{Errc::caveat_unknown, "WB-CAVEAT-UNKNOWN", "a caveat of a type that is not known"},
    ErrorText{Errc::caveat_expired, "WB-CAVEAT-EXPIRED", "a caveat's time is over"},
    ErrorText{Errc::caveat_audience, "WB-CAVEAT-AUDIENCE",
              "a caveat limits this credential to another service"},
    ErrorText{Errc::caveat_action, "WB-CAVEAT-ACTION", "a caveat does not allow this action"},
    ErrorText{Errc::caveat_queue, "WB-CAVEAT-QUEUE", "a caveat does not allow this queue"},
    ErrorText{Errc::caveat_workflow_type, "WB-CAVEAT-TYPE",
              "a caveat does not allow this type of workflow"},
    ErrorText{Errc::caveat_workflow, "WB-CAVEAT-WORKFLOW", "a caveat names another workflow"},
    ErrorText{Errc::caveat_input, "WB-CAVEAT-INPUT", "a caveat names another input"},
    ErrorText{Errc::caveat_downstream, "WB-CAVEAT-DOWNSTREAM",
              "a caveat does not allow this downstream service"},
    ErrorText{Errc::delegation_incomplete, "WB-CAVEAT-MISSING",
              "a delegation must name its service, queue, workflow type, actions, input and end"},
    ErrorText{Errc::caveat_namespace, "WB-CAVEAT-NAMESPACE",
              "a caveat does not allow this namespace"},
    ErrorText{Errc::unknown_operation, "WB-OPERATION", "no such operation here"},
    ErrorText{Errc::not_permitted, "WB-NOT-PERMITTED", "this principal may not do that"},
    ErrorText{Errc::grant_missing, "WB-GRANT-MISSING",
              "no grant lets this principal start that workflow on that queue"},
    ErrorText{Errc::grant_action, "WB-GRANT-ACTION", "no grant holds all of these actions"},
    ErrorText{Errc::grant_duration, "WB-GRANT-DURATION",
              "no grant lets the work run for that long"},
    ErrorText{Errc::ceiling_missing, "WB-GRANT-TRIGGER",
              "this trigger may not send work to that queue"},
    ErrorText{Errc::queue_unknown, "WB-QUEUE-UNKNOWN", "no such queue in this realm"},
    ErrorText{Errc::principal_unknown, "WB-PRINCIPAL-UNKNOWN", "no such principal in this realm"},
    ErrorText{Errc::already_exists, "WB-EXISTS", "it exists already"},
    ErrorText{Errc::possession_unproven, "WB-KEY-POSSESSION",
              "the key was not proven to be in the asker's possession"},
    ErrorText{Errc::not_renewable, "WB-TICKET-RENEW", "the ticket cannot be renewed any more"},
    ErrorText{Errc::login_not_fresh, "WB-LOGIN-OLD", "this wants a login of the last five minutes"},
    ErrorText{Errc::evidence_not_yours, "WB-EVIDENCE",
              "the evidence is about somebody else's ticket"},
    ErrorText{Errc::not_found, "WB-NOT-FOUND", "there is no such thing, or it is not yours to see"},
    ErrorText{Errc::busy, "WB-BUSY", "too much is asked at once; try again in a moment"},
    ErrorText{Errc::realm_invalid, "WB-REALM-DOCUMENT",
              "the realm document is not signed by the realm's root key, or is out of date"},
    ErrorText{Errc::too_large, "WB-TOO-LARGE", "the answer or the ticket would be too large"},
    ErrorText{Errc::not_owner, "WB-NOT-OWNER", "there is no such workflow, or it is not yours"},
    ErrorText{Errc::already_ended, "WB-ENDED", "the work has already ended"},
    ErrorText{Errc::lease_lost, "WB-LEASE",
              "the lease on this job is over; somebody else may have it"},
    ErrorText{Errc::bad_result, "WB-RESULT", "the result was not sealed by the worker of this job"},
    ErrorText{Errc::no_handler, "WB-HANDLER", "this worker has no handler for that workflow type"},
    ErrorText{Errc::kdc_unreachable, "WB-KDC-UNREACHABLE",
              "the realm's KDC does not answer this server; try again in a moment"},
    ErrorText{Errc::not_ended, "WB-NOT-ENDED", "the work has not ended yet"},
    ErrorText{Errc::job_failed, "WB-JOB-FAILED", "the worker could not do the work"},
    ErrorText{Errc::wrong_payload, "WB-PAYLOAD",
              "this is no such payload of that workflow: it was changed, or belongs to other work"},
};

}  // namespace

const ErrorText& describe(Errc code) {
  for (const ErrorText& text : table) {
    if (text.code == code) return text;
  }
  std::abort();  // an Errc without a row: a test walks the enum so that this cannot ship
}

std::span<const ErrorText> all_errors() { return table; }

std::optional<Errc> errc_from(std::uint64_t number) {
  for (const ErrorText& text : table) {
    if (static_cast<std::uint64_t>(text.code) == number) return text.code;
  }
  return std::nullopt;
}

}  // namespace waybill
