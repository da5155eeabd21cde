#pragma once

#include <vector>

#include "ticket/crypto.h"
#include "ticket/wire/codec.h"

namespace waybill {

/// How the KDC signs many tickets with one signature (specs/protocol.md 4): the leaves of one
/// durable commit make a hash tree, and one Ed25519 signature covers its root.

/// leaf = H("leaf"; header, body). The header too, or a ticket could be sealed to somebody else.
Digest batch_leaf(Bytes header, Bytes body);

/// What one ticket carries to show that its leaf is under a signed root. Empty path: a batch of
/// one.
struct Proof {
  Time batch_time{};
  std::uint64_t index = 0;   ///< of the leaf; below 2^path.size()
  std::vector<Digest> path;  ///< siblings from the leaf upwards
  Signature signature{};

  void write(Writer& out) const;
  /// Reads a proof; an empty array gives nothing (a TGT).
  static std::optional<Proof> read(Reader& in);
};

/// The tree over one batch: requires 1 to limits::max_batch leaves. A node without a right
/// neighbour is paired with 32 zero bytes, which are no hash of anything.
class BatchTree {
 public:
  explicit BatchTree(std::vector<Digest> leaves);
  const Digest& root() const { return levels_.back().front(); }
  std::vector<Digest> path(std::size_t index) const;

 private:
  std::vector<std::vector<Digest>> levels_;
};

/// The root that a leaf and its path lead to.
Digest batch_root(const Digest& leaf, std::uint64_t index, std::span<const Digest> path);

/// What the KDC signs: ["tickets", realm, batch time, root].
Buffer batch_statement(const Realm& realm, Time batch_time, const Digest& root);

}  // namespace waybill
