#include "ticket/exchange/messages.h"

#include <algorithm>
#include <cstdlib>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::uint32_t max_seconds = 10 * 366 * 24 * 3600U;  // ten years: longer is a mistake

std::uint64_t count(Seconds seconds) { return static_cast<std::uint64_t>(seconds.count()); }

Seconds read_seconds(Reader& in) {
  const std::uint32_t value = in.uint32();
  if (value > max_seconds) in.fail(Errc::limit_exceeded, "duration");
  return Seconds(value);
}

}  // namespace

Buffer login_prologue(const Realm& realm, KeyId epoch) {
  return Writer()
      .array(4)
      .str("waybill")
      .uint(limits::protocol_version)
      .str(realm.text())
      .uint(number(epoch))
      .take();
}

Buffer LoginEnvelope::encode() const {
  Writer out;
  out.array(4).uint(limits::protocol_version).str(realm.text()).uint(number(epoch));
  return out.bin(message).take();
}

Result<LoginEnvelope> LoginEnvelope::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(4);
  in.version();
  auto realm = in.realm();
  const KeyId epoch{in.uint32()};
  const Bytes message = in.bin(limits::max_noise_message);
  CHECK_OK(in.finish());
  return LoginEnvelope{*std::move(realm), epoch, copy_of(message)};
}

Buffer LoginRequest::encode() const {
  Writer out;
  out.array(5).str(principal.text()).uint(count(life)).uint(count(renewable)).time(time);
  return out.bin(earlier).take();
}

Result<LoginRequest> LoginRequest::decode(Bytes wire) {
  Reader in(wire, limits::max_noise_message);
  in.array(5);
  auto principal = in.principal();
  const Seconds life = read_seconds(in);
  const Seconds renewable = read_seconds(in);
  const Time time = in.time();
  const Bytes earlier = in.bin(limits::max_noise_message);
  CHECK_OK(in.finish());
  return LoginRequest{*std::move(principal), life, renewable, time, copy_of(earlier)};
}

SecretBuffer IssuedTicket::encode() const {
  Writer out(ticket.size() + evidence.size() + 256);
  out.array(7).bin(ticket).bin(session.secret().expose()).bin(evidence);
  out.time(times.issued_at).time(times.start_by).time(times.run_until).time(times.renew_until);
  return wiped_copy(out.take());
}

Result<IssuedTicket> IssuedTicket::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(7);
  const Bytes ticket = in.bin(limits::max_ticket_with_booklet);
  Secret<32> session = read_secret(in);
  const Bytes evidence = in.bin(limits::max_evidence);
  const Time issued_at = in.time(), start_by = in.time(), run_until = in.time();
  const Time renew_until = in.time();
  CHECK_OK(in.finish());
  return IssuedTicket{copy_of(ticket),
                      SessionKey(std::move(session)),
                      copy_of(evidence),
                      {issued_at, start_by, run_until, renew_until}};
}

SecretBuffer LoginReply::encode() const {
  SecretBuffer ticket;
  if (tgt) ticket = tgt->encode();
  Writer out(limits::login_reply);
  out.array(5).uint(refusal ? static_cast<std::uint64_t>(*refusal) : 0).time(kdc_time);
  Buffer plain = out.bin(kdc_instance).bin(ticket).take();
  // Three bytes say the length of the padding, whatever it is: so every size is reached.
  if (plain.size() + 3 + limits::least_padding > limits::login_reply) std::abort();
  const Buffer padding(limits::login_reply - 3 - plain.size());
  const Buffer rest = Writer().bin(padding).take();
  plain.insert(plain.end(), rest.begin(), rest.end());
  return wiped_copy(std::move(plain));
}

