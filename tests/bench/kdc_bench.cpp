// Issuing in process: a real store without fsync, so that what is measured is ours and not the
// disk's.

#include <benchmark/benchmark.h>
#include <sodium.h>

#include "tests/kdc/whole_kdc.h"

namespace waybill::test {
namespace {

// One call at a time, each a commit of its own: presentation, policy, two signatures, seal, reply.
void tgs_delegate_batch_of_1(benchmark::State& state) {
  WholeKdc kdc;
  const DelegatedTicketRequest request = kdc.request(kdc.delegation(kdc.wish()));
  kdc.tgt("trigger/orders");
  for (auto _ : state) {
    const Told told = kdc.submit(request);
    if (told.outcome != accepted) state.SkipWithError("refused");
  }
}
BENCHMARK(tgs_delegate_batch_of_1)->Unit(benchmark::kMicrosecond);

std::vector<kdc::Issuer::Pending> order(WholeKdc& kdc, std::size_t count) {
  std::vector<kdc::Issuer::Pending> pending;
  pending.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    pending.push_back(kdc.issuer.submit(kdc.order(kdc.body("carol", "queue-alice"))));
  }
  return pending;
}

// Tickets that were asked for side by side: as many as fit into a commit share its signatures.
void issue_batches(benchmark::State& state) {
  WholeKdc kdc;
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::uint64_t signatures = kdc.epochs.batch_signatures();
  for (auto _ : state) {
    for (kdc::Issuer::Pending& pending : order(kdc, count)) {
      if (!pending.wait()) state.SkipWithError("refused");
    }
  }
  const auto tickets = static_cast<double>(state.iterations()) * static_cast<double>(count);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["tickets_per_signature"] =
      tickets / static_cast<double>(kdc.epochs.batch_signatures() - signatures);
}
BENCHMARK(issue_batches)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond)->UseRealTime();

// Per commit two signatures (batch, checkpoint); per ticket a seal, three hashes, a random key.
void issue_batches_floor(benchmark::State& state) {
  FixedBytes<64> secret{};
  FixedBytes<32> public_half{};
  crypto_sign_keypair(public_half.data(), secret.data());
  const Buffer wire(700);
  Buffer sealed(800);
  FixedBytes<64> out{};
  for (auto _ : state) {
    for (int i = 0; i < 2; ++i) {
      crypto_sign_detached(out.data(), nullptr, wire.data(), 80, secret.data());
    }
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      randombytes_buf(out.data(), 32);
      randombytes_buf(out.data(), 24);
      for (int n = 0; n < 3; ++n) {
        crypto_generichash_blake2b(out.data(), 32, wire.data(), 400, nullptr, 0);
      }
      crypto_generichash_blake2b(out.data(), 64, wire.data(), 160, wire.data(), 32);
      crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, wire.data(), 480,
                                                 wire.data(), 100, nullptr, wire.data(),
                                                 wire.data());
    }
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(issue_batches_floor)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace waybill::test
