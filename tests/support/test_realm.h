#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/manual_clock.h"
#include "ticket/exchange/client.h"
#include "ticket/exchange/keytab.h"
#include "ticket/exchange/messages.h"
#include "ticket/realm.h"
#include "ticket/ticket.h"

namespace waybill::test {

/// Text to a principal, realm, … in a test: ends the process when it is not one.
Realm realm_of(std::string_view text);
Principal principal_of(std::string_view text);  // name@REALM

/// A ticket before it is sealed, every piece open to a test that wants it wrong. Made by
/// TestRealm::pieces(); what is not touched is right.
struct Pieces {
  TicketHeader header;
  Body body;
  SessionKey session;
  std::optional<Proof> proof;  ///< none: a TGT, or a service ticket that nobody signed
  std::vector<BookletEntry> booklet;

  /// [body, session key, proof, booklet], written here field by field and not by the library.
  Buffer plaintext() const;
};

/// A realm in process, without a KDC: it has all of a KDC's keys and makes everything that a KDC
/// would hand out, and whatever a KDC never would. No policy, no store, no clock: each maker is
/// told the time, and a body is whatever the test says it is. Not thread-safe.
///
///   TestRealm realm;
///   Body body = realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "input"));
///   body.run_until = noon + 60s;                      // what this test is about
///   IssuedTicket ticket = realm.issue(std::move(body));
///   Audience audience(realm.keytab("queue-alice"), realm.document);
///   BOOST_TEST(bool(audience.accept(ticket.ticket, noon)));
///
/// Principals exist as soon as they are named; each has its own key, kvno 1.
class TestRealm {
 public:
  /// `fixed`: every key, id and nonce is a function of its name or of its turn, so that the same
  /// calls give the same bytes for ever (specs/vectors). Everybody else wants `random`.
  enum class Keys { random, fixed };
  explicit TestRealm(std::string_view name = "DEMO.TEST", Keys keys = Keys::random);

  // --- What is public, and what only a KDC has. Change any of it. ---------------------------

  /// Epoch 1 and signer 1, both from a day before `noon` to thirty days after it.
  RealmDocument document;
  RootKey root;
  EpochKey epoch;        ///< static key of the AS exchange
  TgtKey tgt_key;        ///< of epoch 1
  KdcSigningKey signer;  ///< signer 1
  RollingKey rolling;    ///< one for all audiences; assign a new one to "rotate"
  Buffer signed_document() const { return document.sign(root); }

  const Realm& realm() const { return document.realm; }
  Principal principal(std::string_view name) const;
  Principal krbtgt() const { return principal(krbtgt_name); }

  /// The principal's key pair, made when it is first asked for.
  const PrincipalKey& key(std::string_view name);
  /// A keytab with that key as kvno 1.
  Keytab keytab(std::string_view name);

  // --- Bodies: right in every field; the session commitment is set by the makers below. ------

  /// A login: 8 h, renewable for 7 days, flags::initial.
  Body tgt_body(std::string_view subject, Time now = noon);
  /// A ticket of `subject` for its own use of `service`: 1 h, no work, no actions.
  Body service_body(std::string_view subject, std::string_view service, Time now = noon);
  /// What trigger/orders got for `subject`: actions invoice:read and report:write, to be started
  /// within 15 min, to run for 1 h, renewable for 7 days, lineage of one TGT, feed floor 0,
  /// staleness 60 s, flags::delegated.
  Body workflow_body(std::string_view subject, std::string_view queue, const Work& work,
                     Time now = noon);

  // --- Tickets ------------------------------------------------------------------------------

  IssuedTicket tgt(Body body);
  /// A service ticket in a batch of its own, signed at its issued_at, with evidence.
  IssuedTicket issue(Body body);
  /// All under one signature, at the first one's issued_at.
  std::vector<IssuedTicket> issue_batch(std::vector<Body> bodies);

  // --- The same step by step ----------------------------------------------------------------

  /// Header and a fresh session key for a body, its commitment set; no proof yet. The kind is TGT
  /// when the audience is krbtgt.
  Pieces pieces(Body body);
  /// Signs service tickets as one batch at `batch_time`.
  void prove(std::span<Pieces> batch, Time batch_time);
  /// Seals to the audience that the header names (service) or under the TGT key.
  Buffer seal(const Pieces& pieces);
  /// The same for any plaintext.
  Buffer seal_plaintext(const TicketHeader& header, Bytes plaintext);
  /// What a holder would get of sealed pieces.
  IssuedTicket issued(const Pieces& pieces);

  // --- Randomness: fixed or not, as this realm is --------------------------------------------

  template <std::size_t N>
  FixedBytes<N> fresh() {
    if (keys_ == Keys::random) return random_bytes<N>();
    return fixed<N>(turn());
  }
  SessionKey fresh_session() { return SessionKey(Secret<32>::copy(fresh<32>())); }

 private:
  Secret<32> secret(std::string_view name) const;
  Digest turn();

  Keys keys_;
  std::uint64_t turns_ = 0;
  std::map<std::string, PrincipalKey, std::less<>> principals_;
};

/// Work in namespace "default", workflow id `<type>-1`.
Work work_of(std::string_view type, std::string_view input);

/// A second holder of an issued ticket, for tests that hand one to two parties.
IssuedTicket duplicate(const IssuedTicket& ticket);

}  // namespace waybill::test
