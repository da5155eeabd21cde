#pragma once

#include "tests/crosscheck/second/call.h"

namespace second {

/// What is kept, protocol 10.

struct Keytab {
  struct Entry {
    std::uint64_t kvno, created;
    Bytes32 secret;
  };
  std::string principal;
  std::vector<Entry> entries;  ///< newest first

  Bytes encode() const;
  static Keytab read(View file);
};

struct CredentialCache {
  std::string principal;
  Bytes16 kdc{};
  std::uint64_t serial = 0;
  std::vector<std::pair<std::string, Bytes>> tickets;  ///< audience, issued ticket
  Bytes encode() const;
  static CredentialCache read(View file);
};

/// The value inside a stored record. Refuses: bad_integrity.
Bytes stored_value(View master, std::string_view table, View key, View stored);
/// Refuses: bad_integrity.
Bytes unwrap(View master, std::string_view name, View wrapped);

}  // namespace second
