#include "worker/verdict_shipping.h"

#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/worker/desk.h"
#include "tests/worker/small_kdc.h"

namespace waybill::test::verdict_shipping_test {
namespace {

using worker::VerdictShipping;

struct Fixture {
  Fixture() {
    desk.clock.set(noon + 2s);
    kdc.on_verdict = [this](const Fields& line) -> std::optional<Errc> {
      if (const auto refusal = refusals.find(std::string(line.get("run")));
          refusal != refusals.end()) {
        return refusal->second;
      }
      taken.push_back(line);
      return std::nullopt;
    };
  }
  void write(const std::string& text) const {
    std::ofstream(desk.scratch / "verdicts.jsonl", std::ios::app) << text;
  }
  static std::string line(const std::string& run) {
    return R"({"time":"2030-05-01T09:30:00Z","event":"verdict","workflow":"w-1","type":"t","run":")" +
           run + R"(","attempt":2,"ticket":"","subject":"","verdict":"WB-SEAL-INTEGRITY"})" + "\n";
  }
  void write_lines(int first, int last) const {
    for (int n = first; n <= last; ++n) write(line(std::to_string(n)));
  }
  std::string runs() const {
    std::string out;
    for (const Fields& one : taken) out += (out.empty() ? "" : " ") + std::string(one.get("run"));
    return out;
  }
  std::unique_ptr<VerdictShipping> shipping(std::chrono::milliseconds retry = 0ms) {
    return std::make_unique<VerdictShipping>(desk.scratch.path(), self, retry);
  }

  Desk desk;
  SmallKdc kdc{desk.realm, desk.feed, desk.clock};
  KdcClient client{kdc.realm_file(), desk.clock};
  ServicePrincipal self{client, desk.realm.keytab("queue-alice"), desk.clock};
  std::vector<Fields> taken;
  std::map<std::string, Errc> refusals;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(handing_verdicts_to_the_kdc, Fixture)

BOOST_AUTO_TEST_CASE(hands_in_each_line_once_and_in_order) {
  const auto one = shipping();
  one->ship();  // nothing is there yet
  write_lines(1, 2);
  one->ship();
  one->ship();
  write_lines(3, 3);
  one->ship();
  BOOST_TEST(runs() == "1 2 3");
  const Fields& first = taken.front();
  BOOST_TEST(first.get("time") == "1903858200");
  BOOST_TEST(first.get("said") == "verdict");
  BOOST_TEST(first.get("verdict") == "WB-SEAL-INTEGRITY");
  BOOST_TEST(first.get("workflow") == "w-1");
  BOOST_TEST(first.get("attempt") == "2");
  BOOST_TEST(first.get("position") == std::to_string(line("1").size()));
  BOOST_TEST(!first.has("ticket"));
  BOOST_TEST(taken[1].get("log") == first.get("log"));
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_restart_where_it_was) {
  write_lines(1, 2);
  shipping()->ship();
  write_lines(3, 3);
  shipping()->ship();
  BOOST_TEST(runs() == "1 2 3");
  BOOST_TEST(taken[2].get("log") == taken[0].get("log"));
}

BOOST_AUTO_TEST_CASE(keeps_them_while_no_kdc_answers) {
  kdc.is_away = true;
  write_lines(1, 40);
  const auto one = shipping();
  one->ship();
  BOOST_TEST(taken.empty());
  kdc.is_away = false;
  one->ship();
  BOOST_TEST(taken.size() == 40U);
}

BOOST_AUTO_TEST_CASE(leaves_a_kdc_alone_that_took_nothing) {
  refusals["1"] = Errc::busy;
  write_lines(1, 1);
  const auto one = shipping(1h);
  one->ship();
  one->ship();
  BOOST_TEST(kdc.count("verdict") == 1);
}

BOOST_AUTO_TEST_CASE(passes_over_what_is_refused_for_good_and_nothing_else) {
  refusals = {{"2", Errc::wrong_audience}, {"4", Errc::busy}};
  write_lines(1, 5);
  const auto one = shipping();
  one->ship();
  refusals.clear();
  one->ship();
  BOOST_TEST(runs() == "1 3 5 4 5");  // 5 was in the same call as 4: the KDC knows it again
}

BOOST_AUTO_TEST_CASE(waits_for_the_end_of_a_line_and_passes_over_nonsense) {
  const std::string half = line("2");
  write(line("1") + "{\n" + half.substr(0, 50));
  const auto one = shipping();
  one->ship();
  BOOST_TEST(runs() == "1");
  write(half.substr(50));
  one->ship();
  BOOST_TEST(runs() == "1 2");
}

BOOST_AUTO_TEST_CASE(begins_anew_with_a_file_that_was_rotated) {
  write_lines(1, 3);
  shipping()->ship();
  std::filesystem::remove(desk.scratch / "verdicts.jsonl");
  write_lines(7, 7);
  shipping()->ship();
  BOOST_TEST(runs() == "1 2 3 7");
  BOOST_TEST(taken[3].get("log") != taken[0].get("log"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::verdict_shipping_test
