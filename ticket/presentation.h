#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "ticket/codec.h"
#include "ticket/crypto.h"
#include "ticket/ticket.h"

namespace waybill {

/// Presenting a ticket: caveats and the authenticator (specs/protocol.md 5). Kerberos'
/// authenticator closes a macaroon.

/// Caveats: a closed list. Each is a predicate on the request and all must hold; a caveat about
/// something that the request does not have denies; an unknown type denies.
namespace caveat {
struct Delegation {
  FixedBytes<16> id;  ///< fresh and random: no two delegations are interchangeable
};
struct Audience {
  Principal principal;  ///< who may use the credential
};
struct NotAfter {
  Time time;
};
struct Actions {
  std::vector<std::string> within;
};
struct Queue {
  std::string name;
};
struct WorkflowType {
  std::string name;
};
struct WorkflowId {
  std::string id;
};
struct Input {
  Digest digest;
};
struct Downstreams {
  std::vector<Downstream> within;
};
struct Namespace {
  std::string name;
};
}  // namespace caveat

using Caveat = std::variant<caveat::Delegation, caveat::Audience, caveat::NotAfter, caveat::Actions,
                            caveat::Queue, caveat::WorkflowType, caveat::WorkflowId, caveat::Input,
                            caveat::Downstreams, caveat::Namespace>;

Buffer encode(const Caveat& caveat);
/// Errors: the codec's, caveat_unknown.
Result<Caveat> decode_caveat(Bytes wire);

/// Whether there is a caveat of that type.
template <class Type>
bool has(const std::vector<Caveat>& caveats) {
  return std::ranges::any_of(caveats,
                             [](const Caveat& c) { return std::holds_alternative<Type>(c); });
}

/// What a caveat is asked about. What is absent is not allowed by a caveat that names it.
struct CaveatRequest {
  Time now;
  std::optional<Principal> audience;  ///< who uses the credential
  std::optional<std::string> queue;
  std::optional<std::string> workflow_type;
  std::optional<std::string> workflow_id;
  std::optional<Digest> input;
  std::optional<std::vector<std::string>> actions;
  std::optional<std::vector<Downstream>> downstreams;
  std::optional<std::string> space{};  ///< the namespace of the engine
};
/// Errors: caveat_expired, caveat_audience, caveat_action, …: the first that denies.
Checked check_caveats(const std::vector<Caveat>& caveats, const CaveatRequest& request);
/// That a chain made for somebody else starts with its delegation caveat and leaves nothing open:
/// audience, end, queue, workflow type, actions and input. Errors: delegation_incomplete.
Checked check_delegation(const std::vector<Caveat>& caveats);

struct Authenticator {
  Principal addressee;
  std::optional<InstanceId> instance;  ///< none in a delegation: its replays are told by their id
  Time time;
  FixedBytes<16> nonce;
  Digest request;  ///< digest of the request; of the input, in a delegation

  Buffer encode() const;
  static Result<Authenticator> decode(Bytes wire);
};

/// A finished presentation, and the secret that the call and reply keys come from.
struct Presented {
  Buffer wire;
  ChainKey chain;  ///< tn; never leaves the process
  Digest tag;
};

/// The holder's side: a ticket with its growing chain. What this class holds is a narrowed
/// credential, as secret as a session key; only finish() makes something to show.
class CaveatChain {
 public:
  CaveatChain(Bytes ticket, const SessionKey& session);
  /// Nothing is added that would make a presentation no verifier takes: the 17th caveat, one of
  /// more than 2 KiB, or one that makes the whole too large. The chain stays as it was then.
  /// Errors: limit_exceeded.
  Checked add(const Caveat& caveat);
  Checked add_all(std::span<const Caveat> caveats);
  Presented finish(const Authenticator& authenticator) const;

 private:
  Buffer ticket_;
  std::vector<Buffer> caveats_;
  std::size_t size_;  // of ticket and caveats
  ChainKey chain_;
};

/// The other side: the right shape, nothing believed until check() has passed.
class Presentation {
 public:
  static Result<Presentation> parse(Bytes wire);

  Bytes ticket() const { return ticket_; }
  const std::vector<Caveat>& caveats() const { return caveats_; }
  const Authenticator& authenticator() const { return authenticator_; }
  const Digest& tag() const { return tag_; }

  /// Recomputes the chain and compares the tag in constant time: made by whoever holds the session
  /// key, and not changed since. Gives tn. Errors: bad_tag.
  Result<ChainKey> check(const SessionKey& session) const;

 private:
  Presentation(Authenticator authenticator) : authenticator_(std::move(authenticator)) {}

  Buffer ticket_;
  std::vector<Buffer> caveat_bytes_;
  std::vector<Caveat> caveats_;
  Buffer authenticator_bytes_;
  Authenticator authenticator_;
  Digest tag_{};
};

/// That an authenticator is for us, now, and for this request.
/// Errors: wrong_addressee, wrong_instance, clock_skew, wrong_request.
struct Expected {
  const Principal& addressee;
  const InstanceId& instance;
  Time now;
  Digest request;
};
Checked check_authenticator(const Authenticator& authenticator, const Expected& expected);

/// H("request"; …) over the request's bytes: what an authenticator binds itself to.
Digest request_digest(std::initializer_list<Bytes> parts);

/// The id of the ticket that this delegation gives, however often it is asked for.
TicketId delegated_ticket_id(const Digest& user_tag);

}  // namespace waybill
