// The KDC's side of the feed at scale: fills a store with live completed entries and reports what
// they cost. By hand: `feed_bench 1000000 [FOLDER]`. Commits are not synced, so that what is
// measured is ours and not the disk's.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>

#include "kdc/epochs.h"
#include "kdc/feed_publisher.h"
#include "tests/adapters/scratch.h"
#include "tests/support/manual_clock.h"
#include "ticket/wire/limits.h"

namespace waybill::test {
namespace {

namespace fs = std::filesystem;
using Watch = std::chrono::steady_clock;

constexpr std::uint64_t in_one_commit = 10'000;

double seconds_since(Watch::time_point start) {
  return std::chrono::duration<double>(Watch::now() - start).count();
}

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

kdc::Store::Options forgetful() {
  kdc::Store::Options options;
  options.synced = false;
  return options;
}

struct World {
  explicit World(const fs::path& in)
      : folder(in), store(in / "store", MasterKey::random(), forgetful()) {
    WriteTxn txn(store.env());
    kdc::StoreChange change(store, txn);
    kdc::Epochs::create(change, RootKey::random(), {*Realm::parse("DEMO.TEST"), noon, 24h * 365});
    std::move(txn).commit();
    epochs.emplace(store);
  }

  // As many a second as make seven days of them.
  void fill(std::uint64_t entries) {
    for (std::uint64_t done = 0; done < entries;) {
      WriteTxn txn(store.env());
      kdc::StoreChange change(store, txn);
      const std::uint64_t end = std::min(entries, done + in_one_commit);
      for (; done < end; ++done) {
        clock.set(noon + Seconds(done * 604'800 / entries));
        change.revoke(completed(random_bytes<16>()));
      }
      std::move(txn).commit();
    }
  }
  Revocation completed(const TicketId& id) const {
    return {RevokedBy::completed, value_of(id),          clock.now(),
            Revocation::for_ever, clock.now() + 24h * 7, ""};
  }
  void revoke_one(const TicketId& id) {
    WriteTxn txn(store.env());
    kdc::StoreChange(store, txn).revoke(completed(id));
    std::move(txn).commit();
  }
  Body body(const TicketId& id) const {
    const Principal subject = *Principal::parse("carol@DEMO.TEST");
    Body out{.id = id,
             .lineage = {random_bytes<16>()},
             .subject = subject,
             .actors = {*Principal::parse("trigger/orders@DEMO.TEST")},
             .audience = *Principal::parse("queue-alice@DEMO.TEST"),
             .work = Work{"default", "invoice-1", "invoice-report", Digest{}},
             .actions = {},
             .downstreams = {},
             .issued_at = clock.now(),
             .start_by = clock.now(),
             .run_until = clock.now(),
             .renew_until = clock.now(),
             .feed_floor = 0,
             .max_staleness = 60s,
             .audit_head = {},
             .flags = 0,
             .session = {}};
    return out;
  }

  fs::path folder;
  ManualClock clock;
  kdc::Store store;
  std::optional<kdc::Epochs> epochs;
};

void report(const char* what, double value, const char* unit) {
  std::cout << what << ": " << value << " " << unit << "\n" << std::flush;
}

template <class Work>
double median_us(std::size_t rounds, Work work) {
  std::vector<double> times;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto start = Watch::now();
    work();
    times.push_back(seconds_since(start) * 1e6);
  }
  std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(rounds / 2));
  return times[rounds / 2];
}

void measure_publishing(World& world, std::uint64_t entries) {
  const fs::path folder = world.folder / "feed";
  auto start = Watch::now();
  std::optional<kdc::FeedPublisher> feed;
  feed.emplace(folder, world.store, *world.epochs, world.clock, 2s);
  report("publish from nothing", seconds_since(start), "s");
  report("files of the feed", static_cast<double>(size_of(folder)) / 1e6, "MB");
  report("large segments, per entry",
         static_cast<double>(size_of(folder / "1")) /
             static_cast<double>(entries / limits::large_segment * limits::large_segment),
         "bytes");
  feed.reset();
  start = Watch::now();
  feed.emplace(folder, world.store, *world.epochs, world.clock, 2s);
  report("start over good files", seconds_since(start), "s");
  report("one revocation and its publication, median",
         median_us(500,
                   [&] {
                     world.revoke_one(random_bytes<16>());
                     feed->head();
                   }),
         "us");
  report("a head that is fresh, median", median_us(500, [&] { feed->head(); }), "us");
}

void measure_look_up(World& world) {
  constexpr int rounds = 10'000;
  const TicketId revoked = random_bytes<16>();
  world.revoke_one(revoked);
  const auto time = [&](bool hit) {
    std::vector<Body> bodies;
    for (int i = 0; i < rounds; ++i) bodies.push_back(world.body(random_bytes<16>()));
    if (hit) bodies.assign(rounds, world.body(revoked));
    const auto start = Watch::now();
    int found = 0;
    for (const Body& body : bodies) found += world.store.view().revoked(body) ? 1 : 0;
    if (found != (hit ? rounds : 0)) throw std::logic_error("a wrong answer");
    return seconds_since(start) * 1e6 / rounds;
  };
  report("look-up of a ticket that is not revoked (9 keys)", time(false), "us");
  report("look-up of a revoked ticket", time(true), "us");
}

// A day after the last of them mattered.
void measure_compaction(World& world) {
  world.clock.advance(24h * 8);
  const auto start = Watch::now();
  std::size_t segments = 0;
  while (world.store.view().can_compact_feed(world.clock.now())) {
    WriteTxn txn(world.store.env());
    segments += kdc::StoreChange(world.store, txn).compact_feed(world.clock.now(), 4).segments;
    std::move(txn).commit();
  }
  const double took = seconds_since(start);
  report("compaction of what matters no more, for one small segment",
         took * 1e6 / static_cast<double>(std::max<std::size_t>(segments, 1)), "us");
}

void run(std::uint64_t entries, const fs::path& folder) {
  World world(folder);
  const auto start = Watch::now();
  world.fill(entries);
  const double took = seconds_since(start);
  report("live entries", static_cast<double>(entries), "");
  report("fill the store", took, "s");
  const auto used = static_cast<double>(world.store.env().usage().used_bytes);
  report("store on disk", used / 1e6, "MB");
  report("store, per entry", used / static_cast<double>(entries), "bytes");
  measure_publishing(world, entries);
  measure_look_up(world);
  measure_compaction(world);
}

}  // namespace
}  // namespace waybill::test

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  std::uint64_t entries = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), entries);
  if (error != std::errc{} || end != wanted.data() + wanted.size() || entries == 0 || argc > 3) {
    std::cerr << "Usage: feed_bench ENTRIES [NEW_FOLDER]\n";
    return 2;
  }
  try {
    if (argc == 3) {
      std::filesystem::create_directory(argv[2]);
      waybill::test::run(entries, argv[2]);
    } else {
      const waybill::test::Scratch scratch;
      waybill::test::run(entries, scratch.path());
    }
  } catch (const std::exception& failure) {
    std::cerr << "feed_bench: " << failure.what() << "\n";
    return 1;
  }
  return 0;
}
