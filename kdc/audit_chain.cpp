#include "kdc/audit_chain.h"

#include <algorithm>

#include "ticket/crypto.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

bool tells_of(const AuditRecord& record, const AuditPosition& start) {
  return record.event == audit_pruned && record.outcome == 0 &&
         record.fields.get("until") == std::to_string(start.sequence) &&
         record.fields.get("link") == to_hex(start.link);
}

}  // namespace

Buffer AuditRecord::encode() const {
  Writer out;
  out.array(5).uint(sequence).time(time).str(event).uint(outcome);
  fields.write(out);
  return out.take();
}

Result<AuditRecord> AuditRecord::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(5);
  AuditRecord out;
  out.sequence = in.uint();
  out.time = in.time();
  out.event = in.name(limits::max_name);
  out.outcome = in.uint();
  out.fields = Fields::read(in);
  CHECK_OK(in.finish());
  return out;
}

Buffer AuditCheckpoint::statement() const {
  Writer out;
  out.array(5).str("audit checkpoint").str(realm.text()).uint(sequence).time(time);
  return out.bin(link).take();
}

Result<AuditCheckpoint> AuditCheckpoint::parse(Bytes statement) {
  Reader in(statement, limits::max_caveat);
  in.array(5);
  in.literal("audit checkpoint");
  auto realm = in.realm();
  const std::uint64_t sequence = in.uint();
  const Time time = in.time();
  const Digest link = in.bin<32>();
  CHECK_OK(in.finish());
  return AuditCheckpoint{*std::move(realm), sequence, time, link};
}

Result<AuditCheckpoint> SignedCheckpoint::verify(const RealmDocument& realm) const {
  TRY(checkpoint, AuditCheckpoint::parse(statement));
  if (checkpoint.realm != realm.realm) return Error{Errc::wrong_realm, "audit checkpoint"};
  const auto* key = realm.signer(signer, checkpoint.time);
  if (key == nullptr) return Error{Errc::unknown_signer, "audit checkpoint"};
  if (!waybill::verify(key->key, statement, signature)) {
    return Error{Errc::bad_proof, "audit checkpoint"};
  }
  return checkpoint;
}

Buffer SignedCheckpoint::encode() const {
  return Writer().array(3).uint(number(signer)).bin(statement).bin(signature).take();
}

Result<SignedCheckpoint> SignedCheckpoint::decode(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  in.array(3);
  const KeyId signer{in.uint32()};
  const Bytes statement = in.bin(limits::max_caveat);
  const Signature signature = in.bin<64>();
  CHECK_OK(in.finish());
  return SignedCheckpoint{signer, copy_of(statement), signature};
}

std::string AuditFault::sentence() const {
  std::string record = "record " + std::to_string(sequence);
  switch (kind) {
    case Kind::changed:
      return record + " was changed";
    case Kind::dropped:
      return record + " was dropped";
    case Kind::reordered:
      return record + " is not in its place";
    case Kind::truncated:
      return record + " and all after it were cut off: the KDC signed a longer chain";
    case Kind::contradicted:
      return "a record after " + std::to_string(since) + " and up to " + std::to_string(sequence) +
             " was changed and the links made to fit: they are not what the KDC signed";
    case Kind::headless:
      return "the records up to " + std::to_string(sequence) +
             " are missing, and none that the KDC signed says that they were pruned";
  }
  return record;
}

AuditVerifier::AuditVerifier(std::vector<AuditCheckpoint> checkpoints, AuditPosition start)
    : start_(start), checkpoints_(std::move(checkpoints)), at_(start) {
  std::ranges::sort(checkpoints_, {}, &AuditCheckpoint::sequence);
  compare_with_checkpoints();
}

void AuditVerifier::add(const AuditRow& row) {
  if (!fault_) {
    check(row);
    return;
  }
  // A missing record that turns up later was moved, not dropped.
  if (fault_->kind != AuditFault::Kind::dropped) return;
  const auto record = AuditRecord::decode(row.record);
  if (record && record->sequence == fault_->sequence) fault_->kind = AuditFault::Kind::reordered;
}

// What the row's number says is a claim of whoever hands it out; the record's own is hashed.
void AuditVerifier::check(const AuditRow& row) {
  using Kind = AuditFault::Kind;
  const std::uint64_t expected = at_.sequence + 1;
  const auto record = AuditRecord::decode(row.record);
  if (!record || record->sequence < expected) {
    fault_ = AuditFault{Kind::changed, expected};
  } else if (record->sequence > expected) {
    fault_ = AuditFault{Kind::dropped, expected};
  } else if (row.sequence != expected || audit_link(at_.link, row.record) != row.link) {
    fault_ = AuditFault{Kind::changed, expected};
  }
  if (fault_) return;
  at_ = {expected, row.link};
  if (told_of_start_ == 0 && tells_of(*record, start_)) told_of_start_ = expected;
  compare_with_checkpoints();
}

void AuditVerifier::compare_with_checkpoints() {
  for (; next_ < checkpoints_.size() && checkpoints_[next_].sequence <= at_.sequence; ++next_) {
    const AuditCheckpoint& checkpoint = checkpoints_[next_];
    if (checkpoint.sequence != at_.sequence) continue;  // of before the first record
    if (checkpoint.link != at_.link) {
      fault_ = AuditFault{AuditFault::Kind::contradicted, at_.sequence, signed_until_};
      return;
    }
    signed_until_ = at_.sequence;
  }
}

std::optional<AuditFault> AuditVerifier::finish() {
  if (fault_) return fault_;
  if (next_ < checkpoints_.size()) {
    fault_ = AuditFault{AuditFault::Kind::truncated, at_.sequence + 1};
  } else if (start_.sequence != 0 && (told_of_start_ == 0 || signed_until_ < told_of_start_)) {
    fault_ = AuditFault{AuditFault::Kind::headless, start_.sequence};
  }
  return fault_;
}

std::optional<AuditFault> verify_audit(std::span<const AuditRow> rows,
                                       std::vector<AuditCheckpoint> checkpoints) {
  AuditVerifier verifier(std::move(checkpoints));
  for (const AuditRow& row : rows) verifier.add(row);
  return verifier.finish();
}

}  // namespace waybill::kdc
