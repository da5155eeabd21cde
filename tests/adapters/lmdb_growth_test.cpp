#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/batch_writer.h"

namespace waybill::test::lmdb_growth_test {
namespace {

constexpr std::size_t megabyte = std::size_t{1} << 20;
constexpr Env::Options growing{.map_bytes = megabyte, .most_bytes = 64 * megabyte, .synced = false};
constexpr int jobs = 400;

const std::string& value() {
  static const std::string large(50'000, 'x');
  return large;
}

BatchWriter::Job putting(Table table, int number) {
  return [table, number](WriteTxn& txn) {
    txn.put(table, bytes_of(std::to_string(number)), bytes_of(value()));
  };
}

// 20 MB, a job after the other.
void fill(Env& env, Table table) {
  BatchWriter writer(env);
  for (int number = 0; number < jobs; ++number) writer.run(putting(table, number));
}

bool has_all(const Env& env, Table table) {
  const ReadTxn txn(env);
  for (int number = 0; number < jobs; ++number) {
    const auto found = txn.get(table, bytes_of(std::to_string(number)));
    if (!found || text_of(*found) != value()) return false;
  }
  return true;
}

/// Two threads that read all of it, again and again.
class Reading {
 public:
  Reading(const Env& env, Table table) {
    for (std::jthread& thread : threads_) {
      thread = std::jthread([this, &env, table](const std::stop_token& end) {
        while (!end.stop_requested()) {
          const ReadTxn txn(env);
          visit_from(txn, table, {}, [this](const Cursor::Entry& entry) {
            if (text_of(entry.value) != value()) torn_ = true;
            return true;
          });
        }
      });
    }
  }
  bool was_torn() const { return torn_; }

 private:
  std::atomic<bool> torn_ = false;
  std::array<std::jthread, 2> threads_;  // last: ended and joined first
};

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { BOOST_REQUIRE(::pipe(ends.data()) == 0); }
  void say() const { BOOST_REQUIRE(::write(ends[1], "x", 1) == 1); }
  bool hear() const {
    char byte = 0;
    return ::read(ends[0], &byte, 1) == 1;
  }
};

// Has the store open while it is small; looks and writes when it has grown. Gives an exit status.
int follow(const std::filesystem::path& store, const Pipe& opened, const Pipe& grown) {
  Env env(store, {.map_bytes = megabyte});
  const Table table = env.open_table("t");
  opened.say();
  if (!grown.hear()) return 2;
  if (!has_all(env, table)) return 3;
  WriteTxn txn(env);
  txn.put(table, bytes_of("child"), bytes_of("was here"));
  std::move(txn).commit();
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_store_that_may_grow)

BOOST_AUTO_TEST_CASE(takes_what_its_first_map_could_not_while_others_read) {
  const Scratch scratch;
  Env env(scratch / "store", growing);
  const Table table = env.open_table("t");
  const Reading reading(env, table);
  fill(env, table);
  BOOST_TEST(!reading.was_torn());
  BOOST_TEST(has_all(env, table));
  BOOST_TEST(env.usage().map_bytes >= 32 * megabyte);
}

BOOST_AUTO_TEST_CASE(is_full_at_its_limit) {
  const Scratch scratch;
  Env env(scratch / "store", {.map_bytes = megabyte, .most_bytes = 3 * megabyte});
  const Table table = env.open_table("t");
  try {
    fill(env, table);
    BOOST_ERROR("it took more than its limit");
  } catch (const StoreError& error) {
    BOOST_TEST(error.is_full());
  }
  BOOST_TEST(env.usage().map_bytes == 3 * megabyte);
}

BOOST_AUTO_TEST_CASE(is_let_be_as_long_as_somebody_looks_into_it) {
  const Scratch scratch;
  Env env(scratch / "store", growing);
  const Table table = env.open_table("t");
  {
    WriteTxn txn(env);
    txn.put(table, bytes_of("key"), bytes_of("seen"));
    std::move(txn).commit();
  }
  {
    const ReadTxn txn(env);
    const Bytes seen = txn.get(table, bytes_of("key")).value();
    std::thread([&] { env.make_room(8 * megabyte); }).join();
    BOOST_TEST(env.usage().map_bytes == megabyte);
    BOOST_TEST(text_of(seen) == "seen");
  }
  env.make_room(8 * megabyte);
  BOOST_TEST(env.usage().map_bytes == 16 * megabyte);
  BOOST_TEST(text_of(ReadTxn(env).get(table, bytes_of("key")).value()) == "seen");
}

BOOST_AUTO_TEST_CASE(is_followed_by_other_processes) {
  const Scratch scratch;
  const Pipe opened;
  const Pipe grown;
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(follow(scratch / "store", opened, grown));
    } catch (...) {
      ::_exit(1);
    }
  }
  BOOST_TEST_REQUIRE(opened.hear());
  Env env(scratch / "store", growing);
  const Table table = env.open_table("t");
  fill(env, table);
  grown.say();
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST((WIFEXITED(status) && WEXITSTATUS(status) == 0), status);
  BOOST_TEST(ReadTxn(env).has(table, bytes_of("child")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::lmdb_growth_test
