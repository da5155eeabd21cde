#include "ticket/records.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"

namespace waybill::test::records_test {
namespace {

const Bytes key = bytes_of("carol"), value = bytes_of("a public key and a kvno");

}  // namespace

BOOST_AUTO_TEST_SUITE(a_stored_record)

BOOST_AUTO_TEST_CASE(is_believed_where_it_was_put) {
  const RecordGuard guard(MasterKey::random());
  const Buffer stored = guard.protect("principals", key, value);
  BOOST_TEST(stored.size() == value.size() + 32);
  const auto read = guard.check("principals", key, stored);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(equal(*read, value));
}

// Rules: R10.4
BOOST_AUTO_TEST_CASE(is_not_believed_anywhere_else) {
  const RecordGuard guard(MasterKey::random());
  const Buffer stored = guard.protect("principals", key, value);
  BOOST_TEST(outcome(guard.check("principal", key, stored)) == Errc::bad_integrity);
  BOOST_TEST(outcome(guard.check("queues", key, stored)) == Errc::bad_integrity);
  BOOST_TEST(outcome(guard.check("", key, stored)) == Errc::bad_integrity);
  BOOST_TEST(outcome(guard.check("principals", bytes_of("dave"), stored)) == Errc::bad_integrity);
  BOOST_TEST(outcome(guard.check("principals", {}, stored)) == Errc::bad_integrity);
  // A letter moved from the table's name to the key.
  BOOST_TEST(outcome(guard.check("principal", bytes_of("scarol"), stored)) == Errc::bad_integrity);
}

// Rules: R10.4
BOOST_AUTO_TEST_CASE(is_not_believed_when_it_was_altered) {
  const RecordGuard guard(MasterKey::random());
  const Buffer stored = guard.protect("principals", key, value);
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    Buffer wrong = stored;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    BOOST_TEST(outcome(guard.check("principals", key, wrong)) == Errc::bad_integrity, bit);
  }
}

BOOST_AUTO_TEST_CASE(is_not_believed_when_it_is_cut_or_longer) {
  const RecordGuard guard(MasterKey::random());
  Buffer stored = guard.protect("principals", key, value);
  for (std::size_t size = 0; size < stored.size(); ++size) {
    BOOST_TEST(
        outcome(guard.check("principals", key, Bytes(stored).first(size))) == Errc::bad_integrity,
        size);
  }
  stored.insert(stored.begin(), 0);
  BOOST_TEST(outcome(guard.check("principals", key, stored)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(of_another_store_is_not_believed) {
  const RecordGuard guard(MasterKey::random()), other(MasterKey::random());
  BOOST_TEST(outcome(other.check("principals", key, guard.protect("principals", key, value))) ==
             Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(may_be_empty) {
  const RecordGuard guard(MasterKey::random());
  const auto read = guard.check("t", {}, guard.protect("t", {}, {}));
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(read->empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_wrapped_secret)

// Rules: R10.5
BOOST_AUTO_TEST_CASE(opens_under_its_own_name_alone) {
  const RecordGuard guard(MasterKey::random());
  const Buffer wrapped = guard.wrap("epoch 1", bytes_of("secret"));
  const auto read = guard.unwrap("epoch 1", wrapped);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(text_of(*read) == "secret");
  for (const char* name : {"", "epoch", "epoch 2", "epoch 1 ", "signer 1"}) {
    BOOST_TEST(outcome(guard.unwrap(name, wrapped)) == Errc::bad_integrity, name);
  }
  const RecordGuard other(MasterKey::random());
  BOOST_TEST(outcome(other.unwrap("epoch 1", wrapped)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(does_not_open_when_it_was_changed) {
  const RecordGuard guard(MasterKey::random());
  const Buffer wrapped = guard.wrap("epoch 1", bytes_of("secret"));
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    Buffer wrong = wrapped;
    wrong[i] ^= 0x80;
    BOOST_TEST(outcome(guard.unwrap("epoch 1", wrong)) == Errc::bad_integrity, i);
    BOOST_TEST(outcome(guard.unwrap("epoch 1", Bytes(wrapped).first(i))) == Errc::bad_integrity, i);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::records_test
