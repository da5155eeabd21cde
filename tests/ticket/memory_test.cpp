#include "ticket/exchange/memory.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace waybill::test::memory_test {

BOOST_AUTO_TEST_SUITE(a_memory)

BOOST_AUTO_TEST_CASE(knows_what_it_was_told_and_nothing_else) {
  Memory<std::string, int> memory(4);
  memory.remember("one", 1);
  int seen = 0;
  BOOST_TEST(memory.with("one", [&](int value) { seen = value; }));
  BOOST_TEST(seen == 1);
  BOOST_TEST(!memory.with("two", [&](int value) { seen = value; }));
  BOOST_TEST(seen == 1);
}

BOOST_AUTO_TEST_CASE(takes_the_newer_value) {
  Memory<std::string, int> memory(4);
  memory.remember("one", 1);
  memory.remember("one", 2);
  int seen = 0;
  memory.with("one", [&](int value) { seen = value; });
  BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(never_holds_more_than_two_generations) {
  Memory<int, int> memory(8);
  for (int i = 0; i < 1000; ++i) memory.remember(i, i);
  int known = 0;
  for (int i = 0; i < 1000; ++i) {
    if (memory.knows(i)) ++known;
  }
  BOOST_TEST(known >= 1);
  BOOST_TEST(known <= 16);
}

BOOST_AUTO_TEST_CASE(keeps_what_is_used_and_forgets_what_is_not) {
  Memory<int, int> memory(8);
  memory.remember(-1, 0);
  memory.remember(-2, 0);
  for (int i = 0; i < 100; ++i) {
    memory.remember(i, i);
    BOOST_REQUIRE_MESSAGE(memory.knows(-1), "forgotten after " << i);
  }
  BOOST_TEST(!memory.knows(-2));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::memory_test
