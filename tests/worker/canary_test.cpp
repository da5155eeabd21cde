#include "worker/canary.h"

#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"

namespace waybill::test::canary_test {
namespace {

using namespace worker;
namespace bdata = boost::unit_test::data;

struct Cage {
  Desk desk;
  Keytab keytab = desk.realm.keytab("queue-alice");
  CanaryReport with(const CanaryJudge& judge) {
    return run_canary(keytab, desk.realm.document, noon, judge);
  }
};

bool is_about(const CanaryReport& report, std::string_view name) {
  return std::ranges::any_of(report.faults,
                             [&](const CanaryFault& fault) { return fault.name == name; });
}

/// A verifier that has lost one of its checks.
CanaryJudge without(Errc lost) {
  return [lost](const CanarySetting& setting, const Job& job, std::span<const std::string> needed,
                Time now) -> Checked {
    const Checked real = judge_by_verifier(setting, job, needed, now);
    return !real && real.error().code == lost ? ok() : real;
  };
}

const Errc checks[] = {
    Errc::malformed,      Errc::wrong_audience, Errc::bad_integrity,       Errc::session_mismatch,
    Errc::unknown_signer, Errc::bad_proof,      Errc::not_yet_valid,       Errc::ticket_expired,
    Errc::wrong_workflow, Errc::wrong_input,    Errc::wrong_workflow_type, Errc::start_too_late,
    Errc::feed_stale,     Errc::revoked,        Errc::ticket_reused,       Errc::action_denied,
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_canary, Cage)

BOOST_AUTO_TEST_CASE(lives_with_the_verifier_as_it_is) {
  const CanaryReport report = with(judge_by_verifier);
  BOOST_TEST(report.cases > std::size(checks));
  for (const CanaryFault& fault : report.faults) BOOST_ERROR(fault.sentence());
}

BOOST_DATA_TEST_CASE(dies_of_each_check_that_is_lost, bdata::make(checks), lost) {
  const CanaryReport report = with(without(lost));
  BOOST_TEST_REQUIRE(!report.faults.empty());
  for (const CanaryFault& fault : report.faults) {
    BOOST_TEST(bool(fault.got));
    BOOST_TEST(fault.sentence() ==
               fault.name + ": must be " + std::string(describe(lost).name) + ", was accepted");
  }
}

BOOST_AUTO_TEST_CASE(dies_of_a_verifier_that_refuses_everything) {
  const CanaryReport report =
      with([](const CanarySetting&, const Job&, std::span<const std::string>, Time) -> Checked {
        return Error{Errc::bad_integrity, "all"};
      });
  BOOST_TEST(is_about(report, "a good ticket"));
}

BOOST_AUTO_TEST_CASE(tries_each_key_of_the_keytab_under_each_signer_of_the_realm) {
  keytab.add({Kvno{2}, noon, PrincipalKey::random()});
  const std::size_t before = run_canary(desk.realm.keytab("queue-alice"), desk.realm.document, noon,
                                        without(Errc::bad_proof))
                                 .faults.size();
  const CanaryReport report = with(without(Errc::bad_proof));
  BOOST_TEST(is_about(report, "made by the holder of this queue's key"));
  BOOST_TEST(report.faults.size() > before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::canary_test