Result<LoginReply> LoginReply::decode(Bytes wire) {
  Reader in(wire, limits::max_noise_message);
  in.array(5);
  const std::uint64_t code = in.uint();
  const Time kdc_time = in.time();
  const InstanceId instance = in.bin<16>();
  const Bytes ticket = in.bin(limits::max_noise_message);
  const Bytes padding = in.bin(limits::login_reply);
  CHECK_OK(in.finish());
  const bool zero = std::ranges::all_of(padding, [](std::uint8_t byte) { return byte == 0; });
  if (wire.size() != limits::login_reply || padding.size() < limits::least_padding || !zero) {
    return Error{Errc::malformed, "padding"};
  }
  if (code != 0) {
    if (!ticket.empty()) return Error{Errc::malformed, "a refusal with a ticket"};
    return LoginReply{errc_from(code).value_or(Errc::policy_denied), kdc_time, instance, {}};
  }
  TRY(tgt, IssuedTicket::decode(ticket));
  return LoginReply{{}, kdc_time, instance, std::move(tgt)};
}

Buffer ServiceTicketRequest::encode() const {
  return Writer().array(2).str(service).uint(count(life)).take();
}

Result<ServiceTicketRequest> ServiceTicketRequest::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(2);
  std::string service = in.name(limits::max_principal_name);
  const Seconds life = read_seconds(in);
  CHECK_OK(in.finish());
  return ServiceTicketRequest{std::move(service), life};
}

Buffer DelegatedTicketRequest::encode() const {
  Writer out;
  out.array(9).bin(presentation).str(queue);
  out.str(work.space).str(work.id).str(work.type).bin(work.input);
  write_names(out, actions);
  write_downstreams(out, downstreams);
  return out.uint(count(run_for)).take();
}

Result<DelegatedTicketRequest> DelegatedTicketRequest::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(9);
  DelegatedTicketRequest out;
  out.presentation = copy_of(in.bin(limits::max_presentation));
  out.queue = in.name(limits::max_principal_name);
  out.work.space = in.name(limits::max_name);
  out.work.id = in.name(limits::max_workflow_id);
  out.work.type = in.name(limits::max_name);
  out.work.input = in.bin<32>();
  out.actions = read_names(in);
  out.downstreams = read_downstreams(in);
  out.run_for = read_seconds(in);
  CHECK_OK(in.finish());
  return out;
}

std::string_view name_of(PayloadKind kind) {
  return kind == PayloadKind::input ? "input" : "result";
}

std::optional<PayloadKind> payload_kind(std::string_view name) {
  for (const PayloadKind kind : {PayloadKind::input, PayloadKind::result}) {
    if (name == name_of(kind)) return kind;
  }
  return std::nullopt;
}

Buffer LookRequest::encode() const {
  return Writer().array(3).bin(presentation).bin(evidence).str(name_of(payload)).take();
}

Result<LookRequest> LookRequest::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(3);
  const Bytes presentation = in.bin(limits::max_presentation);
  const Bytes evidence = in.bin(limits::max_evidence);
  const auto payload = payload_kind(in.str(limits::max_name));
  if (!payload) in.fail(Errc::malformed, "input or result");
  CHECK_OK(in.finish());
  return LookRequest{copy_of(presentation), copy_of(evidence), *payload};
}

Buffer EvidenceRequest::encode() const { return Writer().array(1).bin(evidence).take(); }

Result<EvidenceRequest> EvidenceRequest::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(1);
  const Bytes evidence = in.bin(limits::max_evidence);
  CHECK_OK(in.finish());
  return EvidenceRequest{copy_of(evidence)};
}

Buffer Refusal::encode() const {
  Writer out;
  out.array(3).str("refusal").uint(static_cast<std::uint64_t>(code)).str(detail);
  return out.take();
}

Result<Refusal> Refusal::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(3);
  in.literal("refusal");
  const std::uint64_t code = in.uint();
  std::string detail(in.str(limits::max_message));
  CHECK_OK(in.finish());
  return Refusal{errc_from(code).value_or(Errc::policy_denied), std::move(detail)};
}

}  // namespace waybill
