// A worker that is held up between two steps, while its host goes on (specs/protocol.md 4, 14).
#include <functional>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"

namespace waybill::test::held_up_test {
namespace {

using worker::Job;
using worker::Step;

/// What happens meanwhile happens once, before the first lookup or the first pin.
struct SlowRevocations final : worker::Revocations {
  explicit SlowRevocations(const worker::Revocations& table) : real(table) {}
  Head head() const override { return real.head(); }
  bool concerns(const Body& body) const override {
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    return real.concerns(body);
  }
  const worker::Revocations& real;
  mutable std::function<void()> meanwhile;
};
struct SlowUses final : worker::Uses {
  explicit SlowUses(worker::Uses& table) : real(table) {}
  Checked pin(const TicketId& ticket, std::string_view run_chain, Time keep_until) override {
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    return real.pin(ticket, run_chain, keep_until);
  }
  worker::Uses& real;
  std::function<void()> meanwhile;
};

struct SlowWorker {
  Desk desk;
  SlowRevocations revocations{desk.revocations};
  SlowUses uses{desk.uses};
  worker::Verifier verifier{desk.audience, revocations, uses};
  static constexpr auto end = noon + 60s;

  Body body() {
    Body body = desk.body();
    body.run_until = body.renew_until = end;
    return body;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_worker_that_is_held_up)

// Rules: R4.32
BOOST_FIXTURE_TEST_CASE(does_no_work_whose_pin_by_another_run_was_forgotten_meanwhile, SlowWorker) {
  Job job = desk.job(body());
  uses.meanwhile = [&] {
    Job other = job;
    other.run_chain = "run-2";
    BOOST_TEST(desk.judge(other) == accepted);
    BOOST_TEST(desk.hear(end) == accepted);
    BOOST_TEST(desk.uses.sweep(end, 10) == 1U);
  };
  const auto verdict = verifier.verify(job, {}, noon + 2s);
  BOOST_TEST(outcome(verdict.result) == Errc::ticket_expired);
  BOOST_TEST((verdict.step == Step::first_use));
}

BOOST_FIXTURE_TEST_CASE(does_no_work_whose_revocation_was_forgotten_meanwhile, SlowWorker) {
  const Body wanted = body();
  const Job job = desk.job(wanted);
  desk.feed.revoke(RevokedBy::ticket, value_of(wanted.id));
  desk.feed.entries.back().matters_until = end;
  BOOST_TEST(desk.hear(noon + 1s) == accepted);
  BOOST_TEST(desk.judge(job) == Errc::revoked);
  revocations.meanwhile = [&] {
    BOOST_TEST(desk.hear(end) == accepted);
    while (desk.mirror.count() > 0) BOOST_TEST_REQUIRE(desk.mirror.sweep(10) > 0U);
  };
  BOOST_TEST(outcome(verifier.verify(job, {}, noon + 2s).result) == Errc::ticket_expired);
}

BOOST_FIXTURE_TEST_CASE(does_its_work_while_the_ticket_lasts, SlowWorker) {
  uses.meanwhile = [&] { BOOST_TEST(desk.hear(end - 1s) == accepted); };
  BOOST_TEST(outcome(verifier.verify(desk.job(body()), {}, noon + 2s).result) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::held_up_test
