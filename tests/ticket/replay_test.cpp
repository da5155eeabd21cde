#include "ticket/exchange/replay.h"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace waybill::test::replay_test {
namespace {

constexpr Seconds window = limits::replay_window;
const TicketId one{1}, two{2};
const Principal carol = principal_of("carol@DEMO.TEST");
const Principal dave = principal_of("dave@DEMO.TEST");

Principal somebody(std::uint64_t n) {
  return principal_of("user" + std::to_string(n) + "@DEMO.TEST");
}

FixedBytes<16> nonce(std::uint64_t n) {
  FixedBytes<16> out{};
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return out;
}

// Uses other nonces until it is refused; how many passed.
std::uint64_t fill(ReplayCache& cache, const Principal& holder, const TicketId& ticket, Time now) {
  std::uint64_t passed = 0;
  for (;; ++passed) {
    const auto used = cache.first_use(holder, ticket, nonce(passed), now);
    if (used) continue;
    BOOST_TEST(outcome(used) == Errc::busy);
    return passed;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_replay_cache)

// Rules: R5.18
BOOST_AUTO_TEST_CASE(lets_the_same_use_pass_once) {
  ReplayCache cache;
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), noon)) == accepted);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), noon)) == Errc::request_replayed);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), noon + 1s)) == Errc::request_replayed);
}

BOOST_AUTO_TEST_CASE(tells_tickets_and_nonces_apart) {
  ReplayCache cache;
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), noon)) == accepted);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(2), noon)) == accepted);
  BOOST_TEST(outcome(cache.first_use(carol, two, nonce(1), noon)) == accepted);
  BOOST_TEST(outcome(cache.first_use(carol, two, nonce(1), noon)) == Errc::request_replayed);
}

BOOST_AUTO_TEST_CASE(remembers_for_a_whole_window_whenever_the_use_was) {
  // An authenticator that is early by the skew can come again until it is late by the skew.
  for (Seconds start = 0s; start < 3 * window; start += 7s) {
    ReplayCache cache;
    BOOST_REQUIRE(bool(cache.first_use(carol, two, nonce(0), noon)));  // starts a generation
    const Time used = noon + start;
    BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(1), used)));
    for (Seconds later = 0s; later <= window; later += 5s) {
      BOOST_TEST(
          outcome(cache.first_use(carol, one, nonce(1), used + later)) == Errc::request_replayed,
          start.count() << " + " << later.count());
    }
  }
}

BOOST_AUTO_TEST_CASE(remembers_across_the_turn_of_a_generation_under_load) {
  ReplayCache cache;
  std::uint64_t n = 1000;
  BOOST_REQUIRE(bool(cache.first_use(carol, two, nonce(n++), noon)));
  BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(1), noon + window - 1s)));
  for (Seconds later = 0s; later < window; later += 1s) {
    const Time now = noon + window + later;
    BOOST_REQUIRE(bool(cache.first_use(carol, two, nonce(n++), now)));
    if (now <= noon + window - 1s + window) {
      BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), now)) == Errc::request_replayed);
    }
  }
}

BOOST_AUTO_TEST_CASE(forgets_after_two_windows) {
  ReplayCache cache;
  BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(1), noon)));
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), noon + 2 * window)) == accepted);
}

// Rules: R5.20
BOOST_AUTO_TEST_CASE(refuses_a_holder_whose_share_is_used_until_the_window_has_passed) {
  ReplayCache cache(15);
  BOOST_TEST(fill(cache, carol, one, noon) == 3U);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(0), noon)) == Errc::request_replayed);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(3), noon + window - 1s)) == Errc::busy);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(3), noon + window)) == accepted);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(0), noon + window)) ==
             Errc::request_replayed);
}

BOOST_AUTO_TEST_CASE(lets_a_holder_lock_out_itself_alone) {
  ReplayCache cache(1000);
  BOOST_TEST(fill(cache, carol, one, noon) == 200U);
  for (std::uint64_t i = 0; i < 160; ++i) {
    BOOST_TEST(outcome(cache.first_use(dave, two, nonce(i), noon)) == accepted);
  }
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(500), noon)) == Errc::busy);
}

