// A process that revokes, compacts and publishes as fast as it can is killed again and again.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "kdc/feed_publisher.h"
#include "kdc/init.h"
#include "tests/kdc/feed_files.h"
#include "tests/kdc/test_kdc.h"

namespace waybill::test::feed_kill_test {

using namespace waybill::kdc;

namespace {

struct Fixture {
  Scratch scratch;
  const std::filesystem::path folder = scratch / "feed";
  const Secret<32> master = Secret<32>::random();
  std::mt19937 random{7};  // NOLINT(cert-msc51-cpp): a test repeats itself

  Fixture() {
    Store store = open();
    WriteTxn txn(store.env());
    StoreChange change(store, txn);
    Epochs::create(change, RootKey::random(), {*Realm::parse("DEMO.TEST"), noon, 24h * 365});
    std::move(txn).commit();
  }
  Store open() const {
    return Store(scratch / "store", MasterKey(master.duplicate()), small_store(false));
  }

  // In a process of its own.
  [[noreturn]] void publish_for_ever(Time now) const {
    Store store = open();
    const Epochs epochs(store);
    ManualClock clock(now);
    FeedPublisher feed(folder, store, epochs, clock, 2s);
    for (std::uint64_t round = 0;; ++round) {
      {
        WriteTxn txn(store.env());
        StoreChange change(store, txn);
        for (std::uint64_t i = 0; i <= round % 40; ++i) {
          change.revoke({RevokedBy::completed, value_of(random_bytes<16>()), clock.now(),
                         Revocation::for_ever, clock.now() + 20s, ""});
        }
        change.compact_feed(clock.now(), 2);
        std::move(txn).commit();
      }
      feed.head();
      clock.advance(1s);
    }
  }
  // For some milliseconds, and for more as rounds go by: how long it takes to get anywhere depends
  // on the machine, and on what watches over the process.
  void let_it_run(Time now, int round) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) publish_for_ever(now);
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 60) +
                                std::chrono::milliseconds(4) * round);
    BOOST_TEST(::kill(child, SIGKILL) == 0);
    int status = 0;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_publisher_that_is_killed, Fixture)

BOOST_AUTO_TEST_CASE(comes_back_to_a_head_that_everybody_can_follow,
                     *boost::unit_test::label("slow")) {
  FileFollower early;
  FeedHead before{*Realm::parse("DEMO.TEST"), {}, {}, noon, noon};
  for (int round = 0; round < 25 || before.base.sequence == 0; ++round) {
    let_it_run(before.time, round);
    Store store = open();
    const Epochs epochs(store);
    if (std::filesystem::exists(folder / "head")) {  // what it left, before anybody mends it
      before = published_head(folder, epochs.document());
      BOOST_TEST(early.catch_up(folder, epochs.document(), before.time));
    }
    const ManualClock clock(noon);  // behind
    const FeedPublisher feed(folder, store, epochs, clock, 2s);
    const FeedHead after = published_head(folder, epochs.document());
    BOOST_TEST((after.last == store.view().feed_position()));
    BOOST_TEST(after.last.sequence >= before.last.sequence);
    BOOST_TEST((after.time >= before.time));
    FileFollower late;
    BOOST_TEST(late.catch_up(folder, epochs.document(), after.time));
    BOOST_TEST(early.catch_up(folder, epochs.document(), after.time));
    BOOST_TEST((mattering(late.revoked, after.time) == mattering(early.revoked, after.time)));
    before = after;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_kill_test
