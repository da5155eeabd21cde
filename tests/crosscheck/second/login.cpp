#include "tests/crosscheck/second/login.h"

#include <algorithm>

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {
namespace {

constexpr std::string_view protocol = "Noise_IK_25519_ChaChaPoly_BLAKE2b";

// Noise 12.3: 32 bits of zeros, then the counter, little-endian.
std::array<std::uint8_t, 12> nonce_of(std::uint64_t counter) {
  std::array<std::uint8_t, 12> out{};
  for (std::size_t i = 0; i < 8; ++i) out[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return out;
}

// Noise 4.3, HKDF with two outputs.
std::pair<Bytes64, Bytes64> hkdf(View chaining_key, View material) {
  static constexpr std::array<std::uint8_t, 1> one = {1}, two = {2};
  const Bytes64 temporary = hmac_blake2b(chaining_key, {material});
  const Bytes64 output1 = hmac_blake2b(temporary, {one});
  return {output1, hmac_blake2b(temporary, {output1, two})};
}

const RealmDocument::Key& open_epoch(const RealmDocument& realm, std::uint64_t now) {
  const RealmDocument::Key* newest = nullptr;
  for (const RealmDocument::Key& epoch : realm.epochs) {
    if (epoch.from > now || now >= epoch.until) continue;
    if (newest == nullptr || epoch.id > newest->id) newest = &epoch;
  }
  require(newest != nullptr, Code::unknown_epoch);
  return *newest;
}

Bytes prologue_of(std::string_view realm, std::uint64_t epoch) {
  return array({str("waybill"), number(1), str(realm), number(epoch)});
}

}  // namespace

Initiator::Initiator(View identity, View responder, View prologue, View ephemeral)
    : identity_(copy(identity)), responder_(copy(responder)), ephemeral_(copy(ephemeral)) {
  static_assert(protocol.size() <= 64);  // so it is padded, not hashed
  std::copy(protocol.begin(), protocol.end(), hash_.begin());
  chaining_key_ = hash_;
  mix_hash(prologue);
  mix_hash(responder_);
}

Bytes Initiator::write(View payload) {
  Bytes out = copy(x25519_public(ephemeral_));
  mix_hash(out);
  mix_key(x25519(ephemeral_, responder_));
  const Bytes hidden = encrypt(x25519_public(identity_));
  out.insert(out.end(), hidden.begin(), hidden.end());
  mix_key(x25519(identity_, responder_));
  const Bytes last = encrypt(payload);
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

Bytes Initiator::read(View message) {
  require(message.size() >= 32 + 16, Code::bad_integrity);
  const View remote = message.first(32);
  mix_hash(remote);
  mix_key(x25519(ephemeral_, remote));
  mix_key(x25519(identity_, remote));
  return decrypt(message.subspan(32));
}

std::pair<Bytes32, Bytes32> Initiator::split() const {
  const auto [a, b] = hkdf(chaining_key_, {});
  return {first<32>(a), first<32>(b)};
}

void Initiator::mix_hash(View data) { hash_ = plain_blake2b({hash_, data}); }

void Initiator::mix_key(View material) {
  const auto [chaining_key, key] = hkdf(chaining_key_, material);
  chaining_key_ = chaining_key;
  key_ = first<32>(key);
  counter_ = 0;
}

Bytes Initiator::encrypt(View plaintext) {
  Bytes out = aead_seal(key_, nonce_of(counter_++), hash_, plaintext);
  mix_hash(out);
  return out;
}

Bytes Initiator::decrypt(View ciphertext) {
  Bytes out = aead_open(key_, nonce_of(counter_++), hash_, ciphertext);
  mix_hash(ciphertext);
  return out;
}

Bytes transport_seal(View key, std::uint64_t counter, View plaintext) {
  return aead_seal(key, nonce_of(counter), {}, plaintext);
}

Bytes LoginEnvelope::encode() const {
  return array({number(1), str(realm), number(epoch), bin(message)});
}

LoginEnvelope LoginEnvelope::read(View wire) {
  const Value outer = decode(wire, max_message);
  const auto& field = outer.array(4);
  field[0].version();
  LoginEnvelope out;
  out.realm = field[1].realm();
  out.epoch = field[2].number32();
  out.message = copy(field[3].bin(max_login_message));
  return out;
}

Bytes LoginRequest::encode() const {
  return array({str(principal), number(life), number(renewable), number(time), bin(earlier)});
}

LoginRequest LoginRequest::read(View payload) {
  const Value message = decode(payload, max_login_message);
  const auto& field = message.array(5);
  LoginRequest out;
  out.principal = field[0].principal();
  for (const auto& [value, into] : {std::pair{&field[1], &out.life}, {&field[2], &out.renewable}}) {
    *into = value->number32();
    require(*into <= longest_duration, Code::limit_exceeded);
  }
  out.time = field[3].time();
  out.earlier = copy(field[4].bin(max_login_message));
  return out;
}

// As many zero bytes as make it 1,024: of that many the length takes three bytes.
Bytes LoginReply::encode() const {
  const auto with = [&](std::size_t padding) {
    return array({number(code), number(time), bin(instance), bin(ticket), bin(Bytes(padding))});
  };
  return with(login_answer - (with(least_padding).size() - least_padding));
}

LoginReply LoginReply::read(View payload) {
  const Value message = decode(payload, max_login_message);
  const auto& field = message.array(5);
  LoginReply out;
  out.code = field[0].number();
  out.time = field[1].time();
  out.instance = field[2].fixed<16>();
  out.ticket = copy(field[3].bin(max_login_message));
  const View padding = field[4].bin(login_answer);
  const bool zero =
      std::all_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte == 0; });
  require(payload.size() == login_answer && padding.size() >= least_padding && zero,
          Code::malformed);
  require(out.code == 0 || out.ticket.empty(), Code::malformed);
  if (out.code == 0) Issued::read(out.ticket);
  return out;
}

Login::Login(View secret, const RealmDocument& realm, const Wish& wish, View ephemeral)
    : initiator_(secret, open_epoch(realm, wish.now).key,
                 prologue_of(realm.realm, open_epoch(realm, wish.now).id), ephemeral) {
  const LoginRequest payload{wish.principal, wish.life, wish.renewable, wish.now, {}};
  const LoginEnvelope envelope{realm.realm, open_epoch(realm, wish.now).id,
                               initiator_.write(payload.encode())};
  request_ = envelope.encode();
}

Login::Done Login::finish(View reply, std::uint64_t now) {
  const LoginReply answer = LoginReply::read(initiator_.read(reply));
  if (answer.code != 0) {
    // Numbers have two bytes; one that is not in this program's list is a refusal all the same.
    refuse(answer.code <= 0xffff ? static_cast<Code>(answer.code) : Code::policy_denied);
  }
  require(answer.time <= now + skew && now <= answer.time + skew, Code::clock_skew);
  return {Issued::read(answer.ticket), answer.instance, answer.time};
}

Bytes32 key_from_password(View password, View realm_id, std::string_view principal) {
  const Bytes32 salt = hash("WB1 salt", {realm_id, view(principal)});
  const Bytes hashed = argon2id({256 * kib, 3, 1, 32}, password, View(salt).first(16));
  return hash("WB1 login", hashed, {view(principal)});
}

Bytes32 possession(View secret, View peer, const Claim& claim) {
  return hash("WB1 possession", x25519(secret, peer),
              {view(claim.principal), number(claim.kvno), claim.key, claim.epoch});
}

}  // namespace second