BOOST_AUTO_TEST_CASE(gives_no_holder_a_second_share_for_a_second_ticket) {
  ReplayCache cache(1000);
  fill(cache, carol, one, noon);
  for (std::uint8_t i = 2; i < 100; ++i) {
    BOOST_TEST(outcome(cache.first_use(carol, TicketId{i}, nonce(1), noon)) == Errc::busy);
  }
  BOOST_TEST(outcome(cache.first_use(dave, two, nonce(1), noon)) == accepted);
}

BOOST_AUTO_TEST_CASE(tells_holders_apart_that_differ_in_the_realm_alone) {
  ReplayCache cache(1000);
  fill(cache, carol, one, noon);
  BOOST_TEST(outcome(cache.first_use(principal_of("carol@OTHER"), two, nonce(1), noon)) ==
             accepted);
}

BOOST_AUTO_TEST_CASE(has_room_for_a_newcomer_after_ten_holders_took_what_they_could) {
  ReplayCache cache(10'000);
  for (std::uint64_t i = 0; i < 10; ++i) fill(cache, somebody(i), one, noon);
  BOOST_TEST(fill(cache, carol, two, noon) >= 200U);
}

BOOST_AUTO_TEST_CASE(never_holds_more_than_its_bound_in_a_window) {
  ReplayCache cache(500);
  std::uint64_t held = 0;
  for (std::uint64_t i = 0; i < 200; ++i) held += fill(cache, somebody(i), one, noon);
  BOOST_TEST(held > 490U);
  BOOST_TEST(held <= 500U);
  BOOST_TEST(outcome(cache.first_use(carol, two, nonce(1), noon)) == Errc::busy);
  BOOST_TEST(outcome(cache.first_use(somebody(0), one, nonce(0), noon)) == Errc::request_replayed);
  BOOST_TEST(outcome(cache.first_use(carol, two, nonce(1), noon + window)) == accepted);
}

BOOST_AUTO_TEST_CASE(forgets_nothing_when_the_clock_steps_back) {
  ReplayCache cache;
  BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(1), noon)));
  BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(2), noon + window)));  // a new generation
  for (const Seconds back : {1s, 30s, 119s, 239s}) {
    const Time now = noon + window - back;
    BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), now)) == Errc::request_replayed);
    BOOST_TEST(outcome(cache.first_use(carol, one, nonce(2), now)) == Errc::request_replayed);
  }
}

BOOST_AUTO_TEST_CASE(refuses_everything_while_the_clock_is_a_window_behind_itself) {
  ReplayCache cache;
  BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(1), noon)));
  BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(2), noon + 24h)));  // forgets the first use
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(1), noon)) == Errc::clock_skew);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(3), noon)) == Errc::clock_skew);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(3), noon + 24h - window)) ==
             Errc::clock_skew);
  BOOST_TEST(outcome(cache.first_use(carol, one, nonce(3), noon + 24h - window + 1s)) == accepted);
}

// Rules: R5.19
BOOST_AUTO_TEST_CASE(lets_nothing_that_it_forgot_pass_again_when_the_clock_steps_back) {
  // An authenticator that was early by the skew is in time for a whole window after its use.
  for (const Seconds used : {0s, 1s, 100s, 239s}) {
    for (const bool idle : {false, true}) {
      ReplayCache cache;
      BOOST_REQUIRE(bool(cache.first_use(carol, two, nonce(0), noon)));  // starts a generation
      BOOST_REQUIRE(bool(cache.first_use(carol, one, nonce(1), noon + used)));
      if (!idle) BOOST_REQUIRE(bool(cache.first_use(carol, two, nonce(1), noon + window)));
      const Time forgotten = noon + 2 * window;
      BOOST_REQUIRE(bool(cache.first_use(carol, two, nonce(2), forgotten)));
      for (Time now = noon + used + 1s; now <= noon + used + window; now += 1s) {
        BOOST_TEST(!bool(cache.first_use(carol, one, nonce(1), now)),
                   used.count() << " + " << (now - noon - used).count());
      }
      BOOST_TEST(outcome(cache.first_use(carol, two, nonce(3), forgotten)) == accepted);
    }
  }
}

BOOST_AUTO_TEST_CASE(lets_one_of_many_threads_pass) {
  ReplayCache cache;
  std::atomic<int> passed = 0;
  const auto use_all = [&] {
    for (std::uint64_t i = 0; i < 5000; ++i) {
      if (cache.first_use(carol, one, nonce(i), noon)) ++passed;
    }
  };
  std::thread a(use_all), b(use_all);
  a.join();
  b.join();
  BOOST_TEST(passed == 5000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::replay_test
