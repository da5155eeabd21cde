#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"

namespace waybill::test::master_key_test {
namespace {

using namespace std::chrono_literals;

struct Fixture {
  LiveRealm realm;

  Ended kdc(std::vector<std::string> arguments) const {
    return run(realm.program(WAYBILL_KDC_PROGRAM, std::move(arguments)));
  }
  Command rotation() const {
    return realm.program(WAYBILL_KDC_PROGRAM, {"master", "rotate", "--dir", "kdc"});
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_master_key_that_is_changed, Fixture)

BOOST_AUTO_TEST_CASE(leaves_a_whole_realm_however_often_the_change_is_killed) {
  BOOST_TEST(run(rotation()).status == 5);  // a KDC serves
  BOOST_TEST(realm.kdc().terminate() == 0);
  for (const auto delay : {1ms, 4ms, 8ms, 12ms, 16ms, 24ms, 40ms, 80ms}) {
    Daemon change(rotation(), realm.folder() / "rotation.log");
    change.start();
    std::this_thread::sleep_for(delay);
    change.kill();
    realm.start_kdc();
    const Person carol{realm, "carol"};  // can log in
    BOOST_TEST(realm.kdc().terminate() == 0);
    const Ended checked = kdc({"store", "check", "--dir", "kdc"});
    BOOST_TEST(checked.status == 0, checked.err);
    BOOST_TEST(!std::filesystem::exists(realm.folder() / "kdc/master.key.next"));
  }
  const Ended changed = run(rotation());
  BOOST_TEST(changed.status == 0, changed.err);
  realm.start_kdc();
  const Person carol{realm, "carol"};  // can log in
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::master_key_test
