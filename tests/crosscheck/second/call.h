#pragma once

#include "tests/crosscheck/second/presentation.h"

namespace second {

/// Calls to the KDC, protocol 6, and payloads, protocol 8.

struct Operation {
  std::string name;
  Bytes arguments;
};

/// The caller's side; whoever calls brings the randomness.
struct Caller {
  Bytes tgt;
  Bytes32 session{};
  std::string kdc;  ///< krbtgt@REALM
  Bytes instance;
  std::uint64_t now = 0;
  Bytes16 nonce{};  ///< of the authenticator
  std::array<std::uint8_t, 24> box_nonce{};

  struct Call {
    Bytes wire;
    Bytes32 reply_key;
  };
  Call call(const std::vector<Operation>& operations, const std::vector<Caveat>& caveats) const;
};

/// The KDC's side.
struct Received {
  Presentation presentation;
  Bytes presentation_bytes;
  Bytes box;

  static Received read(View wire);
  struct Opened {
    std::vector<Operation> operations;
    Bytes32 request{};
    Bytes32 reply_key{};
  };
  /// The tag, the box, the operations.
  Opened open(View session) const;
};

struct Answer {
  std::uint64_t code = 0;
  std::string detail;
  Bytes value;
};
std::vector<Answer> open_reply(View reply_key, View wire);

/// An issued ticket, protocol 6.
struct Issued {
  Bytes ticket;
  Bytes32 session{};
  Bytes evidence;
  std::uint64_t issued_at = 0, start_by = 0, run_until = 0, renew_until = 0;
  static Issued read(View wire);
};

/// The ad of an input and of a result; the same bytes are the binding in the key.
Bytes input_binding(std::string_view space, std::string_view queue, std::string_view type,
                    std::string_view id);
Bytes result_binding(View ticket_id, std::string_view workflow_id, std::string_view run_chain);
/// Refuses: bad_integrity.
Bytes open_input(View session, View binding, View sealed);
/// Refuses: bad_result.
Bytes open_result(View session, View binding, View sealed);
Bytes seal_input(View session, View binding, View input, View nonce);
Bytes seal_result(View session, View binding, View result, View nonce);

}  // namespace second
