// What is kept and believed again: realm documents, stored records, wrapped secrets.

#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/records.h"

namespace waybill::test {
namespace {

using Number = std::uint64_t;

class RealmMaker {
 public:
  std::string make();

 private:
  using Entries = std::vector<Buffer>;
  // A document field by field, so that any of them can be wrong.
  struct Fields {
    std::string_view kind = "realm";
    Number version = 1;
    std::string_view realm = "DEMO.TEST";
    Entries epochs, signers;
  };
  Fields good() const;
  Buffer entry(Number id) const;
  Buffer document(const Fields& fields) const;
  Buffer signed_by_root(const Buffer& document) const;
  void add(std::string_view name, const Buffer& wire, Outcome expect, std::string_view why = {});
  void add_forgeries();
  void add_shapes();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  VectorText out_{
      "Realm documents, as whoever is configured for DEMO.TEST and pins the root key reads them."};
};

Buffer RealmMaker::entry(Number id) const {
  Writer out;
  out.array(4).uint(id).bin(Digest{static_cast<std::uint8_t>(id)});
  return out.time(noon - 24h).time(noon + 24h).take();
}

RealmMaker::Fields RealmMaker::good() const {
  Fields fields;
  fields.epochs = {entry(1), entry(2)};
  fields.signers = {entry(1)};
  return fields;
}

Buffer RealmMaker::document(const Fields& fields) const {
  Writer out;
  out.array(8).str(fields.kind).uint(fields.version).str(fields.realm);
  out.bin(realm_.document.realm_id).uint(17).time(noon);
  for (const Entries* list : {&fields.epochs, &fields.signers}) {
    out.array(list->size());
    for (const Buffer& one : *list) out.raw(one);
  }
  return out.take();
}

Buffer RealmMaker::signed_by_root(const Buffer& document) const {
  return Writer().array(2).bin(document).bin(sign(realm_.root, document)).take();
}

void RealmMaker::add(std::string_view name, const Buffer& wire, Outcome expect,
                     std::string_view why) {
  out_.begin(name, why).add("realm", "DEMO.TEST");
  out_.add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("document", wire).expect(expect);
}

void RealmMaker::add_forgeries() {
  const Buffer document = this->document(good());
  const Signature right = sign(realm_.root, document);
  const auto with = [&](const Buffer& said, const Signature& signature) {
    return Writer().array(2).bin(said).bin(signature).take();
  };
  Signature wrong = right;
  wrong[0] ^= 1;
  add("a bit of the signature", with(document, wrong), Errc::realm_invalid);
  Buffer other = document;
  other.back() ^= 1;
  add("a bit of the document", with(other, right), Errc::realm_invalid);
  add("the signature of a signing key", with(document, sign(realm_.signer, document)),
      Errc::realm_invalid, "The KDC's own keys do not say what the realm is.");
  add("no signature", with(document, Signature{}), Errc::realm_invalid);
  Fields foreign = good();
  foreign.realm = "OTHER.TEST";
  add("another realm, of the same root", signed_by_root(this->document(foreign)),
      Errc::wrong_realm);
}

void RealmMaker::add_shapes() {
  const auto shaped = [&](std::string_view name, Outcome expect, auto change,
                          std::string_view why = {}) {
    Fields fields = good();
    change(fields);
    add(name, signed_by_root(document(fields)), expect, why);
  };
  shaped("a document that is called something else", Errc::malformed,
         [](Fields& f) { f.kind = "tickets"; });
  shaped("a newer version", Errc::bad_version, [](Fields& f) { f.version = 2; });
  shaped("a realm that is no name", Errc::bad_name, [](Fields& f) { f.realm = "DEMO TEST"; });
  const std::string_view why = "Some would find the one, some the other.";
  shaped(
      "one id for two epochs", Errc::malformed,
      [&](Fields& f) {
        f.epochs = {entry(1), entry(1)};
      },
      why);
  shaped(
      "one id for two signers", Errc::malformed,
      [&](Fields& f) {
        f.signers = {entry(2), entry(1), entry(2)};
      },
      why);
  shaped("an id beyond 32 bits", Errc::malformed,
         [&](Fields& f) { f.signers = {entry(Number{1} << 32)}; });
  const auto many = [&](Number count) {
    Entries list;
    for (Number id = 1; id <= count; ++id) list.push_back(entry(id));
    return list;
  };
  shaped("65 epochs", Errc::limit_exceeded, [&](Fields& f) { f.epochs = many(65); });
  shaped("65 signers", Errc::limit_exceeded, [&](Fields& f) { f.signers = many(65); });
  shaped("a document whose signer has three fields", Errc::malformed, [](Fields& f) {
    f.signers = {Writer().array(3).uint(1).bin(Digest{}).time(noon).take()};
  });
  const Buffer good_document = document(good());
  add(
      "a document with a byte behind it, though it is signed",
      [&] {
        Buffer longer = good_document;
        longer.push_back(0);
        return signed_by_root(longer);
      }(),
      Errc::malformed);
  Buffer long_form = good_document;
  long_form.insert(long_form.begin() + 7, 0xcc);  // before the version
  add("the version in a longer form, though it is signed", signed_by_root(long_form),
      Errc::not_canonical);
  const Buffer wire = signed_by_root(good_document);
  add("cut off", copy_of(Bytes(wire).first(wire.size() - 1)), Errc::malformed);
  add("nothing", {}, Errc::malformed);
}

std::string RealmMaker::make() {
  add("a realm document", signed_by_root(document(good())), accepted);
  out_.add("realm_id", Bytes(realm_.document.realm_id)).add("serial", Number{17});
  out_.add("issued_at", noon).add("epoch", "1").add("epoch", "2").add("signer", "1");
  add("one that lists nothing", signed_by_root(document({})), accepted,
      "Nobody can log in, and nobody has signed anything.");
  out_.add("realm_id", Bytes(realm_.document.realm_id)).add("serial", Number{17});
  out_.add("issued_at", noon);
  add_forgeries();
  add_shapes();
  return out_.take();
}

class RecordMaker {
 public:
  std::string make();

