#include "ticket/adapters/batch_writer.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"

namespace waybill::test::batch_writer_test {

using waybill::test::Scratch;

namespace {

constexpr Env::Options small{.map_bytes = std::size_t{64} << 20};

struct Fixture {
  Scratch scratch;
  Env env{scratch / "store", small};
  Table table = env.open_table("jobs");

  BatchWriter::Job putting(std::string key) {
    return [this, key = std::move(key)](WriteTxn& txn) {
      txn.put(table, bytes_of(key), bytes_of("done"));
    };
  }
  bool has(std::string_view key) { return ReadTxn(env).has(table, bytes_of(key)); }
};

// Holds the writer inside a job until told, so that a test decides what waits for the next batch.
struct Gate {
  std::latch entered{1};
  std::latch opened{1};
  BatchWriter::Job job() {
    return [this](WriteTxn&) {
      entered.count_down();
      opened.wait();
    };
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_batch_writer, Fixture)

BOOST_AUTO_TEST_CASE(stores_every_job_of_many_threads_in_fewer_commits) {
  BatchWriter writer(env);
  constexpr int threads = 8;
  constexpr int jobs = 200;
  std::atomic<int> unseen = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      for (int j = 0; j < jobs; ++j) {
        const std::string key = std::to_string(t) + "/" + std::to_string(j);
        writer.run(putting(key));
        if (!has(key)) ++unseen;  // run() returned, so it must be there
      }
    });
  }
  for (auto& caller : callers) caller.join();
  BOOST_TEST(unseen == 0);
  BOOST_TEST(ReadTxn(env).count(table) == 1600U);
  BOOST_TEST(writer.counts().jobs == 1600U);
  BOOST_TEST(writer.counts().commits < 800U);
}

BOOST_AUTO_TEST_CASE(fails_a_throwing_job_alone) {
  BatchWriter writer(env);
  Gate gate;
  auto first = writer.post(gate.job());
  gate.entered.wait();
  auto good = writer.post(putting("good"));
  auto bad = writer.post([&](WriteTxn& txn) {
    txn.put(table, bytes_of("bad"), bytes_of("half"));
    txn.erase(table, bytes_of("good"));
    throw std::domain_error("refused");
  });
  auto later = writer.post(putting("later"));
  gate.opened.count_down();
  first.get();
  good.get();
  BOOST_CHECK_THROW(bad.get(), std::domain_error);
  later.get();
  BOOST_TEST(has("good"));
  BOOST_TEST(has("later"));
  BOOST_TEST(!has("bad"));
  BOOST_TEST(writer.counts().commits == 2U);  // the gate's, and one for the others
  BOOST_TEST(writer.counts().failed == 1U);
}

BOOST_AUTO_TEST_CASE(runs_its_hooks_once_for_a_batch_and_before_the_callers_go_on) {
  int checkpoints = 0;
  std::atomic<int> published = 0;
  BatchWriter writer(env, {.before_commit =
                               [&](WriteTxn& txn) {
                                 BOOST_TEST(txn.count(table) > 0U);
                                 txn.put(table, bytes_of("checkpoint"),
                                         bytes_of(std::to_string(++checkpoints)));
                               },
                           .after_commit = [&] { ++published; }});
  writer.run(putting("a"));
  BOOST_TEST(published == 1);
  BOOST_TEST(has("checkpoint"));
  BOOST_CHECK_THROW(writer.run([](WriteTxn&) { throw std::domain_error("no"); }),
                    std::domain_error);
  BOOST_TEST(published == 1);  // nothing good in that batch
}

BOOST_AUTO_TEST_CASE(stores_nothing_of_a_batch_whose_hook_throws_and_goes_on) {
  bool sound = false;
  BatchWriter writer(env, {.before_commit = [&](WriteTxn&) {
                       if (!sound) throw std::runtime_error("no checkpoint");
                     }});
  BOOST_CHECK_THROW(writer.run(putting("a")), std::runtime_error);
  BOOST_TEST(!has("a"));
  sound = true;
  writer.run(putting("b"));
  BOOST_TEST(has("b"));
  BOOST_TEST(writer.counts().failed == 1U);
}

BOOST_AUTO_TEST_CASE(fails_a_job_that_finds_the_store_full_and_goes_on) {
  Env little(scratch / "little", {.map_bytes = 512 * 1024});
  const Table few = little.open_table("few");
  BatchWriter writer(little);
  const std::string large(600 * 1024, 'x');
  try {
    writer.run([&](WriteTxn& txn) { txn.put(few, bytes_of("k"), bytes_of(large)); });
    BOOST_ERROR("it was stored");
  } catch (const StoreError& error) {
    BOOST_TEST(error.is_full());
  }
  BOOST_TEST(writer.counts().is_failing);
  writer.run([&](WriteTxn& txn) { txn.put(few, bytes_of("k"), bytes_of("v")); });
  BOOST_TEST(ReadTxn(little).count(few) == 1U);
  BOOST_TEST(!writer.counts().is_failing);
}

