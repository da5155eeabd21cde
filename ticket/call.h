#pragma once

#include <string>
#include <vector>

#include "ticket/presentation.h"

namespace waybill {

/// Calls to the KDC after login (specs/protocol.md 6): secret and authenticated without TLS.
///   call  = [presentation, Seal(H("call", tn; tag), ad = presentation; requests)]
///   reply = Seal(H("reply", tn; tag), ad = "reply"; answers)

/// One operation; several may travel in one call and are answered in their order.
struct Operation {
  std::string name;  ///< "tgs", "renew", "revoke", "admin.grant.add", …
  Buffer arguments;  ///< canonical encoding, by operation
};

struct Answer {
  std::optional<Errc> refusal;  ///< none: done
  std::string detail;           ///< a sentence for the person who asked, may be empty
  SecretBuffer value;           ///< canonical encoding, by operation
};

/// The asker's side: what to send, and the only key that opens the answer.
struct PendingCall {
  Buffer wire;
  ReplyKey reply_key;

  /// Errors: bad_integrity, the codec's.
  Result<std::vector<Answer>> open_reply(Bytes reply) const;
};

struct CallContext {
  Principal kdc;        ///< krbtgt@REALM
  InstanceId instance;  ///< of the KDC, from its last answer
  Time now;
};
/// Seals operations for the KDC, presented with a TGT (its wire bytes and session key). Caveats of
/// the caller's own narrow the call further. Errors: limit_exceeded (CaveatChain::add).
Result<PendingCall> make_call(Bytes tgt, const SessionKey& session,
                              const std::vector<Operation>& operations, const CallContext& context,
                              const std::vector<Caveat>& caveats = {});

/// The KDC's side: the right shape, nothing believed.
struct ReceivedCall {
  Presentation presentation;
  Buffer presentation_bytes;
  Buffer box;

  static Result<ReceivedCall> parse(Bytes wire);

  struct Opened {
    std::vector<Operation> operations;
    Digest request;  ///< what the authenticator must name
    ReplyKey reply_key;
  };
  /// Checks the tag with the TGT's session key and opens the box. Errors: bad_tag, bad_integrity,
  /// the codec's. The authenticator is checked by the caller (check_authenticator).
  Result<Opened> open(const SessionKey& session) const;
};

Buffer seal_reply(const ReplyKey& key, const std::vector<Answer>& answers);

}  // namespace waybill
