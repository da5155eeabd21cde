// A KDC is killed while it imports: afterwards all of the batch is there, or nothing.
#include <future>

#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"
#include "ticket/crypto.h"
#include "ticket/wire/hex.h"

namespace waybill::test::import_test {
namespace {

using namespace std::chrono_literals;
using Watch = std::chrono::steady_clock;

constexpr std::size_t people = 5000;

struct Fixture {
  LiveRealm realm;
  std::string file;
  std::size_t before = 0;

  Fixture() {
    realm.init("operator");
    before = registered();
    std::string text = "name,kind,public_key,roles\n";
    for (std::size_t i = 0; i < people; ++i) {
      const auto key = PrincipalKey::random().public_key();
      text += "user-" + std::to_string(i) + ",user," + to_hex(key.bytes) + ",clerk\n";
    }
    file = realm.write("people.csv", text).string();
  }
  std::size_t registered() { return realm.rows("admin.principal.list").size(); }
  Ended import(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"admin", "principal", "import", file};
    words.insert(words.end(), more.begin(), more.end());
    return realm.waybill(words, "operator");
  }
  /// Gives how it ended, and kills the KDC that long after it began.
  Ended import_and_kill(std::chrono::milliseconds after) {
    auto ended = std::async(std::launch::async, [this] { return import(); });
    ended.wait_for(after);
    realm.kdc().kill();
    return ended.get();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_import, Fixture)

BOOST_AUTO_TEST_CASE(of_a_kdc_that_is_killed_is_whole_or_nothing) {
  const auto start = Watch::now();
  BOOST_TEST_REQUIRE(import({"--dry-run"}).status == 0);
  const auto sent = std::chrono::duration_cast<std::chrono::milliseconds>(Watch::now() - start);
  std::size_t killed = 0;
  for (auto after = sent / 2;; after += sent / 10) {
    const Ended ended = import_and_kill(after);
    realm.start_kdc();
    realm.init("operator");
    const std::size_t there = registered() - before;
    BOOST_TEST((there == 0 || there == people), there);
    if (ended.status == 0) BOOST_TEST(there == people);
    if (there == people) break;
    ++killed;
  }
  BOOST_TEST(killed > 0U);
  const Ended again = import();
  BOOST_TEST(again.status == 0, again.err);
  BOOST_TEST(again.err.find("0 added, 0 changed, 5000 unchanged") != again.err.npos, again.err);
  const Ended verified = realm.waybill({"audit", "verify"}, "operator");
  BOOST_TEST(verified.status == 0, verified.out << verified.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::import_test
