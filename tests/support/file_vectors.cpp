// What is kept: keytabs, credential caches, and the revocation feed.

#include "tests/support/test_feed.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/exchange/ccache.h"
#include "ticket/possession.h"

namespace waybill::test {
namespace {

using Number = std::uint64_t;

void add_keytabs(VectorText& out, TestRealm& realm) {
  const auto add = [&](std::string_view name, Bytes file, Outcome expect) {
    out.begin(name).add("kind", "keytab").add("file", file).expect(expect);
  };
  Keytab keytab = realm.keytab("queue-alice");
  add("a keytab", keytab.encode(), accepted);
  out.add("principal", "queue-alice@DEMO.TEST").add("kvno", Number{1});
  out.add("public", Bytes(realm.key("queue-alice").public_key().bytes));
  PrincipalKey second(Secret<32>::copy(realm.fresh<32>()));
  const FixedBytes<32> second_public = second.public_key().bytes;
  keytab.add({Kvno{2}, noon, std::move(second)});
  const SecretBuffer two = keytab.encode();
  add("a keytab with two versions", two, accepted);
  out.add("principal", "queue-alice@DEMO.TEST").add("kvno", Number{2});
  out.add("public", Bytes(second_public)).add("kvno", Number{1});
  out.add("public", Bytes(realm.key("queue-alice").public_key().bytes));

  const auto with = [](std::string_view magic, Number version,
                       std::initializer_list<Number> kvnos) {
    Writer file;
    file.array(4).str(magic).uint(version).str("queue-alice@DEMO.TEST").array(kvnos.size());
    for (const Number kvno : kvnos) file.array(3).uint(kvno).time(noon).bin(Buffer(32, 7));
    return file.take();
  };
  add("a keytab without a key", with("waybill-keytab", 1, {}), Errc::malformed);
  add("a keytab with the older key first", with("waybill-keytab", 1, {1, 2}), Errc::malformed);
  add("a keytab with one version twice", with("waybill-keytab", 1, {1, 1}), Errc::malformed);
  add("a keytab with three versions", with("waybill-keytab", 1, {3, 2, 1}), Errc::limit_exceeded);
  add("a keytab of a newer program", with("waybill-keytab", 2, {1}), Errc::bad_version);
  add("a keytab with version 0", with("waybill-keytab", 1, {0}), Errc::malformed);
  add("another file", with("waybill-ccache", 1, {1}), Errc::malformed);
  add("a keytab cut off", Bytes(two).first(two.size() - 1), Errc::malformed);
}

void add_possession(VectorText& out, TestRealm& realm) {
  const PrincipalKey& key = realm.key("queue-alice");
  const Principal alice = realm.principal("queue-alice");
  const auto proof = prove_possession(key, realm.epoch.public_key(), {alice, Kvno{1}});
  const auto add = [&](std::string_view name, const Principal& who, Number kvno, Bytes proof_bytes,
                       Outcome expect) {
    out.begin(name).add("kind", "possession").add("secret", Bytes(key.secret().expose()));
    out.add("epoch_secret", Bytes(realm.epoch.secret().expose()));
    out.add("principal", who.text()).add("kvno", kvno).add("proof", proof_bytes).expect(expect);
  };
  add("a proof of possession", alice, 1, *proof, accepted);
  add("a proof for another version", alice, 2, *proof, Errc::possession_unproven);
  add("a proof for another name", realm.principal("queue-bob"), 1, *proof,
      Errc::possession_unproven);
  Digest wrong = *proof;
  wrong[0] ^= 1;
  add("a bit of the proof", alice, 1, wrong, Errc::possession_unproven);
}

void add_password(VectorText& out, const TestRealm& realm) {
  const std::string_view password = "correct horse battery staple";
  const auto key =
      key_from_password(bytes_of(password), realm.document.realm_id, "carol@DEMO.TEST");
  out.begin("a key from a password", "Argon2id with 256 MiB and 3 passes.").add("kind", "password");
  out.add("password", bytes_of(password)).add("realm_id", Bytes(realm.document.realm_id));
  out.add("principal", "carol@DEMO.TEST").add("public", Bytes(key.public_key().bytes));
  out.expect(accepted);
}

void add_caches(VectorText& out, TestRealm& realm) {
  const auto add = [&](std::string_view name, Bytes file, Outcome expect) {
    out.begin(name).add("kind", "ccache").add("file", file).expect(expect);
  };
  CredentialCache cache(realm.principal("carol"), realm.fresh<16>(), 17);
  cache.store("krbtgt", realm.tgt(realm.tgt_body("carol")));
  cache.store("trigger/orders", realm.issue(realm.service_body("carol", "trigger/orders")));
  const SecretBuffer file = cache.encode();
  add("a credential cache", file, accepted);
  out.add("principal", "carol@DEMO.TEST").add("kdc", Bytes(cache.kdc)).add("serial", Number{17});
  for (const auto& credential : cache.credentials()) {
    out.add("audience", credential.audience);
    out.add("session", Bytes(credential.issued.session.secret().expose()));
  }
  add("a credential cache cut off", Bytes(file).first(file.size() - 1), Errc::malformed);
  const Buffer ticket = [&] {
    const SecretBuffer encoded = cache.tgt()->encode();
    return Buffer(encoded.begin(), encoded.end());
  }();
  const auto with = [&](Number version, std::initializer_list<std::string_view> audiences,
                        std::string_view magic = "waybill-ccache") {
    Writer wire;
    wire.array(6).str(magic).uint(version).str("carol@DEMO.TEST");
    wire.bin(cache.kdc).uint(17).array(audiences.size());
    for (const std::string_view audience : audiences) wire.array(2).str(audience).bin(ticket);
    return wire.take();
  };
  add("a credential cache of a newer program", with(2, {"krbtgt"}), Errc::bad_version);
  add("a credential cache with one audience twice", with(1, {"krbtgt", "krbtgt"}), Errc::malformed);
  add("a credential cache for an audience that is no name", with(1, {"krb tgt"}), Errc::bad_name);
  add("another file than a credential cache", with(1, {}, "waybill-keytab"), Errc::malformed);
  Writer torn;
  torn.array(6).str("waybill-ccache").uint(1).str("carol@DEMO.TEST").bin(cache.kdc).uint(17);
  torn.array(1).array(2).str("krbtgt").bin(Bytes(ticket).first(ticket.size() - 1));
  add("a credential cache whose ticket is cut off", torn.take(), Errc::malformed);
}

class FeedMaker {
 public:
  std::string make();

