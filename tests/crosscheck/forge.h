#pragma once

#include "tests/crosscheck/tree.h"
#include "tests/support/test_realm.h"

namespace waybill::test {

/// A service ticket or a TGT in parts, every one of which may be any bytes; then signed and sealed
/// with the right keys, so that what is wrong is reached, however deep it is.
struct Parts {
  TicketHeader header;
  Buffer body;
  Buffer session;
  Buffer proof;    ///< encoded; an empty array when nobody signed
  Buffer booklet;  ///< encoded
};

/// Makes parts in a realm, the same ones in every run, and breaks them.
class Forge {
 public:
  Forge(TestRealm& realm, std::uint64_t seed) : realm_(realm), random_(seed) {}

  TreeMutator& random() { return random_; }
  /// Right in every part but the proof: a ticket of the work at queue-alice or of a service, or a
  /// TGT, of people and times that differ.
  Parts ticket();
  Parts tgt();
  Parts parts_of(Body body);
  /// Signs header and body alone or with siblings, at a time that is near its issue or at an edge.
  void prove(Parts& parts);
  /// Over a batch of these parts alone.
  Signature signature_of(const Parts& parts, Time batch_time) const;
  /// The body of `parts` changed, sometimes with the commitment to another session key.
  void break_body(Parts& parts);
  /// A field of the header changed: another realm, audience, version of a key, key, kind.
  void break_header(Parts& parts);
  /// The proof changed, or that of another ticket.
  void break_proof(Parts& parts);
  /// [body, session key, proof, booklet].
  Buffer plaintext(const Parts& parts) const;
  /// Sealed to the audience that the header names, or under the TGT key.
  Buffer seal(const Parts& parts, Bytes plaintext);
  /// [header, body, proof].
  Buffer evidence(const Parts& parts) const;

 private:
  TestRealm& realm_;
  TreeMutator random_;
  Buffer last_proof_;
};

}  // namespace waybill::test
