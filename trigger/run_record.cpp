#include "trigger/run_record.h"

#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::trigger {
namespace {

constexpr std::size_t max_record = 8 * 1024;
constexpr std::size_t max_wrapped = 256;
constexpr std::size_t max_request_id = 64;
constexpr std::uint64_t authority_version = 1;

std::string session_name(const TicketId& ticket) { return "trigger session " + to_hex(ticket); }

Status read_status(Reader& in) {
  const std::uint64_t number = in.uint();
  if (number < 1 || number > static_cast<std::uint64_t>(Status::dead)) {
    in.fail(Errc::malformed, "status");
    return Status::queued;
  }
  return static_cast<Status>(number);
}

void write_trouble(Writer& out, const std::optional<Trouble>& trouble) {
  if (!trouble) {
    out.array(0);
    return;
  }
  out.array(2).uint(static_cast<std::uint64_t>(trouble->code)).str(trouble->message);
}

std::optional<Trouble> read_trouble(Reader& in) {
  if (in.array(0, 2) == 0) return std::nullopt;
  const auto code = errc_from(in.uint());
  std::string message(in.str(Trouble::max_message));
  return Trouble{code.value_or(Errc::internal), std::move(message)};
}

/// The versions of a run's record, and how many elements each has.
struct Shape {
  std::uint64_t version;
  std::size_t elements;
};
constexpr Shape without_renewal{1, 17};
constexpr Shape without_request{2, 19};
constexpr Shape newest{3, 20};

// The version that a record says it has must be the one of its length.
std::uint64_t read_version(Reader& in) {
  const std::size_t elements = in.array(without_renewal.elements, newest.elements);
  const std::uint64_t version = in.uint();
  for (const Shape& shape : {without_renewal, without_request, newest}) {
    if (shape.version == version && shape.elements == elements) return version;
  }
  in.fail(Errc::bad_version, "run record");
  return newest.version;
}

/// Of the newest form of a ticket that is known.
struct Times {
  Time start_by, issued_at, run_until, renew_until;
};

// A record of version 1 knows no renewal: the ticket ends with run_until, as it did when the record
// and its deadline were written.
Times read_times(Reader& in, bool renewable, Time submitted_at) {
  Times out{};
  out.start_by = in.time();
  out.issued_at = renewable ? in.time() : submitted_at;
  out.run_until = in.time();
  out.renew_until = renewable ? in.time() : out.run_until;
  return out;
}

// An absent time is the first second of 1970, in which nothing ever happened.
std::optional<Time> read_optional_time(Reader& in) {
  const Time time = in.time();
  return time == Time{} ? std::nullopt : std::optional(time);
}

}  // namespace

Buffer RunRecord::encode() const {
  Writer out;
  out.array(newest.elements).uint(newest.version);
  out.bin(run.id).bin(run.ticket).str(run.workflow_id);
  out.str(run.workflow_type).str(run.queue).str(run.subject.text());
  out.uint(static_cast<std::uint64_t>(run.status)).uint(run.attempt);
  out.time(run.submitted_at).time(run.start_by).time(run.issued_at);
  out.time(run.run_until).time(run.renew_until);
  out.time(run.ended_at.value_or(Time{}));
  write_trouble(out, run.trouble);
  out.time(due_at).bin(lease ? Bytes(*lease) : Bytes{}).time(lease_until);
  return out.str(run.request_id).take();
}

Result<RunRecord> RunRecord::decode(Bytes wire) {
  Reader in(wire, max_record);
  const std::uint64_t version = read_version(in);
  const RunId id = in.bin<16>();
  const TicketId ticket = in.bin<16>();
  std::string workflow_id = in.name(limits::max_workflow_id);
  std::string workflow_type = in.name(limits::max_name);
  std::string queue = in.name(limits::max_principal_name);
  auto subject = in.principal();
  const Status status = read_status(in);
  const std::uint32_t attempt = in.uint32();
  const Time submitted_at = in.time();
  const Times times = read_times(in, version > without_renewal.version, submitted_at);
  const auto ended_at = read_optional_time(in);
  auto trouble = read_trouble(in);
  const Time due_at = in.time();
  const Bytes lease = in.bin(16);
  const Time lease_until = in.time();
  std::string request_id;
  if (version > without_request.version) request_id = in.str(max_request_id);
  if (!lease.empty() && lease.size() != 16) in.fail(Errc::malformed, "lease");
  CHECK_OK(in.finish());
  Run run{id,
          ticket,
          std::move(workflow_id),
          std::move(workflow_type),
          std::move(queue),
          *std::move(subject),
          status,
          attempt,
          submitted_at,
          times.start_by,
          times.issued_at,
          times.run_until,
          times.renew_until,
          ended_at,
          std::move(trouble),
          std::move(request_id)};
  std::optional<LeaseId> held;
  if (!lease.empty()) held = fixed<16>(lease);
  return RunRecord{std::move(run), due_at, held, lease_until};
}

Authority Authority::of(const NewRun& work, const RecordGuard& guard) {
  return {work.issued.ticket, work.issued.evidence,
          guard.wrap(session_name(work.ticket), work.issued.session.secret().expose()),
          work.submission};
}

Result<SessionKey> Authority::session(const TicketId& ticket_id, const RecordGuard& guard) const {
  TRY(plain, guard.unwrap(session_name(ticket_id), wrapped_session));
  if (plain.size() != 32) return Error{Errc::bad_integrity, "session key"};
  return SessionKey(Secret<32>::copy(Bytes(plain).first<32>()));
}

Buffer Authority::encode() const {
  Writer out;
  out.array(5)
      .uint(authority_version)
      .bin(ticket)
      .bin(evidence)
      .bin(wrapped_session)
      .bin(submission);
  return out.take();
}

Result<Authority> Authority::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(5);
  if (in.uint() != authority_version) in.fail(Errc::bad_version, "authority");
  const Bytes ticket = in.bin(limits::max_ticket_with_booklet);
  const Bytes evidence = in.bin(limits::max_evidence);
  const Bytes wrapped = in.bin(max_wrapped);
  const Digest submission = in.bin<32>();
  CHECK_OK(in.finish());
  return Authority{copy_of(ticket), copy_of(evidence), copy_of(wrapped), submission};
}

}  // namespace waybill::trigger
