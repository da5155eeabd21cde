#include "worker/readiness.h"

#include <boost/test/unit_test.hpp>

#include "tests/worker/workplace.h"

namespace waybill::test::readiness_test {
namespace {

using namespace waybill::worker;

struct Fixture : Workplace {
  Dispatcher dispatcher{{worker, source, leases}, {.once = true}};
  const Observed observed{dispatcher, leases, desk.revocations, clock};

  // The number at the end of the first line that begins so.
  static double counted(const std::string& row) {
    const std::string text = metrics().text();
    const std::size_t at = text.find("\n" + row + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + row.size() + 2));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_worker_is_ready, Fixture)

BOOST_AUTO_TEST_CASE(while_its_feed_is_fresh) {
  BOOST_TEST(lacks(observed).empty());
  clock.set(noon + limits::default_staleness);
  BOOST_TEST(lacks(observed).empty());
  clock.advance(1s);
  BOOST_TEST_REQUIRE(lacks(observed).size() == 1U);
  BOOST_TEST(lacks(observed).front().find("too old") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_worker_counts, Fixture)

BOOST_AUTO_TEST_CASE(the_leases_that_it_holds) {
  Stop stop;
  const auto leases_now = [this] { return figures(observed).front().value; };
  BOOST_TEST(leases_now() == 0);
  {
    const LeaseKeeper::Held held(leases, {"run-1", "00ff", 30s}, stop);
    BOOST_TEST(leases_now() == 1);
  }
  BOOST_TEST(leases_now() == 0);
}

BOOST_AUTO_TEST_CASE(each_check_and_each_handler) {
  describe_metrics();
  const char* checks = R"(waybill_operation_seconds_count{operation="verify"})";
  const char* handled = R"(waybill_operation_seconds_count{operation="handler"})";
  const double checks_before = counted(checks);
  const double handled_before = counted(handled);
  BOOST_TEST((worker.work_on(leased(desk.job())) == Worker::End::completed));
  Job flipped = desk.job();
  flipped.ticket.back() ^= 1;
  BOOST_TEST((worker.work_on(leased(flipped)) == Worker::End::refused));
  BOOST_TEST(counted(checks) == checks_before + 2);
  BOOST_TEST(counted(handled) == handled_before + 1);
  const std::string text = metrics().text();
  const bool with_its_code =
      text.find(R"(operation="verify",code="WB-SEAL-INTEGRITY"} )") != std::string::npos ||
      text.find(R"(code="WB-SEAL-INTEGRITY",operation="verify"} )") != std::string::npos;
  BOOST_TEST(with_its_code);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::readiness_test
