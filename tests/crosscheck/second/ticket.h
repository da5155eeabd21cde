#pragma once

#include <optional>

#include "tests/crosscheck/second/realm.h"
#include "tests/crosscheck/second/wire.h"

namespace second {

/// Tickets, protocol 4.

struct Header {
  std::uint64_t kind = 0;  ///< 1 TGT, 2 service ticket
  std::string realm;
  std::string audience;    ///< a name in that realm
  std::uint64_t kvno = 0;  ///< service ticket
  std::uint64_t key = 0;   ///< TGT: epoch id; service ticket: signing key id
  Bytes32 rolling{};       ///< service ticket
  Bytes encode() const;    ///< the seal's ad
};

struct Downstream {
  std::string service;
  std::vector<std::string> actions;
};
std::vector<std::string> read_names(const Value& value);
std::vector<Downstream> read_downstreams(const Value& value);

struct Body {
  Bytes16 id{};
  std::vector<Bytes16> lineage;
  std::string subject;
  std::vector<std::string> actors;
  std::string audience;
  std::vector<Bytes> work;  ///< namespace, workflow id, type, digest; or nothing
  std::vector<std::string> actions;
  std::vector<Downstream> downstreams;
  std::uint64_t issued_at = 0, start_by = 0, run_until = 0, renew_until = 0;
  std::uint64_t feed_floor = 0, max_staleness = 0, flags = 0;
  Bytes32 session{};  ///< H("WB1 session", session key)

  static Body read(View wire);
};
/// That `after` is a form of `before`, protocol 4. Refuses: bad_renewal.
void check_form(const Body& before, const Body& after);

struct Proof {
  std::uint64_t batch_time = 0;
  std::uint64_t index = 0;
  std::vector<Bytes32> path;
  Bytes64 signature{};

  Bytes encode() const;
  /// Nothing for an empty array.
  static std::optional<Proof> read(const Value& value);
};
Bytes32 batch_leaf(View header, View body);
/// Where the path leads from a leaf.
Bytes32 batch_root(const Bytes32& leaf, const Proof& proof);
/// What the KDC signs of it.
Bytes batch_statement(std::string_view realm, std::uint64_t batch_time, const Bytes32& root);

struct Sealed {
  Header header;
  Bytes box;
  static Sealed read(View wire);
};

/// A ticket after checks 1 to 7.
struct Opened {
  Header header;
  Bytes header_bytes;
  Body body;
  Bytes body_bytes;
  Bytes32 session{};
  std::optional<Proof> proof;
  std::vector<std::pair<Bytes, Bytes32>> booklet;

  Bytes evidence() const;  ///< of a ticket with a proof
};

/// Who receives tickets.
struct Receiver {
  struct Key {
    std::uint64_t kvno;
    Bytes32 secret;
  };
  std::string principal;
  std::vector<Key> keys;
  RealmDocument realm;

  /// Checks 1 to 9 of the order.
  Opened accept(View ticket, std::uint64_t now) const;
};

Opened open_tgt(View ticket, View tgt_key, std::uint64_t now);

/// H("WB1 pairwise", …) from the audience's side. Refuses: bad_integrity.
Bytes32 pairwise_key(const Header& header, View secret);

/// What shows without any key that the KDC issued a ticket.
struct Evidence {
  Header header;
  Bytes header_bytes;
  Body body;
  Bytes body_bytes;
  Proof proof;

  Bytes encode() const;
  static Evidence read(View wire);
  /// Check 8, and that header and body name one audience.
  void check(const RealmDocument& realm) const;
};

}  // namespace second
