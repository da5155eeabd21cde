#include "ticket/exchange/keytab.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "tests/support/vectors.h"
#include "ticket/possession.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::keytab_test {
namespace {

const Principal alice = principal_of("queue-alice@DEMO.TEST");

Keytab::Entry entry(std::uint32_t kvno) { return {Kvno{kvno}, noon, PrincipalKey::random()}; }

Writer& write_entry(Writer& out, std::uint64_t kvno, std::size_t secret = 32) {
  return out.array(3).uint(kvno).time(noon).bin(Buffer(secret, 7));
}

Writer head(std::size_t entries, std::string_view magic = "waybill-keytab",
            std::uint64_t version = 1, std::string_view principal = "queue-alice@DEMO.TEST") {
  Writer out;
  out.array(4).str(magic).uint(version).str(principal).array(entries);
  return out;
}

Buffer with(Writer out, std::initializer_list<std::uint64_t> kvnos, std::size_t secret = 32) {
  for (const std::uint64_t kvno : kvnos) write_entry(out, kvno, secret);
  return out.take();
}

struct Shape {
  const char* name;
  Buffer wire;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Shape& row) { return out << row.name; }
};

const Shape shapes[] = {
    {"one entry", with(head(1), {1}), accepted},
    {"two entries, the newer first", with(head(2), {2, 1}), accepted},
    {"two entries with a gap", with(head(2), {9, 1}), accepted},
    {"nothing", {}, Errc::malformed},
    {"no entry", with(head(0), {}), Errc::malformed},
    {"three entries", with(head(3), {3, 2, 1}), Errc::limit_exceeded},
    {"the older first", with(head(2), {1, 2}), Errc::malformed},
    {"the same version twice", with(head(2), {1, 1}), Errc::malformed},
    {"another kind of file", with(head(1, "waybill-ccache"), {1}), Errc::malformed},
    {"a newer version of the file", with(head(1, "waybill-keytab", 2), {1}), Errc::bad_version},
    {"a principal without a realm", with(head(1, "waybill-keytab", 1, "queue-alice"), {1}),
     Errc::bad_name},
    {"a secret of 31 bytes", with(head(1), {1}, 31), Errc::malformed},
    {"version 0", with(head(1), {0}), Errc::malformed},
    {"a kvno beyond 32 bits", with(head(1), {1ULL << 32}), Errc::malformed},
    {"an entry less than announced", with(head(2), {1}), Errc::malformed},
    {"an entry more than announced", with(head(1), {2, 1}), Errc::malformed},
    {"17 KiB", Buffer(17 * 1024), Errc::limit_exceeded},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_keytab)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  Keytab keytab(alice, entry(1));
  keytab.add(entry(2));
  const SecretBuffer file = keytab.encode();
  const auto read = Keytab::decode(file);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST((read->principal() == alice));
  BOOST_REQUIRE(read->entries().size() == 2U);
  BOOST_TEST(number(read->newest().kvno) == 2U);
  BOOST_TEST((read->newest().key.public_key() == keytab.newest().key.public_key()));
  BOOST_TEST((read->entries()[1].created == noon));
  BOOST_TEST((read->encode() == file));
}

BOOST_AUTO_TEST_CASE(keeps_the_two_newest_versions) {
  Keytab keytab(alice, entry(1));
  for (std::uint32_t kvno = 2; kvno < 6; ++kvno) keytab.add(entry(kvno));
  BOOST_REQUIRE(keytab.entries().size() == 2U);
  BOOST_TEST(number(keytab.entries()[0].kvno) == 5U);
  BOOST_TEST(number(keytab.entries()[1].kvno) == 4U);
}

// Rules: R10.1, R10.2
BOOST_DATA_TEST_CASE(has_one_shape, bdata::make(shapes), row) {
  BOOST_TEST(outcome(Keytab::decode(row.wire)) == row.expect);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_cut_off_anywhere) {
  const SecretBuffer file = Keytab(alice, entry(1)).encode();
  for (std::size_t size = 0; size < file.size(); ++size) {
    BOOST_TEST(outcome(Keytab::decode(Bytes(file).first(size))) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_proof_of_possession)

BOOST_AUTO_TEST_CASE(is_the_one_that_the_kdc_expects) {
  const PrincipalKey key = PrincipalKey::random();
  const EpochKey epoch = EpochKey::random();
  const KeyClaim claim{alice, Kvno{1}};
  const auto proof = prove_possession(key, epoch.public_key(), claim);
  BOOST_REQUIRE(proof.has_value());
  BOOST_TEST((proof == expected_possession(epoch, key.public_key(), claim)));
}

// Rules: R2.1
BOOST_AUTO_TEST_CASE(is_for_one_key_one_name_one_version_and_one_epoch) {
  const PrincipalKey key = PrincipalKey::random();
  const EpochKey epoch = EpochKey::random();
  const auto proof = prove_possession(key, epoch.public_key(), {alice, Kvno{1}});
  const Principal bob = principal_of("queue-bob@DEMO.TEST");
  const Principal elsewhere = principal_of("queue-alice@OTHER");
  const auto expected = [&](const EpochKey& e, const PrincipalPublic& k, const KeyClaim& c) {
    return expected_possession(e, k, c) == proof;
  };
  const PrincipalPublic mine = key.public_key();
  BOOST_TEST(expected(epoch, mine, {alice, Kvno{1}}));
  BOOST_TEST(!expected(epoch, mine, {alice, Kvno{2}}));
  BOOST_TEST(!expected(epoch, mine, {bob, Kvno{1}}));
  BOOST_TEST(!expected(epoch, mine, {elsewhere, Kvno{1}}));
  BOOST_TEST(!expected(EpochKey::random(), mine, {alice, Kvno{1}}));
  BOOST_TEST(!expected(epoch, PrincipalKey::random().public_key(), {alice, Kvno{1}}));
  // Somebody else's public key cannot be registered: the proof needs its secret half.
  BOOST_TEST(
      (prove_possession(PrincipalKey::random(), epoch.public_key(), {alice, Kvno{1}}) != proof));
}

// Rules: R2.2
BOOST_AUTO_TEST_CASE(does_not_exist_for_keys_of_small_order) {
  for (const VectorCase& row : load_vectors("primitives.txt")) {
    if (row.text("kind") != "x25519" || row.expect() == accepted) continue;
    const auto point = row.bytes<32>("peer");
    BOOST_TEST(!prove_possession(PrincipalKey::random(), EpochPublic{point}, {alice, Kvno{1}}),
               row);
    BOOST_TEST(!expected_possession(EpochKey::random(), PrincipalPublic{point}, {alice, Kvno{1}}),
               row);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::keytab_test
