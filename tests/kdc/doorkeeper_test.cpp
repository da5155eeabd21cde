#include "kdc/doorkeeper.h"

#include <array>

#include <boost/test/unit_test.hpp>

#include "ticket/crypto.h"

namespace waybill::test::doorkeeper_test {

using namespace waybill::kdc;
using namespace std::chrono_literals;

namespace {

constexpr Time start{Seconds(1'900'000'000)};

const Principal carol = *Principal::parse("carol@DEMO.TEST");

using enum LoginBackoff::Shown;

void fail(LoginBackoff& backoff, const std::string& name, int times, Time when) {
  for (int i = 0; i < times; ++i) BOOST_TEST(!backoff.judge(name, wrong_key, when));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_back_off_of_logins)

BOOST_AUTO_TEST_CASE(lets_the_right_key_in_after_four_failures) {
  LoginBackoff backoff;
  fail(backoff, "carol", 4, start);
  BOOST_TEST(backoff.judge("carol", right_key_now, start));
}

BOOST_AUTO_TEST_CASE(locks_for_a_second_after_the_fifth_failure) {
  LoginBackoff backoff;
  fail(backoff, "carol", 5, start);
  BOOST_TEST(!backoff.judge("carol", right_key_now, start));
  BOOST_TEST(backoff.judge("carol", right_key_now, start + 1s));
}

BOOST_AUTO_TEST_CASE(doubles_up_to_a_minute) {
  LoginBackoff backoff;
  fail(backoff, "carol", 5, start);
  Time when = start + 1s;
  for (const Seconds lock : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    fail(backoff, "carol", 1, when);
    BOOST_TEST(!backoff.judge("carol", right_key_now, when + lock - 1s));
    when += lock;
  }
  BOOST_TEST(backoff.judge("carol", right_key_now, when));
}

BOOST_AUTO_TEST_CASE(counts_nothing_while_the_lock_stands) {
  LoginBackoff backoff;
  fail(backoff, "carol", 5, start);
  fail(backoff, "carol", 1000, start);
  BOOST_TEST(backoff.judge("carol", right_key_now, start + 1s));
}

BOOST_AUTO_TEST_CASE(starts_anew_after_a_login) {
  LoginBackoff backoff;
  fail(backoff, "carol", 4, start);
  BOOST_TEST(backoff.judge("carol", right_key_now, start));
  fail(backoff, "carol", 4, start);
  BOOST_TEST(backoff.judge("carol", right_key_now, start));
}

BOOST_AUTO_TEST_CASE(is_not_ended_by_a_recorded_login) {
  LoginBackoff backoff;
  for (int i = 0; i < 5; ++i) {
    fail(backoff, "carol", 1, start);
    BOOST_TEST(backoff.judge("carol", right_key_before, start) == (i < 4));
  }
  BOOST_TEST(!backoff.judge("carol", right_key_now, start));
}

BOOST_AUTO_TEST_CASE(keeps_names_apart) {
  LoginBackoff backoff;
  fail(backoff, "carol", 50, start);
  BOOST_TEST(backoff.judge("dave", right_key_now, start));
}

BOOST_AUTO_TEST_CASE(forgets_the_oldest_names_beyond_its_bound) {
  LoginBackoff backoff(4);
  fail(backoff, "carol", 5, start);
  BOOST_TEST(!backoff.judge("carol", right_key_now, start));
  for (int i = 0; i < 12; ++i) fail(backoff, "other" + std::to_string(i), 1, start);
  BOOST_TEST(backoff.judge("carol", right_key_now, start));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_lock_outs_of_a_name)

BOOST_AUTO_TEST_CASE(are_told_with_what_was_counted) {
  Lockouts lockouts;
  BOOST_TEST(lockouts.standing("carol").strangers.failures == 0U);
  for (int i = 0; i < 6; ++i) (void)lockouts.judge({"carol"}, wrong_key, start + Seconds(i * 2));
  for (int i = 0; i < 2; ++i) (void)lockouts.judge({"carol", "aa"}, wrong_key, start);
  const auto standing = lockouts.standing("carol");
  BOOST_TEST(standing.strangers.failures == 6U);
  BOOST_TEST((standing.strangers.locked_until == start + 12s));
  BOOST_TEST(standing.known.failures == 2U);
  BOOST_TEST(lockouts.standing("dave").strangers.failures == 0U);
}

BOOST_AUTO_TEST_CASE(are_lifted_for_strangers_and_for_every_earlier_tgt) {
  Lockouts lockouts;
  const std::array<Lockouts::Who, 3> all{{{"carol"}, {"carol", "aa"}, {"carol", "bb"}}};
  for (int round = 0; round < 3; ++round) {
    for (const auto& who : all) {
      for (int i = 0; i < 5; ++i) BOOST_TEST(!lockouts.judge(who, wrong_key, start));
      BOOST_TEST(!lockouts.judge(who, right_key_now, start));
    }
    lockouts.lift("carol");
    BOOST_TEST(lockouts.standing("carol").strangers.failures == 0U);
    BOOST_TEST(lockouts.standing("carol").known.failures == 0U);
    for (const auto& who : all) BOOST_TEST(lockouts.judge(who, right_key_now, start));
  }
}

BOOST_AUTO_TEST_CASE(of_one_name_are_lifted_and_no_other) {
  Lockouts lockouts;
  for (int i = 0; i < 5; ++i) {
    (void)lockouts.judge({"carol"}, wrong_key, start);
    (void)lockouts.judge({"dave"}, wrong_key, start);
  }
  lockouts.lift("carol");
  BOOST_TEST(lockouts.judge({"carol"}, right_key_now, start));
  BOOST_TEST(!lockouts.judge({"dave"}, right_key_now, start));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_budget_for_refusals_of_strangers)

BOOST_AUTO_TEST_CASE(takes_a_burst_and_then_leaves_out) {
  StrangerBudget budget;
  for (std::uint64_t i = 0; i < StrangerBudget::burst; ++i) {
    BOOST_TEST(budget.take(start).value() == 0U);
  }
  BOOST_TEST(!budget.take(start));
  BOOST_TEST(!budget.take(start));
}

BOOST_AUTO_TEST_CASE(says_with_the_next_one_how_many_were_left_out) {
  StrangerBudget budget;
  for (std::uint64_t i = 0; i < StrangerBudget::burst + 7; ++i) (void)budget.take(start);
  BOOST_TEST(budget.take(start + 1s).value() == 7U);
  BOOST_TEST(budget.take(start + 1s).value() == 0U);
}

BOOST_AUTO_TEST_CASE(refills_by_five_a_second_and_never_beyond_the_burst) {
  StrangerBudget budget;
  const auto taken_at = [&](Time when) {
    int taken = 0;
    for (int i = 0; i < 1000; ++i) taken += budget.take(when) ? 1 : 0;
    return taken;
  };
  BOOST_TEST(taken_at(start) == 100);
  BOOST_TEST(taken_at(start + 2s) == 10);
  BOOST_TEST(taken_at(start + 24h) == 100);
}

BOOST_AUTO_TEST_CASE(gives_nothing_for_a_clock_that_went_back) {
  StrangerBudget budget;
  for (int i = 0; i < 200; ++i) (void)budget.take(start);
  BOOST_TEST(!budget.take(start - 1h));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_memory_of_logins)

BOOST_AUTO_TEST_CASE(refuses_an_ephemeral_key_within_the_window) {
  SeenLogins seen;
  const auto message = random_bytes<200>();
  BOOST_TEST(bool(seen.first_use(carol, message, start)));
  BOOST_TEST((seen.first_use(carol, message, start + 239s).error().code == Errc::request_replayed));
}

BOOST_AUTO_TEST_CASE(takes_another_ephemeral_key_with_the_same_rest) {
  SeenLogins seen;
  auto message = random_bytes<200>();
  for (std::size_t i = 0; i < 32; ++i) {
    message[i] ^= 1U;
    BOOST_TEST(bool(seen.first_use(carol, message, start)));
  }
}

BOOST_AUTO_TEST_CASE(is_filled_by_one_principal_for_that_principal_alone) {
  SeenLogins seen(100);
  const Principal dave = *Principal::parse("dave@DEMO.TEST");
  int passed = 0;
  while (seen.first_use(carol, random_bytes<100>(), start)) ++passed;
  BOOST_TEST(passed == 20);
  BOOST_TEST((seen.first_use(carol, random_bytes<100>(), start).error().code == Errc::busy));
  BOOST_TEST(bool(seen.first_use(dave, random_bytes<100>(), start)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::doorkeeper_test
