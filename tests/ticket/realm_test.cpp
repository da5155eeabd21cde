#include "ticket/realm.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::realm_test {
namespace {

// A document with another inner array, signed by the real root: only its shape can be at fault.
Outcome read_signed(const TestRealm& realm, Bytes document) {
  const Buffer wire = Writer().array(2).bin(document).bin(sign(realm.root, document)).take();
  return outcome(RealmDocument::parse(wire, realm.realm(), realm.root.public_key()));
}

Writer fields(std::size_t count, std::string_view literal, std::uint64_t version) {
  Writer out;
  out.array(count).str(literal).uint(version).str("DEMO.TEST").bin(Digest{}).uint(1).time(noon);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_realm_document)

BOOST_AUTO_TEST_CASE(says_what_the_root_key_signed) {
  TestRealm realm;
  realm.document.serial = 17;
  const auto read =
      RealmDocument::parse(realm.signed_document(), realm.realm(), realm.root.public_key());
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(read->serial == 17U);
  BOOST_TEST((read->realm_id == realm.document.realm_id));
  BOOST_TEST((read->epoch_at(noon)->key == realm.epoch.public_key()));
  BOOST_TEST((read->signer(KeyId{1}, noon)->key == realm.signer.public_key()));
  BOOST_TEST((read->sign(realm.root) == realm.signed_document()));
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_flipped) {
  const TestRealm realm;
  const Buffer wire = realm.signed_document();
  for (std::size_t bit = 0; bit < wire.size() * 8; ++bit) {
    Buffer wrong = wire;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what =
        outcome(RealmDocument::parse(wrong, realm.realm(), realm.root.public_key()));
    const bool refused = what == Errc::realm_invalid || what == Errc::malformed ||
                         what == Errc::not_canonical || what == Errc::limit_exceeded;
    BOOST_TEST(refused, "bit " << bit << ": " << what);
  }
}

// Rules: R2.5, R2.6
BOOST_AUTO_TEST_CASE(is_refused_under_another_root_or_for_another_realm) {
  const TestRealm realm, impostor;
  const RootPublic root = realm.root.public_key();
  BOOST_TEST(outcome(RealmDocument::parse(impostor.signed_document(), realm.realm(), root)) ==
             Errc::realm_invalid);
  BOOST_TEST(outcome(RealmDocument::parse(realm.signed_document(), realm_of("OTHER"), root)) ==
             Errc::wrong_realm);
  BOOST_TEST(outcome(RealmDocument::parse({}, realm.realm(), root)) == Errc::malformed);
}

BOOST_AUTO_TEST_CASE(has_one_shape) {
  const TestRealm realm;
  BOOST_TEST(read_signed(realm, fields(8, "realm", 1).array(0).array(0).take()) == accepted);
  BOOST_TEST(read_signed(realm, fields(8, "tickets", 1).array(0).array(0).take()) ==
             Errc::malformed);
  BOOST_TEST(read_signed(realm, fields(8, "realm", 2).array(0).array(0).take()) ==
             Errc::bad_version);
  BOOST_TEST(read_signed(realm, fields(7, "realm", 1).array(0).take()) == Errc::malformed);
  BOOST_TEST(read_signed(realm, fields(9, "realm", 1).array(0).array(0).uint(1).take()) ==
             Errc::malformed);
}

// Rules: R2.3
BOOST_AUTO_TEST_CASE(lists_at_most_64_keys_of_a_kind) {
  TestRealm realm;
  auto epoch = realm.document.epochs.front();
  const auto read = [&] {
    return outcome(
        RealmDocument::parse(realm.signed_document(), realm.realm(), realm.root.public_key()));
  };
  for (std::uint32_t id = 2; id <= 64; ++id) {
    epoch.id = KeyId{id};
    realm.document.epochs.push_back(epoch);
  }
  BOOST_TEST(read() == accepted);
  epoch.id = KeyId{65};
  realm.document.epochs.push_back(epoch);
  BOOST_TEST(read() == Errc::limit_exceeded);
}

// Rules: R2.4
BOOST_AUTO_TEST_CASE(gives_a_number_to_one_key_of_a_kind) {
  TestRealm realm;
  const auto read = [&] {
    return outcome(
        RealmDocument::parse(realm.signed_document(), realm.realm(), realm.root.public_key()));
  };
  auto& signers = realm.document.signers;
  auto& epochs = realm.document.epochs;
  signers.push_back(signers.front());
  signers.back().from = signers.front().until;  // never both at once, and one of them not found
  signers.back().until = signers.front().until + 24h;
  BOOST_TEST(read() == Errc::malformed);
  signers.back().id = KeyId{2};
  BOOST_TEST(read() == accepted);
  epochs.push_back(epochs.front());
  BOOST_TEST(read() == Errc::malformed);
  epochs.back().id = KeyId{2};
  BOOST_TEST(read() == accepted);
}

BOOST_AUTO_TEST_CASE(opens_an_epoch_at_its_start_and_closes_it_at_its_end) {
  TestRealm realm;
  auto& epoch = realm.document.epochs.front();
  epoch.from = noon;
  epoch.until = noon + 60s;
  BOOST_TEST(realm.document.epoch_at(noon - 1s) == nullptr);
  BOOST_TEST(realm.document.epoch_at(noon) == &epoch);
  BOOST_TEST(realm.document.epoch_at(noon + 59s) == &epoch);
  BOOST_TEST(realm.document.epoch_at(noon + 60s) == nullptr);
}

BOOST_AUTO_TEST_CASE(offers_the_newest_of_the_open_epochs_wherever_it_stands) {
  TestRealm realm;
  auto& epochs = realm.document.epochs;
  const EpochPublic key = realm.epoch.public_key();
  epochs = {{KeyId{3}, key, noon + 1h, noon + 2h},
            {KeyId{2}, key, noon - 1h, noon + 1h},
            {KeyId{1}, key, noon - 2h, noon + 2h}};
  BOOST_TEST(realm.document.epoch_at(noon) == &epochs[1]);
  BOOST_TEST(realm.document.epoch_at(noon + 1h) == &epochs[0]);
  BOOST_TEST(realm.document.epoch_at(noon - 90min) == &epochs[2]);
  BOOST_TEST(realm.document.epoch(KeyId{3}) == &epochs[0]);
  BOOST_TEST(realm.document.epoch(KeyId{4}) == nullptr);
}

BOOST_AUTO_TEST_CASE(knows_a_signer_by_its_number_and_its_time) {
  TestRealm realm;
  auto& signer = realm.document.signers.front();
  signer.from = noon;
  signer.until = noon + 60s;
  BOOST_TEST(realm.document.signer(KeyId{1}, noon - 1s) == nullptr);
  BOOST_TEST(realm.document.signer(KeyId{1}, noon) == &signer);
  BOOST_TEST(realm.document.signer(KeyId{1}, noon + 59s) == &signer);
  BOOST_TEST(realm.document.signer(KeyId{1}, noon + 60s) == nullptr);
  BOOST_TEST(realm.document.signer(KeyId{2}, noon) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::realm_test
