#include "ticket/secret.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "ticket/keys.h"

namespace waybill::test::secret_test {
namespace {

bool all_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t b) { return b == 0; });
}

FixedBytes<32> filled(std::uint8_t with) {
  FixedBytes<32> out;
  out.fill(with);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_secret)

BOOST_AUTO_TEST_CASE(begins_as_zeros_and_holds_what_is_copied_in) {
  BOOST_TEST(all_zero(Secret<32>().expose()));
  const auto bytes = filled(7);
  BOOST_TEST(equal(Secret<32>::copy(bytes).expose(), bytes));
}

BOOST_AUTO_TEST_CASE(is_wiped_when_it_dies) {
  const std::uint8_t* slot = nullptr;
  {
    const auto bytes = filled(0xaa);
    const Secret<32> secret = Secret<32>::copy(bytes);
    slot = secret.expose().data();
    BOOST_TEST(slot[31] == 0xaa);
  }
  // The slot belongs to the arena, which keeps the link to the next free slot in its first bytes.
  BOOST_TEST(all_zero({slot + sizeof(void*), 32 - sizeof(void*)}));
}

BOOST_AUTO_TEST_CASE(is_wiped_when_something_moves_into_it_and_that_dies) {
  const std::uint8_t* slot = nullptr;
  {
    const auto bytes = filled(0xbb);
    Secret<32> secret = Secret<32>::copy(bytes);
    slot = secret.expose().data();
    secret = Secret<32>::random();
  }
  BOOST_TEST(all_zero({slot + sizeof(void*), 32 - sizeof(void*)}));
}

BOOST_AUTO_TEST_CASE(moves_without_a_second_copy) {
  const auto bytes = filled(3);
  Secret<32> first = Secret<32>::copy(bytes);
  const std::uint8_t* slot = first.expose().data();
  const Secret<32> second = std::move(first);
  BOOST_TEST(second.expose().data() == slot);
  BOOST_TEST(equal(second.expose(), bytes));
}

BOOST_AUTO_TEST_CASE(is_duplicated_into_another_slot) {
  const Secret<32> first = Secret<32>::random();
  const Secret<32> second = first.duplicate();
  BOOST_TEST((first == second));
  BOOST_TEST(first.expose().data() != second.expose().data());
}

BOOST_AUTO_TEST_CASE(equals_only_the_same_bytes) {
  const auto bytes = filled(1);
  const Secret<32> secret = Secret<32>::copy(bytes);
  for (std::size_t i = 0; i < 32; ++i) {
    auto other = bytes;
    other[i] ^= 0x80;
    BOOST_TEST(!(secret == Secret<32>::copy(other)), "byte " << i);
  }
  BOOST_TEST((secret == Secret<32>::copy(bytes)));
}

BOOST_AUTO_TEST_CASE(prints_as_hidden) {
  std::ostringstream out;
  out << Secret<32>::random();
  BOOST_TEST(out.str() == "[secret]");
}

BOOST_AUTO_TEST_CASE(is_random_when_asked) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const Secret<32> secret = Secret<32>::random();
    seen.emplace(text_of(secret.expose()));
  }
  BOOST_TEST(seen.size() == 100U);
}

BOOST_AUTO_TEST_CASE(has_an_arena_that_locks_its_pages_and_hands_out_each_slot_once) {
  BOOST_TEST(LockedArena::start());
  std::vector<Secret<64>> many;
  std::set<const std::uint8_t*> slots;
  for (int i = 0; i < 5000; ++i) {  // more than one region
    many.push_back(Secret<64>::random());
    BOOST_REQUIRE(slots.insert(many.back().expose().data()).second);
  }
}

BOOST_AUTO_TEST_CASE(can_be_made_and_dropped_by_many_threads) {
  std::atomic<int> wrong = 0;
  const auto work = [&](std::uint8_t mark) {
    for (int i = 0; i < 2000; ++i) {
      const auto bytes = filled(mark);
      const Secret<32> secret = Secret<32>::copy(bytes);
      const Secret<32> other = secret.duplicate();
      if (!equal(other.expose(), bytes)) ++wrong;
    }
  };
  std::thread one(work, std::uint8_t{1}), two(work, std::uint8_t{2});
  one.join();
  two.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_comparison_of_secrets)

BOOST_AUTO_TEST_CASE(wants_equal_lengths) {
  const Buffer a{1, 2, 3};
  BOOST_TEST(same_secret(a, a));
  BOOST_TEST(!same_secret(a, Bytes(a).first(2)));
  BOOST_TEST(!same_secret({}, a));
  BOOST_TEST(same_secret({}, {}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_buffer_with_a_secret)

BOOST_AUTO_TEST_CASE(is_wiped_at_the_end_of_the_scope) {
  Buffer buffer(64, 0xcc);
  {
    const WipeOnExit wiped(buffer);
    BOOST_TEST(buffer.front() == 0xcc);
  }
  BOOST_TEST(buffer.size() == 64U);
  BOOST_TEST(all_zero(buffer));
}

BOOST_AUTO_TEST_CASE(is_wiped_before_its_memory_is_given_back) {
  // The allocator's own step, seen from inside: what deallocate() gives back is zero already.
  Buffer memory(64, 0xdd);
  wipe(memory);
  BOOST_TEST(all_zero(memory));
  SecretBuffer secret = secret_copy(Buffer(64, 0xdd));
  secret.resize(4096, 0xdd);  // grows, so one block is given back here
  BOOST_TEST(secret.size() == 4096U);
  BOOST_TEST(secret[63] == 0xdd);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_key_pair)

BOOST_AUTO_TEST_CASE(has_the_same_public_half_when_it_is_duplicated) {
  const PrincipalKey key = PrincipalKey::random();
  BOOST_TEST((key.duplicate().public_key() == key.public_key()));
  BOOST_TEST(!(PrincipalKey::random().public_key() == key.public_key()));
}

BOOST_AUTO_TEST_CASE(for_signatures_is_kept_as_its_seed) {
  const RootKey key = RootKey::random();
  BOOST_TEST((RootKey::from_seed(key.seed()).public_key() == key.public_key()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::secret_test
