// A worker's look-up among a million live revocations, beside the same look-ups in bare LMDB. For
// more of them see mirror_bench.

#include <algorithm>

#include <benchmark/benchmark.h>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"

namespace waybill::test {
namespace {

constexpr std::uint64_t entries = 1'000'000;

FeedMirror::Options forgetful() {
  FeedMirror::Options options;
  options.store.synced = false;
  return options;
}

/// A mirror of a feed of a million ended tickets, and a bare table with as many keys; filled once
/// for all that is measured here.
struct Filled {
  Scratch scratch;
  TestRealm realm;
  ManualClock clock;
  FeedMirror mirror{scratch / "mirror", realm_file_of(realm), clock, forgetful()};
  Env bare{scratch / "bare", forgetful().store};
  Table table = bare.open_table("tickets");

  Filled() {
    FeedFiles feed(realm);
    feed.revoke_many(entries, noon);
    feed.publish(noon);
    FilesSource source(feed.files());
    if (!mirror.follow(source, realm.document)) std::abort();
    std::vector<TicketId> ids(entries);
    std::ranges::generate(ids, random_bytes<16>);
    std::ranges::sort(ids);
    WriteTxn txn(bare);
    for (const TicketId& id : ids) txn.append(table, id, Bytes(id).first(4));
    std::move(txn).commit();
  }
};

Filled& filled() {
  static Filled once;  // NOLINT: a benchmark's own fixture
  return once;
}

void revocation_look_up(benchmark::State& state) {
  Filled& world = filled();
  const Body body = world.realm.workflow_body("carol", "queue-alice",
                                              {"default", "invoice-1", "invoice-report", Digest{}});
  for (auto _ : state) {
    if (world.mirror.concerns(body)) state.SkipWithError("revoked");
  }
  state.counters["entries"] = static_cast<double>(world.mirror.count());
}
BENCHMARK(revocation_look_up);

// Id, one ancestor twice, one actor, subject, queue, realm, workflow: eight keys that are not
// there.
void revocation_look_up_floor(benchmark::State& state) {
  Filled& world = filled();
  std::vector<TicketId> keys(8);
  std::ranges::generate(keys, random_bytes<16>);
  for (auto _ : state) {
    const ReadTxn txn(world.bare);
    for (const TicketId& key : keys) benchmark::DoNotOptimize(txn.get(world.table, key));
  }
}
BENCHMARK(revocation_look_up_floor);

}  // namespace
}  // namespace waybill::test
