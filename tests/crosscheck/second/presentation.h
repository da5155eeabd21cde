#pragma once

#include <optional>

#include "tests/crosscheck/second/ticket.h"

namespace second {

/// Presentations, protocol 5.

struct Caveat {
  enum Type : std::uint64_t {
    delegation = 1,
    audience,
    not_after,
    actions,
    queue,
    workflow_type,
    workflow_id,
    input,
    downstreams,
    space,
  };
  std::uint64_t type = 0;
  std::uint64_t time = 0;
  std::string name{};
  Bytes digest{};  ///< 16 bytes in a delegation's mark, 32 in an input
  std::vector<std::string> names{};
  std::vector<Downstream> targets{};

  Bytes encode() const;
  static Caveat read(View wire);
};

/// What is asked for; what is absent, no caveat about it allows.
struct Question {
  std::uint64_t now = 0;
  std::optional<std::string> audience, queue, workflow_type, workflow_id;
  std::optional<Bytes32> input;
  std::optional<std::vector<std::string>> actions;
  std::optional<std::vector<Downstream>> downstreams;
  std::optional<std::string> space;
};
void check_caveats(const std::vector<Caveat>& caveats, const Question& question);
/// Refuses: delegation_incomplete.
void check_delegation(const std::vector<Caveat>& caveats);

struct Authenticator {
  std::string addressee;
  Bytes instance;  ///< 16 bytes or none
  std::uint64_t time = 0;
  Bytes16 nonce{};
  Bytes32 request{};

  Bytes encode() const;
  static Authenticator read(View wire);
  void check(std::string_view me, View my_instance, std::uint64_t now, const Bytes32& asked) const;
};

struct Presentation {
  Bytes ticket;
  std::vector<Bytes> caveat_bytes;
  std::vector<Caveat> caveats;
  Bytes authenticator_bytes;
  Authenticator authenticator;
  Bytes32 tag{};

  static Presentation read(View wire);
  /// Gives tn. Refuses: bad_tag.
  Bytes32 check(View session) const;
};

/// A finished presentation, with tn and the tag.
struct Made {
  Bytes wire;
  Bytes32 chain;
  Bytes32 tag;
};
Made present(View ticket, View session, const std::vector<Caveat>& caveats,
             const Authenticator& authenticator);

/// The id of the ticket that a delegation gives.
Bytes16 delegated_id(const Bytes32& tag);

}  // namespace second
