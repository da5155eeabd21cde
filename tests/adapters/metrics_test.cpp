#include "ticket/adapters/metrics.h"

#include <array>
#include <thread>

#include <boost/test/unit_test.hpp>

namespace waybill::test::metrics_test {
namespace {

using namespace std::chrono_literals;
using Outcome = Metrics::Outcome;

constexpr std::array<std::string_view, 1> measured{"submit"};

struct Fixture {
  Fixture() { metrics.describe("waybill-test", measured); }
  Metrics metrics;

  bool says(std::string_view line) const {
    const std::string text = "\n" + metrics.text();
    return text.find("\n" + std::string(line) + "\n") != std::string::npos;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(what_a_daemon_counts, Fixture)

BOOST_AUTO_TEST_CASE(has_a_row_for_each_refusal_code_before_anything_happens) {
  for (const ErrorText& code : all_errors()) {
    const std::string row = std::string("waybill_refusals_total{code=\"") + std::string(code.name) +
                            "\",operation=\"submit\"} 0";
    const std::string other = std::string("waybill_refusals_total{operation=\"submit\",code=\"") +
                              std::string(code.name) + "\"} 0";
    BOOST_TEST((says(row) || says(other)), code.name);
  }
}

BOOST_AUTO_TEST_CASE(is_told_by_operation_and_outcome) {
  metrics.count("submit", Outcome::done);
  metrics.count("submit", Outcome::done);
  metrics.count("submit", Outcome::failed);
  metrics.count("poll", Outcome::refused);
  BOOST_TEST(says(R"(waybill_operations_total{operation="submit",outcome="done"} 2)"));
  BOOST_TEST(says(R"(waybill_operations_total{operation="submit",outcome="refused"} 0)"));
  BOOST_TEST(says(R"(waybill_operations_total{operation="submit",outcome="failed"} 1)"));
  BOOST_TEST(says(R"(waybill_operations_total{operation="poll",outcome="refused"} 1)"));
}

BOOST_AUTO_TEST_CASE(has_the_durations_of_what_is_measured_and_of_nothing_else) {
  metrics.count("submit", Outcome::done, 250ms);
  metrics.count("submit", Outcome::refused, 750ms);
  metrics.count("poll", Outcome::done, 1s);
  BOOST_TEST(says(R"(waybill_operation_seconds_count{operation="submit"} 2)"));
  BOOST_TEST(says(R"(waybill_operation_seconds_sum{operation="submit"} 1)"));
  BOOST_TEST(says(R"(waybill_operation_seconds_bucket{operation="submit",le="0.1"} 0)"));
  BOOST_TEST(says(R"(waybill_operation_seconds_bucket{operation="submit",le="0.25"} 1)"));
  BOOST_TEST(says(R"(waybill_operation_seconds_bucket{operation="submit",le="+Inf"} 2)"));
  BOOST_TEST(metrics.text().find(R"(seconds_count{operation="poll"})") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(says_which_program_counts) {
  BOOST_TEST(metrics.text().find(R"(program="waybill-test")") != std::string::npos);
  BOOST_TEST(metrics.text().find(R"(version="0.)") != std::string::npos);
  metrics.describe("waybill-test", measured);  // said again
  metrics.count("submit", Outcome::done, 1s);
  BOOST_TEST(says(R"(waybill_operation_seconds_count{operation="submit"} 1)"));
}

BOOST_AUTO_TEST_CASE(takes_the_figures_of_the_moment_with_it) {
  const std::array<Figure, 2> figures{
      Figure{"waybill_leases", "Jobs.", 3},
      Figure{"waybill_commits_total", "Commits.", 7, Figure::Kind::counter}};
  const std::string text = metrics.text(figures);
  BOOST_TEST(text.find("# TYPE waybill_leases gauge\nwaybill_leases 3\n") != std::string::npos);
  BOOST_TEST(text.find("# TYPE waybill_commits_total counter\nwaybill_commits_total 7\n") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(loses_nothing_when_many_threads_count) {
  constexpr int each = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < each; ++i) {
        metrics.count("submit", Outcome::done, 1ms);
        metrics.count("new", Outcome::done);
        metrics.count_refusal("new", Errc::busy);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(says(R"(waybill_operations_total{operation="submit",outcome="done"} 2000)"));
  BOOST_TEST(says(R"(waybill_operations_total{operation="new",outcome="done"} 2000)"));
  BOOST_TEST(says(R"(waybill_operation_seconds_count{operation="submit"} 2000)"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::metrics_test
