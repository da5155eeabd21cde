// What is kept: keytabs, credential caches, and the revocation feed.

#include "tests/support/test_feed.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/exchange/ccache.h"

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
  const auto with = [&](Number version, std::initializer_list<std::string_view> audiences) {
    Writer wire;
    wire.array(6).str("waybill-ccache").uint(version).str("carol@DEMO.TEST");
    wire.bin(cache.kdc).uint(17).array(audiences.size());
    for (const std::string_view audience : audiences) wire.array(2).str(audience).bin(ticket);
    return wire.take();
  };
  add("a credential cache of a newer program", with(2, {"krbtgt"}), Errc::bad_version);
  add("a credential cache with one audience twice", with(1, {"krbtgt", "krbtgt"}), Errc::malformed);
}

class FeedMaker {
 public:
  std::string make();

 private:
  void add(std::string_view name, const std::vector<FeedPage>& pages, Outcome expect);
  void add_good();
  void add_entries();
  void add_heads();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  TestFeed feed_{realm_};
  FeedFollower seen_;  // what the follower of each case has believed before
  VectorText out_{
      "The revocation feed. A follower that has believed so far (sequence, link, head_time) takes\n"
      "the pages one after the other; all but the last are accepted."};
};

void FeedMaker::add(std::string_view name, const std::vector<FeedPage>& pages, Outcome expect) {
  out_.begin(name).add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("realm_document", realm_.signed_document());
  out_.add("sequence", seen_.sequence).add("link", Bytes(seen_.link));
  out_.add("head_time", seen_.head_time);
  for (const FeedPage& page : pages) out_.add("page", page.encode());
  out_.expect(expect);
  if (expect != accepted) return;
  FeedFollower after = seen_;
  std::size_t believed = 0;
  for (const FeedPage& page : pages) believed = after.apply(page, realm_.document)->size();
  out_.add("believed", Number{believed}).add("sequence_after", after.sequence);
  out_.add("link_after", Bytes(after.link)).add("head_time_after", after.head_time);
}

void FeedMaker::add_good() {
  add("an empty feed", {feed_.page(0, noon)}, accepted);
  feed_.revoke(RevokedBy::ticket, "00112233445566778899aabbccddeeff");
  feed_.revoke(RevokedBy::subject, "carol@DEMO.TEST");
  feed_.revoke(RevokedBy::actor, "trigger/orders@DEMO.TEST");
  feed_.revoke(RevokedBy::queue, "queue-alice@DEMO.TEST");
  feed_.revoke(RevokedBy::workflow, "invoice-report-1");
  add("one entry of each kind", {feed_.page(0, noon)}, accepted);
  add("the same in three pages",
      {feed_.page(0, noon, 2), feed_.page(2, noon + 1s, 2), feed_.page(4, noon + 2s, 2)}, accepted);
}

void FeedMaker::add_entries() {
  const auto bad = [&](std::string_view name, auto change) {
    FeedPage page = feed_.page(0, noon);
    change(page);
    add(name, {page}, Errc::feed_invalid);
  };
  bad("an entry missing", [](FeedPage& p) { p.entries.erase(p.entries.begin() + 1); });
  bad("the first entry missing", [](FeedPage& p) { p.entries.erase(p.entries.begin()); });
  bad("two entries exchanged", [](FeedPage& p) { std::swap(p.entries[1], p.entries[2]); });
  bad("an entry twice", [](FeedPage& p) { p.entries.push_back(p.entries.back()); });
  bad("an entry altered", [&](FeedPage& p) {
    Revocation entry = feed_.entries[1];
    entry.value = "dave@DEMO.TEST";
    p.entries[1] = entry.encode();
  });
  bad("an entry of a kind that is not known", [](FeedPage& p) {
    Writer entry;
    entry.array(7).uint(1).uint(6).str("x").time(noon).time(noon).time(noon).str("");
    p.entries[0] = entry.take();
  });
  bad("no entry at all", [](FeedPage& p) { p.entries.clear(); });
}

void FeedMaker::add_heads() {
  const auto signed_by = [&](const FeedHead& head, KeyId id, const KdcSigningKey& key) {
    FeedPage page = feed_.page(0, noon);
    page.head = head.sign(id, key);
    return page;
  };
  FeedHead head{realm_.realm(), 5, feed_.link(5), noon, noon + 5s};
  const auto stranger = KdcSigningKey::from_seed(Secret<32>::copy(realm_.fresh<32>()));
  add("a head signed by a stranger", {signed_by(head, KeyId{1}, stranger)}, Errc::feed_invalid);
  add("a head of a signer that the realm does not name", {signed_by(head, KeyId{2}, realm_.signer)},
      Errc::feed_invalid);
  head.time = noon - 25h;
  add("a head from before its signer was valid", {signed_by(head, KeyId{1}, realm_.signer)},
      Errc::feed_invalid);
  head.time = noon;
  head.realm = realm_of("OTHER.TEST");
  add("a head of another realm", {signed_by(head, KeyId{1}, realm_.signer)}, Errc::wrong_realm);
  FeedPage beyond = feed_.page(0, noon);
  beyond.head = feed_.head(4, noon);
  add("entries beyond the head", {beyond}, Errc::feed_invalid);

  if (!seen_.apply(feed_.page(0, noon), realm_.document)) std::abort();
  add("the same head again", {feed_.page(5, noon)}, accepted);
  add("a newer head", {feed_.page(5, noon + 5s)}, accepted);
  add("an older head", {feed_.page(5, noon - 1s)}, Errc::feed_invalid);
  FeedPage shorter;
  shorter.head = feed_.head(4, noon + 5s);
  add("a head with fewer entries", {shorter}, Errc::feed_invalid);
  feed_.entries[2].value = "rewritten@DEMO.TEST";
  add("another history of the same length", {feed_.page(5, noon + 5s)}, Errc::feed_invalid);
}

std::string FeedMaker::make() {
  add_good();
  add_entries();
  add_heads();
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
