// What the ticket library costs, each beside its floor: the raw libsodium calls that it cannot
// avoid, on the same sizes, in the same run. Quote the ratio; the machine's speed drifts.

#include <benchmark/benchmark.h>
#include <sodium.h>

#include "ticket/exchange/audience.h"
#include "ticket/exchange/client.h"
#include "ticket/ticket.h"

namespace waybill {
namespace {

const Time now{Seconds{1'790'000'000}};

Realm realm() { return *Realm::parse("BENCH.TEST"); }
Principal principal(std::string_view name) { return *Principal::make(name, realm()); }

/// A KDC and a queue, as small as they can be.
struct Bench {
  PrincipalKey queue_key = PrincipalKey::random();
  KdcSigningKey signer = KdcSigningKey::random();
  RollingKey rolling = RollingKey::random();
  RealmDocument document{
      realm(), Digest{},
      1,       now,
      {},      {{KeyId{1}, signer.public_key(), now - Seconds{60}, now + Seconds{86400}}}};

  NewTicket ticket(const SessionKey& session) const {
    Body body{random_bytes<16>(),
              {random_bytes<16>()},
              principal("carol"),
              {principal("trigger/orders")},
              principal("queue-alice"),
              Work{"default", "invoice-report-0011223344556677", "invoice-report", Digest{}},
              {"invoice:read", "report:write"},
              {},
              now,
              now + Seconds{900},
              now + Seconds{3600},
              now + Seconds{604800},
              42,
              Seconds{60},
              Digest{},
              flags::delegated,
              session_commitment(session)};
    return {{Kind::service, realm(), "queue-alice", Kvno{1}, KeyId{1}, rolling.public_key()},
            std::move(body)};
  }

  Proof prove(const NewTicket& ticket) const {
    const Digest leaf = batch_leaf(ticket.header.encode(), ticket.body.encode());
    Proof proof;
    proof.batch_time = now;
    proof.signature = sign(signer, batch_statement(realm(), now, batch_root(leaf, 0, {})));
    return proof;
  }

  Buffer issue() const {
    const SessionKey session = SessionKey::random();
    const NewTicket made = ticket(session);
    const auto key = pairwise_key(rolling, queue_key.public_key(), made.header);
    return seal_service_ticket(made, session, prove(made), {}, *key);
  }

  Audience audience() const {
    return Audience(Keytab(principal("queue-alice"), {Kvno{1}, now, queue_key.duplicate()}),
                    document);
  }
};

void raw_hash(const Buffer& wire, std::size_t size) {
  FixedBytes<32> out{};
  crypto_generichash_blake2b_salt_personal(out.data(), 32, wire.data(), size, wire.data(), 32,
                                           nullptr, wire.data());
  benchmark::DoNotOptimize(out);
}

// Where a failed tag stops the decryption the cipher's work would be missed, so the floor encrypts.
void raw_seal(const Buffer& wire, std::size_t plaintext, Buffer& scratch) {
  FixedBytes<64> keys{};
  crypto_generichash_blake2b_salt_personal(keys.data(), 64, wire.data(), 160, wire.data(), 32,
                                           nullptr, wire.data());
  crypto_aead_xchacha20poly1305_ietf_encrypt(scratch.data(), nullptr, wire.data(), plaintext,
                                             wire.data(), 100, nullptr, wire.data(), keys.data());
  benchmark::DoNotOptimize(scratch.data());
}

void open_both_remembered(benchmark::State& state) {
  const Bench bench;
  Audience audience = bench.audience();
  const Buffer wire = bench.issue();
  for (auto _ : state) {
    auto verified = audience.accept(wire, now);
    if (!verified) state.SkipWithError("refused");
    benchmark::DoNotOptimize(verified);
  }
  state.counters["bytes"] = static_cast<double>(wire.size());
}
BENCHMARK(open_both_remembered);

// The seal (derivation and cipher), the session commitment, and the leaf over header and body.
void open_both_remembered_floor(benchmark::State& state) {
  const Buffer wire = Bench().issue();
  Buffer scratch(wire.size() + 64);
  for (auto _ : state) {
    raw_seal(wire, wire.size() - 180, scratch);
    raw_hash(wire, 0);
    raw_hash(wire, wire.size() - 300);
  }
}
BENCHMARK(open_both_remembered_floor);

void open_fresh_key_and_root(benchmark::State& state) {
  const Bench bench;
  const Buffer wire = bench.issue();
  for (auto _ : state) {
    state.PauseTiming();
    Audience audience = bench.audience();
    state.ResumeTiming();
    auto verified = audience.accept(wire, now);
    if (!verified) state.SkipWithError("refused");
    benchmark::DoNotOptimize(verified);
  }
}
BENCHMARK(open_fresh_key_and_root);

void open_fresh_key_and_root_floor(benchmark::State& state) {
  const Bench bench;
  const Buffer wire = bench.issue();
  Buffer scratch(wire.size() + 64);
  const Signature signature = sign(bench.signer, Bytes(wire).first(80));
  FixedBytes<32> shared{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(crypto_scalarmult(shared.data(),
                                               bench.queue_key.secret().expose().data(),
                                               bench.rolling.public_key().bytes.data()));
    raw_hash(wire, 160);
    raw_seal(wire, wire.size() - 180, scratch);
    raw_hash(wire, 0);
    raw_hash(wire, wire.size() - 300);
    benchmark::DoNotOptimize(crypto_sign_verify_detached(signature.data(), wire.data(), 80,
                                                         bench.signer.public_key().bytes.data()));
  }
}
BENCHMARK(open_fresh_key_and_root_floor);

void seal_ticket(benchmark::State& state) {
  const Bench bench;
  const SessionKey session = SessionKey::random();
  const NewTicket ticket = bench.ticket(session);
  const Proof proof = bench.prove(ticket);
  const auto key = pairwise_key(bench.rolling, bench.queue_key.public_key(), ticket.header);
  for (auto _ : state) {
    benchmark::DoNotOptimize(seal_service_ticket(ticket, session, proof, {}, *key));
  }
}
BENCHMARK(seal_ticket);

void seal_ticket_floor(benchmark::State& state) {
  const Buffer wire = Bench().issue();
  Buffer scratch(wire.size() + 64);
  FixedBytes<24> nonce{};
  for (auto _ : state) {
    randombytes_buf(nonce.data(), nonce.size());
    raw_seal(wire, wire.size() - 180, scratch);
  }
}
BENCHMARK(seal_ticket_floor);

Delegation delegation() {
  return {principal("trigger/orders"),
          "queue-alice",
          "invoice-report",
          {"invoice:read", "report:write"},
          Digest{},
          {},
          std::nullopt,
          now + Seconds{900}};
}

IssuedTicket tgt() {
  return {Buffer(480), SessionKey::random(), {}, {now, now, now + Seconds{3600}, now}};
}

void present_delegation(benchmark::State& state) {
  const IssuedTicket held = tgt();
  const Delegation wanted = delegation();
  for (auto _ : state) benchmark::DoNotOptimize(delegate(held, wanted, now));
}
BENCHMARK(present_delegation);

// One hash for the ticket, eight for caveats, one for the tag; two nonces.
void present_delegation_floor(benchmark::State& state) {
  const Buffer wire(600);
  FixedBytes<16> nonce{};
  for (auto _ : state) {
    randombytes_buf(nonce.data(), nonce.size());
    randombytes_buf(nonce.data(), nonce.size());
    raw_hash(wire, 484);
    for (int i = 0; i < 8; ++i) raw_hash(wire, 40);
    raw_hash(wire, 100);
  }
}
BENCHMARK(present_delegation_floor);

void verify_presentation(benchmark::State& state) {
  const IssuedTicket held = tgt();
  const Buffer wire = *delegate(held, delegation(), now);
  for (auto _ : state) {
    auto presentation = Presentation::parse(wire);
    auto chain = presentation->check(held.session);
    if (!chain) state.SkipWithError("refused");
    benchmark::DoNotOptimize(chain);
  }
}
BENCHMARK(verify_presentation);

void verify_presentation_floor(benchmark::State& state) {
  const Buffer wire(600);
  for (auto _ : state) {
    raw_hash(wire, 484);
    for (int i = 0; i < 8; ++i) raw_hash(wire, 40);
    raw_hash(wire, 100);
  }
}
BENCHMARK(verify_presentation_floor);

}  // namespace
}  // namespace waybill
