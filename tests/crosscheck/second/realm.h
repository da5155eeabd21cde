#pragma once

#include "tests/crosscheck/second/bytes.h"

namespace second {

/// The signed realm document of protocol 2.
struct RealmDocument {
  struct Key {
    std::uint64_t id;
    Bytes32 key;
    std::uint64_t from, until;
  };
  std::string realm;
  Bytes32 id{};
  std::uint64_t serial = 0;
  std::uint64_t issued_at = 0;
  std::vector<Key> epochs;
  std::vector<Key> signers;

  /// Refuses: the codec's, bad_version, realm_invalid, wrong_realm.
  static RealmDocument read(View wire, std::string_view realm, View root);
  /// Null when there is none of that id at that time.
  const Key* signer(std::uint64_t id, std::uint64_t when) const;
};

/// What a signing key signs and is handed out: a feed head (protocol 7), an audit checkpoint (9).
struct SignedStatement {
  std::uint64_t signer;
  View statement;  ///< into the wire
  Bytes64 signature;

  /// Refuses: the codec's.
  static SignedStatement read(View wire);
  bool is_by(const RealmDocument::Key& key) const;
};

}  // namespace second
