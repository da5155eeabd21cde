#include "worker/leases.h"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/worker/scripted_source.h"

namespace waybill::test::leases_test {
namespace {

using worker::Lease;
using worker::LeaseKeeper;
using worker::Stop;

const Lease lease{"run-1", "00ff", 1s};  // a heartbeat every half second, the shortest there is

template <class Condition>
bool comes(Condition condition, std::chrono::milliseconds patience = 5s) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
  return condition();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_lease, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(is_kept_alive_for_as_long_as_it_is_held) {
  ScriptedSource source;
  LeaseKeeper keeper(source);
  Stop stop;
  {
    const LeaseKeeper::Held held(keeper, lease, stop);
    BOOST_TEST(source.beats() == 0);
    BOOST_TEST(comes([&] { return source.beats() >= 3; }));
  }
  const int beats = source.beats();
  std::this_thread::sleep_for(700ms);
  BOOST_TEST(source.beats() == beats);
  BOOST_TEST(!stop.is_requested());
}

BOOST_AUTO_TEST_CASE(that_is_over_stops_its_job) {
  for (const Errc code : {Errc::lease_lost, Errc::already_ended, Errc::not_owner}) {
    ScriptedSource source;
    source.answer_heartbeats_with(code);
    LeaseKeeper keeper(source);
    Stop stop;
    const LeaseKeeper::Held held(keeper, lease, stop);
    BOOST_TEST(comes([&] { return stop.is_requested(); }));
    BOOST_TEST((stop.reason() == Stop::Reason::lease_lost));
    std::this_thread::sleep_for(600ms);
    BOOST_TEST(source.beats() == 1);  // nobody asks for it any more
  }
}

BOOST_AUTO_TEST_CASE(survives_a_scheduler_that_is_away_for_a_while) {
  ScriptedSource source;
  source.be_away(2);
  LeaseKeeper keeper(source);
  Stop stop;
  const LeaseKeeper::Held held(keeper, lease, stop);
  BOOST_TEST(comes([&] { return source.beats() >= 1; }));
  BOOST_TEST(!stop.is_requested());
}

BOOST_AUTO_TEST_CASE(survives_a_refusal_that_may_be_mended) {
  ScriptedSource source;
  source.answer_heartbeats_with(Errc::ticket_expired);  // of the worker's own ticket
  LeaseKeeper keeper(source);
  Stop stop;
  const LeaseKeeper::Held held(keeper, lease, stop);
  BOOST_TEST(comes([&] { return source.beats() >= 2; }));
  BOOST_TEST(!stop.is_requested());
}

BOOST_AUTO_TEST_CASE(tells_of_a_renewal_at_once_and_once) {
  ScriptedSource source;
  LeaseKeeper keeper(source);
  Stop stop;
  LeaseKeeper::Held held(keeper, {"run-1", "00ff", 60s}, stop);  // no heartbeat is due for long
  held.tell(Buffer{1});
  BOOST_TEST(source.told(1).size() == 1U);
  held.tell(Buffer{2});
  BOOST_TEST(source.told(2).size() == 2U);
  std::this_thread::sleep_for(300ms);
  BOOST_TEST(source.told(2) == (std::vector<Buffer>{{1}, {2}}));
  BOOST_TEST(source.beats() == 2);
}

BOOST_AUTO_TEST_CASE(is_kept_although_evidence_is_refused_and_tells_it_again) {
  ScriptedSource source;
  source.answer_evidence_with(Errc::unknown_signer);  // until it has the new realm document
  LeaseKeeper keeper(source);
  Stop stop;
  LeaseKeeper::Held held(keeper, lease, stop);
  held.tell(Buffer{1});
  BOOST_TEST(source.told(2).size() >= 2U);
  BOOST_TEST(source.beats() >= 3);  // one without it in between
  BOOST_TEST(!stop.is_requested());
  source.answer_evidence_with(ok());
  const std::size_t told = source.told(3).size();
  const int beats = source.beats();
  BOOST_TEST(comes([&] { return source.beats() >= beats + 3; }));
  BOOST_TEST(source.told(1).size() <= told + 1);
}

BOOST_AUTO_TEST_CASE(that_is_over_stops_its_job_also_when_a_renewal_is_told) {
  ScriptedSource source;
  source.answer_evidence_with(Errc::already_ended);
  LeaseKeeper keeper(source);
  Stop stop;
  LeaseKeeper::Held held(keeper, lease, stop);
  held.tell(Buffer{1});
  BOOST_TEST(comes([&] { return stop.is_requested(); }));
  held.tell(Buffer{2});  // nobody wants it any more
  std::this_thread::sleep_for(200ms);
  BOOST_TEST(source.told(1).size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_one_of_many_that_are_kept_apart) {
  ScriptedSource source;
  LeaseKeeper keeper(source);
  Stop first;
  Stop second;
  const LeaseKeeper::Held kept(keeper, lease, first);
  { const LeaseKeeper::Held gone(keeper, {"run-2", "aa", 1s}, second); }
  BOOST_TEST(comes([&] { return source.beats() >= 2; }));
  keeper.stop_all();
  BOOST_TEST((first.reason() == Stop::Reason::shutdown));
  BOOST_TEST(!second.is_requested());
  Stop later;
  const LeaseKeeper::Held late(keeper, {"run-3", "bb", 1s}, later);
  BOOST_TEST((later.reason() == Stop::Reason::shutdown));
}

BOOST_AUTO_TEST_CASE(is_stopped_for_the_first_reason_that_comes) {
  Stop stop;
  BOOST_TEST((stop.reason() == Stop::Reason::none));
  stop.request(Stop::Reason::lease_lost);
  stop.request(Stop::Reason::shutdown);
  BOOST_TEST((stop.reason() == Stop::Reason::lease_lost));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::leases_test