 private:
  /// What is handed to the follower, in order: the last one decides.
  struct Piece {
    std::string_view what;  // head or segment
    Buffer wire;
  };
  static Piece head(Buffer wire) { return {"head", std::move(wire)}; }
  static Piece segment(const FeedSegment& segment) { return {"segment", segment.encode()}; }
  void add(std::string_view name, const std::vector<Piece>& pieces, Outcome expect);
  void add_good();
  void add_entries();
  void add_heads();
  void add_history();
  void add_segments();
  FeedHead whole() const { return {realm_.realm(), {}, feed_.end(), noon, noon + 5s}; }

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  TestFeed feed_{realm_};
  FeedFollower seen_;  // what the follower of each case has believed before
  VectorText out_{
      "The revocation feed. A follower at a place (sequence, link, goal, known_sequence, "
      "known_time)\n"
      "whose clock says 1790000000 takes heads and segments one after the other; all but the last\n"
      "are accepted. `wants` is the segment that it asks for after the last one, when it was a "
      "head."};
};

void write_place(VectorText& out, const FeedFollower::Place& place, const std::string& suffix) {
  out.add("sequence" + suffix, Number{place.at.sequence})
      .add("link" + suffix, Bytes(place.at.link));
  out.add("goal" + suffix, Number{place.goal});
  out.add("known_sequence" + suffix, Number{place.known.sequence});
  out.add("known_time" + suffix, place.known.time);
}

void FeedMaker::add(std::string_view name, const std::vector<Piece>& pieces, Outcome expect) {
  out_.begin(name).add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("realm_document", realm_.signed_document());
  write_place(out_, seen_.place(), "");
  for (const Piece& piece : pieces) out_.add(piece.what, piece.wire);
  out_.expect(expect);
  if (expect != accepted) return;
  FeedFollower after = seen_;
  std::size_t believed = 0;
  std::string wants;
  for (const Piece& piece : pieces) {
    wants.clear();
    if (piece.what == "head") {
      const auto next = after.take_head(piece.wire, realm_.document, noon);
      if (*next) wants = (*next)->path();
    } else {
      const auto read = FeedSegment::decode(piece.wire);
      believed += after.take_segment(*read, realm_.document, noon)->size();
    }
  }
  if (!wants.empty()) out_.add("wants", wants);
  out_.add("believed", Number{believed});
  write_place(out_, after.place(), "_after");
}

void FeedMaker::add_good() {
  add("an empty feed", {head(feed_.head(noon))}, accepted);
  feed_.revoke(RevokedBy::ticket, value_of(TicketId{0x11, 0x22}));
  feed_.revoke(RevokedBy::subject, "carol@DEMO.TEST");
  feed_.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST");
  feed_.revoke(RevokedBy::queue, "queue-alice@DEMO.TEST");
  feed_.revoke(RevokedBy::workflow, "invoice-report-1");
  feed_.revoke(RevokedBy::realm, "DEMO.TEST");
  feed_.revoke(RevokedBy::lineage, value_of(TicketId{0x33}));
  feed_.revoke(RevokedBy::completed, value_of(TicketId{0x44}));
  add("a head whose entries are still to come", {head(feed_.head(noon))}, accepted);
  add("one entry of each kind", {segment(feed_.segment({0, 0, 8}))}, accepted);
  add("a head and its segment", {head(feed_.head(noon)), segment(feed_.segment({0, 0, 8}))},
      accepted);
  add("the segment, then a newer head",
      {segment(feed_.segment({0, 0, 8}, noon - 5s)), head(feed_.head(noon))}, accepted);
  add("a fuller segment passes over what is known",
      {segment(feed_.segment({0, 0, 3})), segment(feed_.segment({0, 0, 8}))}, accepted);
}

void FeedMaker::add_entries() {
  const auto bad = [&](std::string_view name, auto change) {
    FeedSegment wrong = feed_.segment({0, 0, 8});
    change(wrong.entries);
    add(name, {segment(wrong)}, Errc::feed_invalid);
  };
  using Entries = std::vector<Buffer>;
  bad("an entry missing", [](Entries& e) { e.erase(e.begin() + 1); });
  bad("the first entry missing", [](Entries& e) { e.erase(e.begin()); });
  bad("the last entry missing", [](Entries& e) { e.pop_back(); });
  bad("two entries exchanged", [](Entries& e) { std::swap(e[1], e[2]); });
  bad("an entry twice", [](Entries& e) { e.push_back(e.back()); });
  bad("an entry in the place of another", [](Entries& e) { e[3] = e[2]; });
  bad("an entry altered", [&](Entries& e) {
    Revocation entry = feed_.entries[1];
    entry.value = "dave@DEMO.TEST";
    e[1] = entry.encode();
  });
  bad("an entry that reaches less far", [&](Entries& e) {
    Revocation entry = feed_.entries[1];
    entry.issued_until -= 1s;
    e[1] = entry.encode();
  });
  bad("an entry that is forgotten sooner", [&](Entries& e) {
    Revocation entry = feed_.entries[1];
    entry.matters_until -= 1s;
    e[1] = entry.encode();
  });
  bad("an entry of a kind that is not known", [](Entries& e) {
    e[0] = Writer().array(6).uint(9).str("x").time(noon).time(noon).time(noon).str("").take();
  });
  bad("an entry of kind 0", [](Entries& e) {
    e[0] = Writer().array(6).uint(0).str("x").time(noon).time(noon).time(noon).str("").take();
  });
  FeedSegment none = feed_.segment({0, 0, 8});
  none.entries.clear();
  add("no entry at all", {segment(none)}, Errc::malformed);
}

void FeedMaker::add_heads() {
  const auto stranger = KdcSigningKey::from_seed(Secret<32>::copy(realm_.fresh<32>()));
  const auto both = [&](const std::string& name, const FeedHead& head, KeyId id,
                        const KdcSigningKey& key, Outcome expect) {
    add(name, {this->head(head.sign(id, key))}, expect);
    FeedSegment wrong = feed_.segment({0, 0, 8});
    wrong.head = head.sign(id, key);
    add(name + ", in a segment", {segment(wrong)}, expect);
  };
  FeedHead head = whole();
  both("a head signed by a stranger", head, KeyId{1}, stranger, Errc::feed_invalid);
  both("a head of a signer that the realm does not name", head, KeyId{2}, realm_.signer,
       Errc::feed_invalid);
  head.time = noon - 25h;
  both("a head from before its signer was valid", head, KeyId{1}, realm_.signer,
       Errc::feed_invalid);
  head.time = noon + 121s;
  both("a head from the future", head, KeyId{1}, realm_.signer, Errc::feed_invalid);
  head.time = noon + 120s;
  add("a head of a clock that is ahead by the skew",
      {this->head(head.sign(KeyId{1}, realm_.signer))}, accepted);
  head = whole();
  head.realm = realm_of("OTHER.TEST");
  both("a head of another realm", head, KeyId{1}, realm_.signer, Errc::wrong_realm);
  head = whole();
  head.base = {9, {}};
  both("a head whose base is after its end", head, KeyId{1}, realm_.signer, Errc::feed_invalid);
  FeedSegment beyond = feed_.segment({0, 0, 8});
  beyond.head = feed_.head(7, noon);
  add("entries beyond the head", {segment(beyond)}, Errc::feed_invalid);
  beyond.head = feed_.head(8, noon);
  beyond.entries.pop_back();
  add("fewer entries than the head", {segment(beyond)}, Errc::feed_invalid);
}

void FeedMaker::add_history() {
  catch_up(seen_, feed_, realm_, noon - 10s);
  add("the same head again", {head(feed_.head(noon - 10s))}, accepted);
  add("a newer head", {head(feed_.head(noon))}, accepted);
  add("an older head", {head(feed_.head(noon - 11s))}, Errc::feed_invalid);
  add("a head with fewer entries", {head(feed_.head(7, noon))}, Errc::feed_invalid);
  add("a segment with nothing new", {segment(feed_.segment({0, 0, 8}))}, Errc::feed_invalid);
  TestFeed other = feed_;
  other.entries[2].value = "rewritten@DEMO.TEST";
  add("another history of the same length", {head(other.head(noon))}, Errc::feed_invalid);
  other.revoke(RevokedBy::subject, "dave@DEMO.TEST");
  add("a longer history that is another", {segment(other.segment({0, 0, 9}))}, Errc::feed_invalid);
}

void FeedMaker::add_segments() {
  const auto from = [&](std::uint64_t known) {
    seen_ = FeedFollower({feed_.position(known), 0, {known, noon - 60s}});
  };
  feed_.revoke_many(592);  // 600 in all
  from(0);
  add("a follower from nothing asks for a full segment", {head(feed_.head(noon))}, accepted);
  from(512);
  add("at the beginning of the last one it asks for what is there", {head(feed_.head(noon))},
      accepted);
  from(599);
  add("one entry before the end as well", {head(feed_.head(noon))}, accepted);
  from(600);
  add("at the end it asks for nothing", {head(feed_.head(noon))}, accepted);
  from(10);
  add("a segment that begins later", {segment(feed_.cut(11, 20))}, Errc::feed_invalid);
  add("a segment that ended before", {segment(feed_.cut(0, 10))}, Errc::feed_invalid);
  add("a segment that begins just here", {segment(feed_.cut(10, 20))}, accepted);
  feed_.base = 512;
  add("behind the base it jumps, and knows no more than before", {head(feed_.head(noon))},
      accepted);
  add("after the jump it knows all at the head's end",
      {head(feed_.head(noon)), segment(feed_.segment({0, 2, 88}))}, accepted);
  add("a segment on the way gives no more knowledge",
      {head(feed_.head(noon)), segment(feed_.cut(512, 550))}, accepted);
}

std::string FeedMaker::make() {
  add_good();
  add_entries();
  add_heads();
  add_history();
  add_segments();
  return out_.take();
}

}  // namespace

std::string make_keytab_vectors() {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  VectorText out(
      "Files with keys (keytabs, credential caches), proofs of possession, a key from a password.");
  add_keytabs(out, realm);
  add_possession(out, realm);
  add_password(out, realm);
  add_caches(out, realm);
  return out.take();
}

std::string make_feed_vectors() { return FeedMaker().make(); }

}  // namespace waybill::test
