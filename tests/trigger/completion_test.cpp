#include <boost/test/unit_test.hpp>

#include "tests/trigger/engine_bench.h"
#include "trigger/kdc_link.h"

namespace waybill::test::completion_test {
namespace {

using trigger::KdcLink;

/// Each way in which work can end, from the moment at which a worker has it.
struct Ending {
  Status status;
  void (*bring_about)(EngineBench&, const Job&);
};

void let_attempts_fail(EngineBench& bench, const Job& first) {
  BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(first), "m", true)));
  for (int i = 0; i < 4; ++i) {
    bench.clock.advance(60s);
    const Job job = bench.leased();
    BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "m", true)));
  }
}

void fall_silent(EngineBench& bench, const Job&) {
  for (int i = 0; i < 5; ++i) {
    bench.clock.advance(100s);
    bench.engine().sweep();
    static_cast<void>(bench.engine().lease("queue-alice", 1, 0ms));
  }
  bench.clock.advance(100s);
  bench.engine().sweep();
}

const Ending endings[] = {
    {Status::completed,
     [](EngineBench& bench, const Job& job) {
       BOOST_TEST(
           bool(bench.engine().complete(EngineBench::holding(job), bench.result_of(job, "r"))));
     }},
    {Status::failed,
     [](EngineBench& bench, const Job& job) {
       BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "m", false)));
     }},
    {Status::refused,
     [](EngineBench& bench, const Job& job) {
       BOOST_TEST(
           bool(bench.engine().refuse(EngineBench::holding(job), {Errc::grant_missing, "m"})));
     }},
    {Status::cancelled,
     [](EngineBench& bench, const Job& job) {
       BOOST_TEST(bool(bench.engine().cancel(job.run.id)));
     }},
    {Status::dead, let_attempts_fail},
    {Status::dead, fall_silent},
    {Status::dead,
     [](EngineBench& bench, const Job& job) {  // nobody takes it again, and the sweep comes by
       BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "m", true)));
       bench.clock.set(noon + 7 * 24h);
       bench.engine().sweep();
     }},
    {Status::dead,
     [](EngineBench& bench, const Job& job) {  // and somebody asks for it before the sweep
       BOOST_TEST(bool(bench.engine().fail(EngineBench::holding(job), "m", true)));
       bench.clock.set(noon + 7 * 24h);
       BOOST_TEST(!bench.has_work());
     }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(work_that_ends)

// The note that the KDC is to be told is written with the end, so no crash comes between.
BOOST_AUTO_TEST_CASE(is_to_be_told_to_the_kdc_however_it_ends_and_whatever_dies) {
  for (const Ending& ending : endings) {
    BOOST_TEST_CONTEXT(name_of(ending.status)) {
      EngineBench bench;
      const Run run = bench.started("w-1");
      ending.bring_about(bench, bench.leased());
      BOOST_TEST_REQUIRE((bench.status(run) == ending.status));
      for (int i = 0; i < 2; ++i) {
        const auto owed = bench.engine().unreported({}, 9);
        BOOST_TEST_REQUIRE(owed.size() == 1U);
        BOOST_TEST((owed.front().run == run.id));
        BOOST_TEST((Evidence::decode(owed.front().evidence)->body.id == run.ticket));
        bench.open();
      }
      bench.engine().reported({run.id});
      bench.open();
      BOOST_TEST(bench.engine().unreported({}, 9).empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_told_again_until_the_kdc_has_spoken_about_it) {
  Workshop shop;
  KdcLink link({shop.clock,
                shop.identity(),
                shop.engine(),
                shop.kdc,
                shop.feed_sync(),
                "http://trigger.example",
                {},
                {}});
  Errand errand;
  errand.workflow_id = "w-1";
  BOOST_TEST(shop.submit("carol", errand).status == 202);
  BOOST_TEST(shop.ask("carol", "POST", "/v1/workflows/w-1/cancel").status == 200);
  // A single operation shares its answer with the call: what is said may be about the trigger.
  for (const Errc passing : {Errc::busy, Errc::internal, Errc::clock_skew, Errc::revoked,
                             Errc::wrong_instance, Errc::request_replayed, Errc::unknown_epoch,
                             Errc::ticket_expired, Errc::unknown_operation}) {
    shop.kdc.on_complete = [passing](const Body&) -> Checked { return Error{passing, "now"}; };
    link.report_ended();
    BOOST_TEST(shop.engine().counts().unreported == 1U, describe(passing).name);
  }
  shop.kdc.on_complete = {};
  link.report_ended();
  BOOST_TEST(shop.engine().counts().unreported == 0U);
  BOOST_TEST(shop.kdc.completed.count("w-1") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::completion_test
