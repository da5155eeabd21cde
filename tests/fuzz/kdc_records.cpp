// What the KDC keeps, under its MACs, and what travels as a file of its own.

#include "kdc/audit_chain.h"
#include "kdc/realm_request.h"
#include "kdc/store.h"
#include "tests/fuzz/bodies.h"
#include "tests/fuzz/canonical.h"
#include "tests/fuzz/from_vectors.h"
#include "tests/fuzz/kdc_targets.h"

namespace waybill::test::fuzz {
namespace {

using namespace kdc;

PrincipalRecord some_principal() {
  PrincipalRecord record{
      realm().principal("carol"), PrincipalKind::user, {}, {"operator"}, true, noon, noon};
  record.add_key(realm().key("carol").public_key(), noon);
  record.add_key(realm().key("dave").public_key(), noon + 1s);
  return record;
}

std::vector<Buffer> grants() {
  GrantRecord grant{.id = 7,
                    .holder = GrantRecord::Holder::subject,
                    .name = "carol",
                    .queue = *Pattern::parse("queue-*"),
                    .workflow = *Pattern::parse("invoice-report"),
                    .actions = {"invoice:read"},
                    .max_run = 1h,
                    .created = noon,
                    .soft_feed = true};
  GrantRecord ceiling{.id = 8,
                      .holder = GrantRecord::Holder::trigger,
                      .name = "trigger/orders",
                      .queue = *Pattern::parse("*")};
  return {grant.encode(), ceiling.encode()};
}

std::vector<Buffer> standings() {
  const Revocation by_name{RevokedBy::subject, "carol@DEMO.TEST", noon, noon, noon + 24h, "gone"};
  const Revocation by_ticket{
      RevokedBy::completed, value_of(TicketId{1}), noon, Revocation::for_ever, noon + 24h, ""};
  return {Standing{3, by_name}.encode(), Standing{4, by_ticket}.encode()};
}

std::vector<Buffer> tickets() {
  const Body work = realm().workflow_body("carol", "queue-alice", work_of("w", "input"));
  return {OutstandingTicket{Kind::service, work}.encode(),
          OutstandingTicket{Kind::tgt, realm().tgt_body("carol")}.encode()};
}

std::vector<Buffer> checkpoints() {
  std::vector<Buffer> out = from_vectors("audit.txt", "checkpoint");
  const AuditCheckpoint one{realm().realm(), 5, noon, Digest{1}};
  out.push_back(SignedCheckpoint{KeyId{1}, one.statement(), {}}.encode());
  return out;
}

void read_statement(Bytes wire) {
  const auto read = AuditCheckpoint::parse(wire);
  if (read) require(equal(read->statement(), wire), "a statement is canonical");
}

void read_request(Bytes wire) {
  const auto read = decode_request(wire);
  if (read) require(equal(encode_request(*read), wire), "a request is canonical");
}

}  // namespace

Targets record_targets() {
  return {
      {"a_principal_record", [] { return std::vector<Buffer>{some_principal().encode()}; },
       is_canonical<PrincipalRecord>},
      {"a_queue_record",
       [] {
         return std::vector<Buffer>{
             QueueRecord{"queue-alice", realm().principal("alice"), true, noon}.encode()};
       },
       is_canonical<QueueRecord>},
      {"a_grant_record", grants, is_canonical<GrantRecord>},
      {"an_outstanding_ticket", tickets, is_canonical<OutstandingTicket>},
      {"a_location_record",
       [] {
         return std::vector<Buffer>{
             LocationRecord{"trigger/orders", "http://127.0.0.1:1", noon}.encode()};
       },
       is_canonical<LocationRecord>},
      {"what_is_revoked", standings, is_canonical<Standing>},
      {"an_audit_record", [] { return from_vectors("audit.txt", "record"); },
       is_canonical<AuditRecord>},
      {"an_audit_checkpoint", checkpoints, is_canonical<SignedCheckpoint>},
      {"the_statement_of_a_checkpoint", [] { return signed_parts(checkpoints()); }, read_statement},
      {"a_realm_request", [] { return std::vector<Buffer>{encode_request(realm().document)}; },
       read_request},
  };
}

}  // namespace waybill::test::fuzz
