#include <functional>

#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"

namespace waybill::test {
namespace {

const Work work = work_of("invoice-report", "the input");

/// Makes the cases of ticket.txt: a service ticket for queue-alice, or what should have been one.
class TicketMaker {
 public:
  std::string make();

 private:
  Body body() { return realm_.workflow_body("carol", "queue-alice", work); }
  Pieces proven(Body body) {
    Pieces pieces = realm_.pieces(std::move(body));
    realm_.prove({&pieces, 1}, noon);
    return pieces;
  }

  void service(std::string_view name, const Buffer& ticket, Time now, Outcome expect,
               std::string_view why = {});
  void accepted_service(std::string_view name, const Pieces& pieces, Time now = noon,
                        std::string_view why = {});
  void forged(std::string_view name, Outcome expect, const std::function<void(Pieces&)>& change,
              std::string_view why = {});
  void tgt(std::string_view name, const Buffer& ticket, Time now, Outcome expect,
           const Pieces* pieces = nullptr);

  void add_good();
  void add_times();
  void add_headers();
  void add_shapes();
  void add_forgeries();
  void add_dates();
  void add_tgts();
  void evidence(std::string_view name, const Buffer& wire, Outcome expect);
  void add_evidence();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  VectorText out_{
      "Tickets. A service ticket is opened by its audience, queue-alice, with the secret key of\n"
      "kvno 1, and verified under the realm document; a TGT is opened with the TGT key.\n"
      "Each case differs from a good one in one thing."};
};

void TicketMaker::service(std::string_view name, const Buffer& ticket, Time now, Outcome expect,
                          std::string_view why) {
  out_.begin(name, why).add("kind", "service").add("audience", "queue-alice@DEMO.TEST");
  out_.add("kvno", std::uint64_t{1})
      .add("secret", Bytes(realm_.key("queue-alice").secret().expose()));
  out_.add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("realm_document", realm_.signed_document());
  out_.add("now", now).add("ticket", ticket).expect(expect);
}

void TicketMaker::accepted_service(std::string_view name, const Pieces& pieces, Time now,
                                   std::string_view why) {
  service(name, realm_.seal(pieces), now, accepted, why);
  out_.add("session", Bytes(pieces.session.secret().expose())).add("body", pieces.body.encode());
  out_.add("evidence", realm_.issued(pieces).evidence);
}

void TicketMaker::forged(std::string_view name, Outcome expect,
                         const std::function<void(Pieces&)>& change, std::string_view why) {
  Pieces pieces = proven(body());
  change(pieces);
  service(name, realm_.seal(pieces), noon, expect, why);
}

void TicketMaker::tgt(std::string_view name, const Buffer& ticket, Time now, Outcome expect,
                      const Pieces* pieces) {
  out_.begin(name).add("kind", "tgt").add("tgt_key", Bytes(realm_.tgt_key.secret().expose()));
  out_.add("now", now).add("ticket", ticket).expect(expect);
  if (pieces == nullptr) return;
  out_.add("session", Bytes(pieces->session.secret().expose())).add("body", pieces->body.encode());
}

void TicketMaker::add_good() {
  accepted_service("a ticket", proven(body()));
  std::vector<Pieces> batch;
  for (int i = 0; i < 3; ++i) batch.push_back(realm_.pieces(body()));
  realm_.prove(batch, noon);
  accepted_service("the last of a batch of three", batch[2], noon,
                   "Its first sibling is the padding of 32 zero bytes.");
  Body own = realm_.service_body("carol", "queue-alice");
  own.lineage.clear();
  accepted_service("a ticket without work, actions and ancestors", proven(std::move(own)));
  Pieces with_booklet = realm_.pieces(body());
  const IssuedTicket inner = realm_.issue(realm_.service_body("carol", "ledger"));
  with_booklet.booklet.push_back({inner.ticket, inner.session.duplicate()});
  realm_.prove({&with_booklet, 1}, noon);
  accepted_service("a ticket with a booklet", with_booklet);
}

void TicketMaker::add_times() {
  const Pieces pieces = proven(body());
  accepted_service("one skew before its issue", pieces, noon - 120s);
  service("a second earlier", realm_.seal(pieces), noon - 121s, Errc::not_yet_valid);
  accepted_service("the second before it ends", pieces, noon + 1h - 1s);
  service("the second it ends", realm_.seal(pieces), noon + 1h, Errc::ticket_expired,
          "The end is exclusive: at run_until the ticket is refused.");
}

void TicketMaker::add_headers() {
  const Buffer good = realm_.seal(proven(body()));
  const auto flipped = [&](std::size_t at) {
    Buffer out = good;
    out[at] ^= 1;
    return out;
  };
  service("a bit of the seal", flipped(good.size() - 1), noon, Errc::bad_integrity);
  service("a bit of the version", flipped(1), noon, Errc::bad_version);
  service("a bit of the kind", flipped(2), noon, Errc::wrong_kind);
  service("a bit of the realm", flipped(4), noon, Errc::wrong_realm);
  service("a bit of the audience", flipped(4 + 9 + 1), noon, Errc::wrong_audience);
  service("a bit of the kvno", flipped(4 + 9 + 1 + 11), noon, Errc::unknown_kvno);
  service("a bit of the signer", flipped(4 + 9 + 1 + 12), noon, Errc::bad_integrity,
          "The header is the seal's associated data.");
  service("a bit of the rolling key", flipped(4 + 9 + 1 + 12 + 3), noon, Errc::bad_integrity);
  service("a ticket for another queue",
          realm_.issue(realm_.workflow_body("carol", "queue-bob", work)).ticket, noon,
          Errc::wrong_audience);
  TestRealm other("OTHER.TEST", TestRealm::Keys::fixed);
  service("a ticket of another realm",
          other.issue(other.workflow_body("carol", "queue-alice", work)).ticket, noon,
          Errc::wrong_realm);
  service("a TGT", realm_.tgt(realm_.tgt_body("carol")).ticket, noon, Errc::wrong_kind);
  Pieces zero = proven(body());
  Buffer small_order = zero.header.encode();
  std::fill(small_order.end() - 32, small_order.end(), std::uint8_t{0});
  small_order.front() = static_cast<std::uint8_t>(small_order.front() + 1);
  const Buffer seal = Writer().bin(Buffer(100)).take();
  small_order.insert(small_order.end(), seal.begin(), seal.end());
  service("a rolling key of small order", small_order, noon, Errc::bad_integrity);
}

void TicketMaker::add_shapes() {
  const Buffer good = realm_.seal(proven(body()));
  service("nothing", {}, noon, Errc::malformed);
  service("a byte short", copy_of(Bytes(good).first(good.size() - 1)), noon, Errc::malformed);
  Buffer longer = good;
  longer.push_back(0);
  service("a byte long", longer, noon, Errc::malformed);
  Buffer long_version = good;
  long_version.insert(long_version.begin() + 1, 0xcc);
  service("the version in a longer form", long_version, noon, Errc::not_canonical);

  forged("a flag that is not known", Errc::malformed, [](Pieces& p) { p.body.flags |= 8; });
  forged("33 actions", Errc::limit_exceeded,
         [](Pieces& p) { p.body.actions.assign(33, "invoice:read"); });
  forged("an action with a star", Errc::bad_name,
         [](Pieces& p) { p.body.actions = {"invoice:*"}; });

  // A body that the KDC itself signed, but which is not the shortest form.
  Pieces pieces = realm_.pieces(body());
  Buffer long_body = pieces.body.encode();
  long_body.front() = 0xdd;  // an array of 17, in 32 bits
  long_body.erase(long_body.begin() + 1, long_body.begin() + 3);
  long_body.insert(long_body.begin() + 1, {0, 0, 0, 17});
  const Digest leaf = batch_leaf(pieces.header.encode(), long_body);
  const Signature signature = sign(realm_.signer, batch_statement(realm_.realm(), noon, leaf));
  Writer plain;
  plain.array(4).bin(long_body).bin(pieces.session.secret().expose());
  plain.array(4).time(noon).uint(0).array(0).bin(signature).array(0);
  service("a body that is not canonical, though it is signed",
          realm_.seal_plaintext(pieces.header, plain.take()), noon, Errc::not_canonical);
}

void TicketMaker::add_forgeries() {
  const std::string_view who =
      "The holder of the queue's key can seal what he likes to himself. What he cannot do is sign.";
  forged(
      "no proof", Errc::bad_proof, [](Pieces& p) { p.proof.reset(); }, who);
  forged("the proof of another ticket", Errc::bad_proof,
         [&](Pieces& p) { p.proof = proven(body()).proof; });
  forged("a bit of the signature", Errc::bad_proof, [](Pieces& p) { p.proof->signature[0] ^= 1; });
  forged("an index that is not its own", Errc::bad_proof, [](Pieces& p) {
    p.proof->path.emplace_back();
    p.proof->index = 1;
  });
  forged("an index outside the path", Errc::malformed, [](Pieces& p) { p.proof->index = 1; });
  forged("a signature of the queue's own", Errc::bad_proof, [&](Pieces& p) {
    const auto own = KdcSigningKey::from_seed(realm_.key("queue-alice").secret());
    const Digest leaf = batch_leaf(p.header.encode(), p.body.encode());
    p.proof->signature = sign(own, batch_statement(realm_.realm(), noon, leaf));
  });
  forged("a signer that the realm does not name", Errc::unknown_signer, [&](Pieces& p) {
    p.header.key = KeyId{2};
    realm_.prove({&p, 1}, noon);
  });
  forged("another session key", Errc::session_mismatch,
         [&](Pieces& p) { p.session = realm_.fresh_session(); });
  forged("a body for another queue", Errc::wrong_audience,
         [&](Pieces& p) { p.body.audience = realm_.principal("queue-bob"); });
  forged("one more action", Errc::bad_proof, [](Pieces& p) { p.body.actions.emplace_back("pay"); });
  forged("a later end", Errc::bad_proof, [](Pieces& p) { p.body.run_until += 1h; });
  forged("another subject", Errc::bad_proof,
         [&](Pieces& p) { p.body.subject = realm_.principal("dave"); });
  forged("another input digest", Errc::bad_proof, [](Pieces& p) { p.body.work->input[0] ^= 1; });
}

void TicketMaker::add_dates() {
  const auto issued_at = [&](std::string_view name, Time when) {
    Pieces pieces = realm_.pieces(realm_.workflow_body("carol", "queue-alice", work, when));
    realm_.prove({&pieces, 1}, when);
    service(name, realm_.seal(pieces), when, Errc::unknown_signer);
  };
  issued_at("a batch time at which the signer was not valid yet", noon - 24h - 1s);
  issued_at("a batch time at which the signer is valid no longer", noon + 30 * 24h);
  const auto dated = [&](Seconds signed_after, Seconds life) {
    Body dated_body = body();
    dated_body.run_until = noon + life;
    Pieces pieces = realm_.pieces(std::move(dated_body));
    realm_.prove({&pieces, 1}, noon + signed_after);
    return pieces;
  };
  accepted_service("a ticket signed 17 minutes after its issue", dated(17min, 1h));
  service("a ticket signed a second later", realm_.seal(dated(17min + 1s, 1h)), noon,
          Errc::bad_proof, "Else a signing key that has retired could be used for ever.");
  service("a ticket signed too long before its issue", realm_.seal(dated(-17min - 1s, 1h)), noon,
          Errc::bad_proof);
  accepted_service("a ticket for 31 days", dated(0s, 31 * 24h));
  service("a ticket for a second longer", realm_.seal(dated(0s, 31 * 24h + 1s)), noon,
          Errc::bad_proof);
}

void TicketMaker::add_tgts() {
  const Pieces pieces = realm_.pieces(realm_.tgt_body("carol"));
  const Buffer good = realm_.seal(pieces);
  tgt("a TGT, opened", good, noon, accepted, &pieces);
  tgt("a TGT in the second before it ends", good, noon + 8h - 1s, accepted, &pieces);
  tgt("a TGT in the second it ends", good, noon + 8h, Errc::ticket_expired);
  tgt("a TGT before its issue", good, noon - 121s, Errc::not_yet_valid);
  Buffer wrong = good;
  wrong.back() ^= 1;
  tgt("a TGT with a bit of its seal changed", wrong, noon, Errc::bad_integrity);
  wrong = good;
  wrong[4 + 9 + 7] ^= 2;  // after the realm and "krbtgt" with its head: the epoch
  tgt("a TGT that names another epoch", wrong, noon, Errc::bad_integrity);
  wrong = good;
  wrong[4] ^= 1;
  tgt("a TGT that names another realm", wrong, noon, Errc::bad_integrity);
  Pieces odd = realm_.pieces(realm_.tgt_body("carol"));
  odd.proof = proven(body()).proof;
  tgt("a TGT with a proof", realm_.seal(odd), noon, Errc::malformed);
  odd.proof.reset();
  odd.booklet.push_back({Buffer(10), realm_.fresh_session()});
  tgt("a TGT with a booklet", realm_.seal(odd), noon, Errc::malformed);
  tgt("a service ticket instead of a TGT", realm_.seal(proven(body())), noon, Errc::wrong_kind);
}

void TicketMaker::evidence(std::string_view name, const Buffer& wire, Outcome expect) {
  out_.begin(name).add("kind", "evidence").add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("realm_document", realm_.signed_document()).add("evidence", wire).expect(expect);
}

void TicketMaker::add_evidence() {
  const auto of = [&](const Pieces& p) {
    Writer out;
    out.array(3).bin(p.header.encode()).bin(p.body.encode());
    if (p.proof) {
      p.proof->write(out);
    } else {
      out.array(0);
    }
    return out.take();
  };
  const auto changed = [&](const std::function<void(Pieces&)>& change) {
    Pieces pieces = proven(body());
    change(pieces);
    return of(pieces);
  };
  evidence("evidence", of(proven(body())), accepted);
  evidence("evidence without a proof", changed([](Pieces& p) { p.proof.reset(); }),
           Errc::bad_proof);
  Pieces tgt = realm_.pieces(realm_.tgt_body("carol"));
  tgt.proof = proven(body()).proof;
  evidence("evidence of a TGT", of(tgt), Errc::wrong_kind);
  TestRealm other("OTHER.TEST", TestRealm::Keys::fixed);
  evidence("evidence of another realm",
           other.issue(other.workflow_body("carol", "queue-alice", work)).evidence,
           Errc::wrong_realm);
  evidence("evidence of a signer that the realm does not name",
           changed([](Pieces& p) { p.header.key = KeyId{2}; }), Errc::unknown_signer);
  evidence("evidence with one more action",
           changed([](Pieces& p) { p.body.actions.emplace_back("pay"); }), Errc::bad_proof);
  evidence("evidence under another header", changed([](Pieces& p) { p.header.kvno = Kvno{2}; }),
           Errc::bad_proof);
  evidence("evidence with the proof of another ticket",
           changed([&](Pieces& p) { p.proof = proven(body()).proof; }), Errc::bad_proof);
  Pieces late = realm_.pieces(body());
  realm_.prove({&late, 1}, noon + 17min + 1s);
  evidence("evidence signed too long after its issue", of(late), Errc::bad_proof);
  Pieces two = realm_.pieces(body());
  two.body.audience = realm_.principal("queue-bob");
  realm_.prove({&two, 1}, noon);
  evidence("evidence that names two audiences, though it is signed", of(two), Errc::wrong_audience);
  const Buffer good = of(proven(body()));
  evidence("evidence cut off", copy_of(Bytes(good).first(good.size() - 1)), Errc::malformed);
}

std::string TicketMaker::make() {
  add_good();
  add_times();
  add_headers();
  add_shapes();
  add_forgeries();
  add_dates();
  add_tgts();
  add_evidence();
  return out_.take();
}

// --- Batches --------------------------------------------------------------------------------

struct Leaf {
  Buffer header;
  Buffer body;
  Proof proof;
};

void add_leaf(VectorText& out, const TestRealm& realm, const Leaf& leaf, Outcome expect) {
  Writer proof;
  leaf.proof.write(proof);
  const Digest hash = batch_leaf(leaf.header, leaf.body);
  out.add("realm", realm.realm().text()).add("signer", Bytes(realm.signer.public_key().bytes));
  out.add("header", leaf.header).add("body", leaf.body).add("proof", proof.take());
  if (expect == accepted) {
    out.add("leaf", Bytes(hash));
    out.add("root", Bytes(batch_root(hash, leaf.proof.index, leaf.proof.path)));
  }
  out.expect(expect);
}

std::vector<Leaf> batch_of(const TestRealm& realm, std::size_t size) {
  std::vector<Leaf> out;
  std::vector<Digest> hashes;
  for (std::size_t i = 0; i < size; ++i) {
    const std::string text = "body " + std::to_string(i);
    out.push_back({copy_of(bytes_of("header")), copy_of(bytes_of(text)), {}});
    hashes.push_back(batch_leaf(out[i].header, out[i].body));
  }
  const BatchTree tree(std::move(hashes));
  const Signature signature = sign(realm.signer, batch_statement(realm.realm(), noon, tree.root()));
  for (std::size_t i = 0; i < size; ++i) out[i].proof = {noon, i, tree.path(i), signature};
  return out;
}

}  // namespace

std::string make_ticket_vectors() { return TicketMaker().make(); }

std::string make_batch_vectors() {
  const TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  VectorText out("Batches: how a leaf leads to the root that the KDC signed.");
  for (const std::size_t size : {1U, 2U, 3U, 5U, 8U}) {
    const auto batch = batch_of(realm, size);
    for (std::size_t i = 0; i < size; ++i) {
      out.begin("leaf " + std::to_string(i) + " of " + std::to_string(size));
      add_leaf(out, realm, batch[i], accepted);
    }
  }
  const auto bad = [&](std::string_view name, Outcome expect, const auto& change) {
    Leaf leaf = batch_of(realm, 5)[2];
    change(leaf);
    out.begin(name);
    add_leaf(out, realm, leaf, expect);
  };
  bad("another index", Errc::bad_proof, [](Leaf& l) { l.proof.index = 3; });
  bad("an index outside the path", Errc::malformed, [](Leaf& l) { l.proof.index = 8; });
  bad("another sibling", Errc::bad_proof, [](Leaf& l) { l.proof.path[1][0] ^= 1; });
  bad("two siblings exchanged", Errc::bad_proof,
      [](Leaf& l) { std::swap(l.proof.path[0], l.proof.path[1]); });
  bad("a shorter path", Errc::bad_proof, [](Leaf& l) { l.proof.path.pop_back(); });
  bad("a longer path", Errc::bad_proof, [](Leaf& l) { l.proof.path.emplace_back(); });
  bad("a path of 13", Errc::limit_exceeded, [](Leaf& l) { l.proof.path.resize(13); });
  bad("another body", Errc::bad_proof, [](Leaf& l) { l.body.back() ^= 1; });
  bad("another header", Errc::bad_proof, [](Leaf& l) { l.header.back() ^= 1; });
  bad("a byte moved from the header to the body", Errc::bad_proof, [](Leaf& l) {
    l.body.insert(l.body.begin(), l.header.back());
    l.header.pop_back();
  });
  bad("another batch time", Errc::bad_proof, [](Leaf& l) { l.proof.batch_time += 1s; });
  bad("another signature", Errc::bad_proof, [](Leaf& l) { l.proof.signature[32] ^= 1; });
  return out.take();
}

}  // namespace waybill::test