BOOST_AUTO_TEST_CASE(fails_every_job_of_a_commit_that_the_disk_refuses_and_goes_on) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit before = limit;
  BatchWriter writer(env);
  writer.run(putting("before"));
  Gate gate;
  auto first = writer.post(gate.job());
  gate.entered.wait();
  const std::string large(1024 * 1024, 'x');
  auto second =
      writer.post([&](WriteTxn& txn) { txn.put(table, bytes_of("large"), bytes_of(large)); });
  auto third = writer.post(putting("third"));
  limit.rlim_cur = 256 * 1024;  // as good as a full disk
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  gate.opened.count_down();
  first.get();
  for (auto* failed : {&second, &third}) {
    BOOST_CHECK_EXCEPTION(failed->get(), StoreError,
                          [](const auto& e) { return e.is_full() || e.code() == EIO; });
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  BOOST_TEST(!has("third"));
  BOOST_TEST(writer.counts().is_failing);
  writer.run(putting("after"));
  BOOST_TEST(!writer.counts().is_failing);
  BOOST_TEST(has("before"));
  BOOST_TEST(has("after"));
  BOOST_TEST(ReadTxn(env).count(table) == 2U);
}

BOOST_AUTO_TEST_CASE(refuses_work_when_too_much_is_waiting) {
  BatchWriter writer(env, {.max_waiting = 2});
  Gate gate;
  auto first = writer.post(gate.job());
  gate.entered.wait();
  auto second = writer.post(putting("a"));
  auto third = writer.post(putting("b"));
  try {
    writer.run(putting("c"));
    BOOST_ERROR("it was taken");
  } catch (const StoreError& error) {
    BOOST_TEST(error.is_busy());
  }
  gate.opened.count_down();
  third.get();
  BOOST_TEST(has("b"));
  BOOST_TEST(!has("c"));
}

BOOST_AUTO_TEST_CASE(keeps_batches_below_their_limit) {
  BatchWriter writer(env, {.max_batch = 4});
  Gate gate;
  auto first = writer.post(gate.job());
  gate.entered.wait();
  std::vector<std::future<void>> all;
  for (int i = 0; i < 12; ++i) all.push_back(writer.post(putting(std::to_string(i))));
  gate.opened.count_down();
  for (auto& one : all) one.get();
  BOOST_TEST(writer.counts().commits == 4U);
}

BOOST_AUTO_TEST_CASE(stores_what_is_waiting_when_it_ends) {
  std::future<void> last;
  {
    BatchWriter writer(env);
    for (int i = 0; i < 50; ++i) last = writer.post(putting(std::to_string(i)));
  }
  last.get();
  BOOST_TEST(ReadTxn(env).count(table) == 50U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_killed_daemon)

namespace {

// The child: four threads store numbers and say each one that run() acknowledged.
[[noreturn]] void store_until_killed(const std::filesystem::path& folder, int pipe) {
  Env env(folder, small);
  const Table table = env.open_table("jobs");
  BatchWriter writer(env);
  std::atomic<std::uint32_t> next = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (;;) {
        const std::uint32_t number = next++;
        const std::string key = std::to_string(number);
        writer.run([&](WriteTxn& txn) { txn.put(table, bytes_of(key), bytes_of("v")); });
        if (::write(pipe, &number, sizeof number) != sizeof number) ::_exit(1);
      }
    });
  }
  callers[0].join();
  ::_exit(1);
}

}  // namespace

BOOST_AUTO_TEST_CASE(has_lost_nothing_that_it_acknowledged) {
  const Scratch scratch;
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) store_until_killed(scratch / "store", ends[1]);
  ::close(ends[1]);
  std::vector<std::uint32_t> acknowledged;
  std::uint32_t number = 0;
  while (::read(ends[0], &number, sizeof number) == sizeof number) {
    acknowledged.push_back(number);
    if (acknowledged.size() == 300) ::kill(child, SIGKILL);
  }
  ::close(ends[0]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFSIGNALED(status));
  Env env(scratch / "store", small);
  const Table table = env.open_table("jobs");
  const ReadTxn txn(env);
  BOOST_TEST(acknowledged.size() >= 300U);
  for (const auto one : acknowledged) BOOST_TEST(txn.has(table, bytes_of(std::to_string(one))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::batch_writer_test