 private:
  struct Place {
    std::string_view table = "principals";
    std::string_view key = "carol";
  };
  void record(std::string_view name, const Secret<32>& master, const Place& place,
              const Buffer& stored, Outcome expect);
  void secret(std::string_view name, const Secret<32>& master, std::string_view under,
              const Buffer& wrapped, Outcome expect);
  void add_records();
  void add_secrets();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  Secret<32> master_ = Secret<32>::copy(realm_.fresh<32>());
  Secret<32> other_ = Secret<32>::copy(realm_.fresh<32>());
  VectorText out_{"Stored records (kind = record) and wrapped secrets (kind = secret)."};
};

void RecordMaker::record(std::string_view name, const Secret<32>& master, const Place& place,
                         const Buffer& stored, Outcome expect) {
  out_.begin(name).add("kind", "record").add("master_key", Bytes(master.expose()));
  out_.add("table", place.table).add("key", Bytes(bytes_of(place.key)));
  out_.add("stored", stored).expect(expect);
}

void RecordMaker::secret(std::string_view name, const Secret<32>& master, std::string_view under,
                         const Buffer& wrapped, Outcome expect) {
  out_.begin(name).add("kind", "secret").add("master_key", Bytes(master.expose()));
  out_.add("secret_name", under).add("wrapped", wrapped).expect(expect);
}

void RecordMaker::add_records() {
  const RecordGuard guard(MasterKey(master_.duplicate()));
  const auto protect = [&](const Place& place, std::string_view value) {
    return guard.protect(place.table, bytes_of(place.key), bytes_of(value));
  };
  const Buffer good = protect({}, "a value");
  record("a record", master_, {}, good, accepted);
  out_.add("value", Bytes(bytes_of("a value")));
  record("a record of nothing", master_, {}, protect({}, ""), accepted);
  out_.add("value", Bytes());
  const auto bad = [&](std::string_view name, const Place& place, const Buffer& stored) {
    record(name, master_, place, stored, Errc::bad_integrity);
  };
  record("a record of another store", other_, {}, good, Errc::bad_integrity);
  bad("a record moved to another table", {"queues", "carol"}, good);
  bad("a record moved to another key", {"principals", "dave"}, good);
  bad("a letter moved from the key to the table", {"principalsc", "arol"}, good);
  Buffer wrong = good;
  wrong.front() ^= 1;
  bad("a bit of the value", {}, wrong);
  wrong = good;
  wrong.back() ^= 1;
  bad("a bit of the MAC", {}, wrong);
  bad("a record a byte short", {}, copy_of(Bytes(good).first(good.size() - 1)));
  bad("a record shorter than a MAC", {}, Buffer(31));
}

void RecordMaker::add_secrets() {
  const auto key = derive_secret(Label::wrap, master_, {bytes_of("epoch/1")});
  const Buffer good = detail::seal(key, bytes_of("epoch/1"), Digest{7}, realm_.fresh<24>());
  secret("a secret", master_, "epoch/1", good, accepted);
  out_.add("secret", Bytes(Digest{7}));
  secret("a secret under another name", master_, "epoch/2", good, Errc::bad_integrity);
  secret("a secret of another store", other_, "epoch/1", good, Errc::bad_integrity);
  Buffer wrong = good;
  wrong.back() ^= 1;
  secret("a secret with a bit changed", master_, "epoch/1", wrong, Errc::bad_integrity);
  secret("a secret a byte short", master_, "epoch/1", copy_of(Bytes(good).first(good.size() - 1)),
         Errc::bad_integrity);
}

std::string RecordMaker::make() {
  add_records();
  add_secrets();
  return out_.take();
}

}  // namespace

std::string make_realm_vectors() { return RealmMaker().make(); }
std::string make_record_vectors() { return RecordMaker().make(); }

}  // namespace waybill::test
