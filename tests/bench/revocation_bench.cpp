// A worker's look-up among a million live revocations, beside the same look-ups in bare LMDB.

#include <benchmark/benchmark.h>

#include "tests/adapters/scratch.h"
#include "tests/support/test_realm.h"
#include "ticket/hex.h"
#include "ticket/limits.h"
#include "worker/revocations.h"

namespace waybill::test {
namespace {

constexpr std::uint64_t entries = 1'000'000;

Env::Options forgetful() {
  Env::Options options;
  options.synced = false;
  return options;
}

/// A mirror of a feed of a million revoked tickets, filled once for all that is measured here.
struct Filled {
  Scratch scratch;
  TestRealm realm;
  worker::Store store{scratch / "worker", forgetful()};
  worker::RevocationMirror mirror{store};

  Filled() {
    std::vector<Buffer> encoded;
    Digest link{};
    for (std::uint64_t n = 1; n <= entries; ++n) {
      const Revocation entry{n,          RevokedBy::ticket,  to_hex(random_bytes<16>()),
                             noon,       noon + 240h * 1000, noon + 24h * 8,
                             "completed"};
      encoded.push_back(entry.encode());
      link = next_link(link, encoded.back());
    }
    const FeedHead head{realm.realm(), entries, link, noon, noon + 5s};
    const Buffer signed_head = head.sign(KeyId{1}, realm.signer);
    for (std::uint64_t at = 0; at < entries; at += limits::max_page) {
      const auto end = std::min<std::uint64_t>(at + limits::max_page, entries);
      const FeedPage page{{encoded.begin() + static_cast<std::ptrdiff_t>(at),
                           encoded.begin() + static_cast<std::ptrdiff_t>(end)},
                          signed_head};
      if (mirror.next() != at || !mirror.take(page, realm.document)) std::abort();
    }
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

// Id, one ancestor, one actor, subject, queue, workflow: six keys that are not there.
void revocation_look_up_floor(benchmark::State& state) {
  Filled& world = filled();
  const Table table = world.store.env().open_table("revocations");
  std::vector<std::string> keys;
  for (int i = 0; i < 6; ++i) keys.push_back("\x01" + to_hex(random_bytes<16>()));
  for (auto _ : state) {
    const ReadTxn txn(world.store.env());
    for (const std::string& key : keys) benchmark::DoNotOptimize(txn.get(table, bytes_of(key)));
  }
}
BENCHMARK(revocation_look_up_floor);

}  // namespace
}  // namespace waybill::test
