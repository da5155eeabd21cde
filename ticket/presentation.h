#pragma once

#include <span>
#include <vector>

#include "ticket/crypto.h"
#include "ticket/wire/caveat.h"

namespace waybill {

/// Presenting a ticket: caveats and the authenticator (specs/protocol.md 5). Kerberos'
/// authenticator closes a macaroon.

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
