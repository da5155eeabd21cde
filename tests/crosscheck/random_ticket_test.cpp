// Tickets, evidence and realm documents, good ones and broken ones: both implementations give the
// same verdict and read the same. What is broken is signed and sealed anew with the right keys.

#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/forge.h"
#include "tests/crosscheck/second/ticket.h"
#include "tests/crosscheck/verdict.h"
#include "tests/support/mutator.h"
#include "ticket/exchange/audience.h"

namespace waybill::test::random_ticket_test {
namespace {

std::uint64_t seconds(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

second::RealmDocument second_document(const RealmDocument& document, const RootKey& root) {
  return second::RealmDocument::read(document.sign(root), document.realm.text(),
                                     root.public_key().bytes);
}

std::string text_of_ticket(Bytes session, Bytes body, Bytes evidence, std::size_t booklet) {
  return to_hex(session) + " " + to_hex(body) + " " + to_hex(evidence) + " " +
         std::to_string(booklet);
}

/// One audience in both implementations. The first remembers keys and roots, the second nothing.
struct Both {
  Audience first;
  second::Receiver second;

  Both(TestRealm& realm, const Keytab& keytab, const RealmDocument& document)
      : first(keytab, document) {
    second.principal = keytab.principal().text();
    for (const Keytab::Entry& entry : keytab.entries()) {
      second.keys.push_back({number(entry.kvno), fixed<32>(entry.key.secret().expose())});
    }
    second.realm = second_document(document, realm.root);
  }

  void compare(Comparison& all, const Buffer& ticket, Time now) {
    const auto read_first = [](VerifiedTicket& read) {
      return text_of_ticket(read.session().secret().expose(), read.body().encode(),
                            read.evidence().encode(), read.booklet().size());
    };
    const auto read_second = [&] {
      const second::Opened read = second.accept(ticket, seconds(now));
      return text_of_ticket(read.session, read.body_bytes, read.evidence(), read.booklet.size());
    };
    auto result = first.accept(ticket, now);
    all.add(ticket, by_first(result, read_first), by_second(read_second));
  }
};

// A realm document of the same realm whose signing keys are others, at other times.
RealmDocument other_document(const TestRealm& realm, std::size_t which) {
  RealmDocument out = realm.document;
  switch (which) {
    case 0:
      out.signers.front().until = noon + 1h;
      break;
    case 1:
      out.signers.front().from = noon;
      break;
    case 2:  // another key of another time beside it
      out.signers.insert(out.signers.begin(), {KeyId{2}, {}, noon, noon + 24h});
      break;
    default:
      out.signers.front().id = KeyId{2};
  }
  return out;
}

Buffer make_ticket(Forge& forge, Mutator& bytes) {
  TreeMutator& random = forge.random();
  Parts parts = forge.ticket();
  const std::size_t what = random.below(10);
  if (what == 0) forge.break_header(parts);
  if (what == 1 || what == 2) forge.break_body(parts);
  forge.prove(parts);
  if (what == 3) forge.break_proof(parts);
  if (what == 4 && random.one_in(2)) forge.break_header(parts);
  Buffer plaintext = forge.plaintext(parts);
  if (what == 5) plaintext = random.mutate(plaintext);
  Buffer ticket = forge.seal(parts, plaintext);
  if (what == 6) {
    ticket = random.one_in(2) ? random.mutate(ticket) : bytes.mutate({&ticket, 1});
  }
  return ticket;
}

void both_on_document(Comparison& all, const Buffer& wire, const TestRealm& realm) {
  const auto keys = [](const auto& list, auto id, auto from, auto until) {
    std::string out;
    for (const auto& key : list) {
      out += " " + std::to_string(id(key)) + ":" + std::to_string(from(key)) + ":" +
             std::to_string(until(key));
    }
    return out;
  };
  const auto first = [&](const RealmDocument& read) {
    const auto id = [](const auto& key) { return number(key.id); };
    const auto from = [](const auto& key) { return seconds(key.from); };
    const auto until = [](const auto& key) { return seconds(key.until); };
    return to_hex(read.realm_id) + " " + std::to_string(read.serial) +
           keys(read.epochs, id, from, until) + keys(read.signers, id, from, until);
  };
  const auto second = [&] {
    const auto read =
        second::RealmDocument::read(wire, realm.realm().text(), realm.root.public_key().bytes);
    const auto id = [](const auto& key) { return key.id; };
    const auto from = [](const auto& key) { return key.from; };
    const auto until = [](const auto& key) { return key.until; };
    return to_hex(read.id) + " " + std::to_string(read.serial) +
           keys(read.epochs, id, from, until) + keys(read.signers, id, from, until);
  };
  all.add(wire, by_first(RealmDocument::parse(wire, realm.realm(), realm.root.public_key()), first),
          by_second(second));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(both_implementations_agree, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(on_service_tickets) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  Forge forge(realm, 71);
  Mutator bytes(72);
  std::vector<std::unique_ptr<Both>> audiences;
  for (int n = 0; n < 4; ++n) {
    audiences.push_back(std::make_unique<Both>(realm, realm.keytab("queue-alice"), realm.document));
  }
  for (std::size_t which = 0; which < 4; ++which) {
    audiences.push_back(
        std::make_unique<Both>(realm, realm.keytab("queue-alice"), other_document(realm, which)));
  }
  Keytab two = realm.keytab("queue-alice");
  two.add({Kvno{3}, noon, realm.key("queue-bob").duplicate()});
  audiences.push_back(std::make_unique<Both>(realm, two, realm.document));
  static constexpr Seconds moments[] = {0s, 0s,    0s,    0s,    0s,    0s,    0s,
                                        0s, -120s, -121s, 3599s, 3600s, 3601s, 86400s};
  Comparison all("service ticket");
  for (std::size_t n = 0; n < 22'000; ++n) {
    const Buffer ticket = make_ticket(forge, bytes);
    const Time now = noon + forge.random().any(moments);
    forge.random().any(audiences)->compare(all, ticket, now);
  }
  all.reached({Errc::malformed, Errc::not_canonical, Errc::limit_exceeded, Errc::bad_name,
               Errc::bad_version, Errc::wrong_kind, Errc::wrong_realm, Errc::wrong_audience,
               Errc::unknown_kvno, Errc::bad_integrity, Errc::session_mismatch,
               Errc::unknown_signer, Errc::bad_proof, Errc::not_yet_valid, Errc::ticket_expired},
              2000);
}

BOOST_AUTO_TEST_CASE(on_the_sizes_of_tickets) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  Forge forge(realm, 76);
  Both both(realm, realm.keytab("queue-alice"), realm.document);
  Comparison all("size of a ticket");
  const auto compare = [&](std::size_t actions, std::size_t last, const Buffer& booklet) {
    Body body = realm.workflow_body("carol", "queue-alice", work_of("report", "x"));
    body.actions.assign(actions, std::string(128, 'a'));
    body.actions.emplace_back(last, 'b');
    Parts parts = forge.parts_of(std::move(body));
    parts.booklet = booklet;
    const Proof proof{noon, 0, {}, forge.signature_of(parts, noon)};
    Writer out;
    proof.write(out);
    parts.proof = out.take();
    both.compare(all, forge.seal(parts, forge.plaintext(parts)), noon);
  };
  for (std::size_t actions = 24; actions < 33; ++actions) {
    for (std::size_t last = 1; last < 129; ++last) {
      compare(actions, last, Writer().array(0).take());
    }
  }
  for (std::size_t last = 1; last < 129; ++last) {
    Writer booklet;
    booklet.array(4);
    for (const std::size_t size : {4096U, 4096U, 4096U, 2900U}) {
      booklet.array(2).bin(Buffer(size)).bin(realm.fresh<32>());
    }
    compare(1, last, booklet.take());
  }
  all.reached({Errc::limit_exceeded}, 500);
}

BOOST_AUTO_TEST_CASE(on_tgts) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  Forge forge(realm, 73);
  TreeMutator& random = forge.random();
  Comparison all("TGT");
  for (std::size_t n = 0; n < 5'000; ++n) {
    Parts parts = random.one_in(10) ? forge.ticket() : forge.tgt();
    const std::size_t what = random.below(6);
    if (what == 0) forge.break_header(parts);
    if (what == 1) forge.break_body(parts);
    if (what == 2) forge.prove(parts);
    Buffer plaintext = forge.plaintext(parts);
    if (what == 3) plaintext = random.mutate(plaintext);
    Buffer ticket = forge.seal(parts, plaintext);
    if (what == 4) ticket = random.mutate(ticket);
    const auto by_library = [&]() -> Result<VerifiedTicket> {
      TRY(sealed, SealedTicket::parse(ticket));
      TRY(opened, sealed.open(realm.tgt_key));
      return std::move(opened).verify_tgt(noon);
    };
    all.add(ticket,
            by_first(by_library(),
                     [](const VerifiedTicket& read) {
                       return to_hex(read.session().secret().expose()) + " " +
                              to_hex(read.body().encode());
                     }),
            by_second([&] {
              const auto read =
                  second::open_tgt(ticket, realm.tgt_key.secret().expose(), seconds(noon));
              return to_hex(read.session) + " " + to_hex(read.body_bytes);
            }));
  }
  all.reached(
      {Errc::malformed, Errc::bad_version, Errc::wrong_kind, Errc::wrong_audience,
       Errc::bad_integrity, Errc::session_mismatch, Errc::not_yet_valid, Errc::ticket_expired},
      500);
}

BOOST_AUTO_TEST_CASE(on_evidence) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  Forge forge(realm, 74);
  TreeMutator& random = forge.random();
  std::vector<RealmDocument> documents = {realm.document, realm.document, realm.document};
  for (std::size_t which = 0; which < 4; ++which) {
    documents.push_back(other_document(realm, which));
  }
  std::vector<second::RealmDocument> seconds_of;
  for (const RealmDocument& document : documents) {
    seconds_of.push_back(second_document(document, realm.root));
  }
  Comparison all("evidence");
  for (std::size_t n = 0; n < 9'000; ++n) {
    Parts parts = random.one_in(20) ? forge.tgt() : forge.ticket();
    const std::size_t what = random.below(6);
    if (what == 0) forge.break_header(parts);
    if (what == 1) forge.break_body(parts);
    forge.prove(parts);
    if (what == 2) forge.break_proof(parts);
    Buffer wire = forge.evidence(parts);
    if (what == 3) wire = random.mutate(wire);
    const std::size_t which = random.below(documents.size());
    const auto by_library = [&]() -> Result<Evidence> {
      TRY(read, Evidence::decode(wire));
      CHECK_OK(read.verify_proof(documents[which]));
      return read;
    };
    all.add(wire,
            by_first(by_library(), [](const Evidence& read) { return to_hex(read.encode()); }),
            by_second([&] {
              const auto read = second::Evidence::read(wire);
              read.check(seconds_of[which]);
              return to_hex(read.encode());
            }));
  }
  all.reached(
      {Errc::malformed, Errc::not_canonical, Errc::bad_name, Errc::bad_version, Errc::wrong_kind,
       Errc::wrong_realm, Errc::wrong_audience, Errc::unknown_signer, Errc::bad_proof},
      1000);
}

BOOST_AUTO_TEST_CASE(on_realm_documents) {
  TestRealm realm("DEMO.TEST", TestRealm::Keys::fixed);
  TreeMutator random(75);
  for (std::uint32_t id = 2; id < 4; ++id) {
    realm.document.epochs.push_back(
        {KeyId{id}, realm.epoch.public_key(), noon + id * 1h, noon + id * 24h});
    realm.document.signers.push_back(
        {KeyId{id}, realm.signer.public_key(), noon + id * 1h, noon + id * 24h});
  }
  const Buffer whole = realm.signed_document();
  Reader in(whole, whole.size());
  in.array(2);
  const Buffer statement = copy_of(in.bin(whole.size()));
  const auto other = KdcSigningKey::from_seed(Secret<32>::copy(realm.fresh<32>()));
  Comparison all("realm document");
  for (std::size_t n = 0; n < 5'000; ++n) {
    const Buffer changed = random.one_in(8) ? statement : random.mutate(statement);
    const bool signed_by_root = !random.one_in(8);
    const Signature signature = signed_by_root ? sign(realm.root, changed) : sign(other, changed);
    Buffer wire = Writer().array(2).bin(changed).bin(signature).take();
    if (random.one_in(5)) wire = random.mutate(wire);
    both_on_document(all, wire, realm);
  }
  all.reached({Errc::malformed, Errc::not_canonical, Errc::limit_exceeded, Errc::bad_name,
               Errc::bad_version, Errc::wrong_realm, Errc::realm_invalid},
              300);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::random_ticket_test
