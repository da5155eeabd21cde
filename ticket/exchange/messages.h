#pragma once

#include <string>
#include <vector>

#include "ticket/ticket.h"
#include "ticket/wire/codec.h"

namespace waybill {

/// The exchanges' messages (specs/protocol.md 3 and 6): plain values with one encoding each.
/// Administration uses Fields (fields.h) instead. Decoders refuse with the codec's errors.

/// ["waybill", 1, realm, epoch]: both sides of the AS exchange hash it first.
Buffer login_prologue(const Realm& realm, KeyId epoch);

/// What POST /v1/as carries: which key message 1 is encrypted to, and message 1.
struct LoginEnvelope {
  Realm realm;
  KeyId epoch;
  Buffer message;
  Buffer encode() const;
  static Result<LoginEnvelope> decode(Bytes wire);
};

/// Payload of message 1.
struct LoginRequest {
  Principal principal;
  Seconds life;       ///< wanted; the KDC may give less
  Seconds renewable;  ///< wanted, counted from now; zero: not renewable
  Time time;          ///< the client's clock
  Buffer earlier{};   ///< an earlier TGT, presented for this login; may be empty
  Buffer encode() const;
  static Result<LoginRequest> decode(Bytes wire);
};

/// The four times of a ticket, as its holder sees them.
struct TicketTimes {
  Time issued_at, start_by, run_until, renew_until;
};

/// A ticket as its holder gets it, over a sealed channel.
struct IssuedTicket {
  Buffer ticket;
  SessionKey session;
  Buffer evidence;  ///< empty for a TGT
  TicketTimes times;
  SecretBuffer encode() const;
  static Result<IssuedTicket> decode(Bytes wire);
};

/// Payload of message 2: a ticket, or why there is none. Its encoding is padded with zero bytes to
/// limits::login_reply, so that nobody sees from its length which of them it is, or whose; the TGT
/// of the longest names fits (a larger one ends the process).
struct LoginReply {
  std::optional<Errc> refusal;
  Time kdc_time;
  InstanceId kdc_instance;
  std::optional<IssuedTicket> tgt;
  SecretBuffer encode() const;
  static Result<LoginReply> decode(Bytes wire);
};

/// "tgs": the caller's own ticket for a service.
struct ServiceTicketRequest {
  std::string service;  ///< name in this realm
  Seconds life;
  Buffer encode() const;
  static Result<ServiceTicketRequest> decode(Bytes wire);
};

/// "tgs.delegate": a trigger asks for a workflow ticket in a user's name.
struct DelegatedTicketRequest {
  Buffer presentation;  ///< the user's TGT, narrowed to this trigger and this work
  std::string queue;
  Work work;
  std::vector<std::string> actions;
  std::vector<Downstream> downstreams;
  Seconds run_for;  ///< zero: as long as the grant allows
  Buffer encode() const;
  static Result<DelegatedTicketRequest> decode(Bytes wire);
};

/// Which of the two sealed payloads of a piece of work.
enum class PayloadKind : std::uint8_t { input, result };
std::string_view name_of(PayloadKind kind);
std::optional<PayloadKind> payload_kind(std::string_view name);

/// What a grant must hold for somebody else's work to be looked at. It is in no ticket.
inline constexpr std::string_view look_action = "payload:read";

/// "look": a trigger asks whether somebody may see an input or a result of this work.
struct LookRequest {
  Buffer presentation;  ///< that person's TGT, narrowed to looking at this work, here
  Buffer evidence;      ///< of the work's ticket
  PayloadKind payload = PayloadKind::input;
  Buffer encode() const;
  static Result<LookRequest> decode(Bytes wire);
};

/// "renew" and "complete": about a service ticket, known by its evidence. An empty evidence in
/// "renew" means the TGT of the call.
struct EvidenceRequest {
  Buffer evidence;
  Buffer encode() const;
  static Result<EvidenceRequest> decode(Bytes wire);
};

/// What is answered where no reply key exists yet. Unauthenticated: a client shows it and believes
/// nothing of it.
struct Refusal {
  Errc code;
  std::string detail;
  Buffer encode() const;
  static Result<Refusal> decode(Bytes wire);
};

}  // namespace waybill
