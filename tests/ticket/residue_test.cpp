#include <pthread.h>
#include <sys/mman.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <string_view>
#include <system_error>

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "tests/support/test_realm.h"
#include "tests/support/unsanitized.h"
#include "ticket/crypto.h"
#include "ticket/records.h"
#include "ticket/stack.h"

namespace waybill::test::residue_test {
namespace {

using Work = std::function<void()>;
constexpr std::size_t stack_bytes = 1 << 20;

/// Memory for a stack of a test's own, which is still there when its thread has ended.
class Stack {
 public:
  Stack()
      : memory_(::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() { ::munmap(memory_, stack_bytes); }

  /// To its end, on this stack.
  void run(const Work& work) const {
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstack(&attributes, memory_, stack_bytes);
    pthread_t thread{};
    const int error = ::pthread_create(
        &thread, &attributes,
        [](void* given) -> void* {
          (*static_cast<const Work*>(given))();
          return nullptr;
        },
        const_cast<Work*>(&work));
    ::pthread_attr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::generic_category());
    ::pthread_join(thread, nullptr);
  }
  std::string_view bytes() const { return {static_cast<const char*>(memory_), stack_bytes}; }

 private:
  void* memory_;
};

// How many eights of a secret's bytes, at multiples of eight, lie there.
std::size_t left_on(const Stack& stack, Bytes secret) {
  std::size_t left = 0;
  for (std::size_t at = 0; at + 8 <= secret.size(); at += 8) {
    if (stack.bytes().find(text_of(secret.subspan(at, 8))) != std::string_view::npos) ++left;
  }
  return left;
}

std::size_t left_by(const Work& work, Bytes secret) {
  const Stack stack;
  stack.run(work);
  return left_on(stack, secret);
}

template <class Done>
void require(const Done& done) {
  if (!done) std::abort();
}

const Bytes message = bytes_of("what is said, and goes on for longer than any block of a cipher");

struct Keys {
  Secret<32> secret = Secret<32>::random();
  PrincipalKey peer = PrincipalKey::random();
  CallKey key{secret.duplicate()};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_stack, *boost::unit_test::precondition(unsanitized))

BOOST_AUTO_TEST_CASE(shows_what_a_careless_function_leaves_on_it) {
  const Keys keys;
  const Work careless = [&] {
    const FixedBytes<32> copy = fixed<32>(keys.secret.expose());
    require(equal(copy, keys.secret.expose()));
  };
  BOOST_TEST(left_by(careless, keys.secret.expose()) == 4U);
}

BOOST_AUTO_TEST_CASE(holds_no_derived_key) {
  const Keys keys;
  const auto derived = derive_secret(Label::call, keys.secret, {message});
  const Work derive = [&] { derive_secret(Label::call, keys.secret, {message}); };
  BOOST_TEST(left_by(derive, keys.secret.expose()) == 0U);
  BOOST_TEST(left_by(derive, derived.expose()) == 0U);
  const Work tag = [&] { keyed_hash(Label::final_tag, keys.secret, {message}); };
  BOOST_TEST(left_by(tag, keys.secret.expose()) == 0U);
}

BOOST_AUTO_TEST_CASE(holds_no_scalar_and_no_shared_secret) {
  Keys keys;
  const auto& peer = keys.peer.public_key().bytes;
  const auto shared = shared_secret(keys.secret, peer);
  const Work multiply = [&] { shared_secret(keys.secret, peer); };
  BOOST_TEST(left_by(multiply, keys.secret.expose()) == 0U);
  BOOST_TEST(left_by(multiply, shared->expose()) == 0U);
  auto second = keys.secret.duplicate();
  const Work make_pair = [&] { PrincipalKey(std::move(second)); };
  BOOST_TEST(left_by(make_pair, keys.secret.expose()) == 0U);
}

BOOST_AUTO_TEST_CASE(holds_nothing_of_a_seal) {
  const Keys keys;
  const Buffer sealed = seal(keys.key, message, message);
  Buffer damaged = sealed;
  damaged.back() ^= 1;
  const Work works[] = {[&] { seal(keys.key, message, message); },
                        [&] { require(open(keys.key, message, sealed)); },
                        [&] { require(!open(keys.key, message, damaged)); }};
  for (const Work& work : works) {
    BOOST_TEST(left_by(work, keys.secret.expose()) == 0U);
    BOOST_TEST(left_by(work, message) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(holds_nothing_of_a_signing_key) {
  const Keys keys;
  const auto key = KdcSigningKey::from_seed(keys.secret);
  FixedBytes<64> expanded{};
  crypto_hash_sha512(expanded.data(), keys.secret.expose().data(), 32);
  const Work works[] = {[&] { sign(key, message); },
                        [&] { KdcSigningKey::from_seed(keys.secret); }};
  for (const Work& work : works) {
    BOOST_TEST(left_by(work, keys.secret.expose()) == 0U);
    BOOST_TEST(left_by(work, expanded) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(holds_nothing_of_a_login_on_either_side) {
  const Keys keys;
  const auto kdc = EpochKey::random();
  const auto ours = Secret<32>::random(), theirs = Secret<32>::random();
  noise::Initiator initiator(keys.secret.duplicate(), kdc.public_key().bytes, {}, ours.duplicate());
  noise::Responder responder(kdc.secret().duplicate(), {}, theirs.duplicate());
  const auto statics = shared_secret(keys.secret, kdc.public_key().bytes);
  const auto both = shared_secret(ours, kdc.public_key().bytes);
  Buffer first, second;
  const Work works[] = {
      [&] { first = *initiator.write(message); }, [&] { require(responder.read(first)); },
      [&] { second = *responder.write(message); }, [&] { require(initiator.read(second)); }};
  for (const Work& work : works) {
    const Stack stack;
    stack.run(work);
    for (const Secret<32>* secret :
         {&keys.secret, &kdc.secret(), &ours, &theirs, &*statics, &*both}) {
      BOOST_TEST(left_on(stack, secret->expose()) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(holds_no_session_key_when_a_ticket_was_sealed_or_opened) {
  TestRealm realm;
  const Pieces pieces = realm.pieces(realm.tgt_body("carol"));
  const Buffer wire = realm.seal(pieces);
  const NewTicket ticket{pieces.header, pieces.body};
  const Work works[] = {[&] { seal_tgt(ticket, pieces.session, realm.tgt_key); },
                        [&] { require(SealedTicket::parse(wire)->open(realm.tgt_key)); }};
  for (const Work& work : works) {
    BOOST_TEST(left_by(work, pieces.session.secret().expose()) == 0U);
    BOOST_TEST(left_by(work, realm.tgt_key.secret().expose()) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(holds_no_stored_secret) {
  const Keys keys;
  const auto master = Secret<32>::random();
  const RecordGuard guard(MasterKey(master.duplicate()));
  const Buffer wrapped = guard.wrap("epoch", keys.secret.expose());
  const Keytab keytab(principal_of("carol@TEST.WAYBILL"),
                      {Kvno{1}, noon, PrincipalKey(keys.secret.duplicate())});
  const SecretBuffer file = keytab.encode();
  const Work works[] = {[&] { guard.wrap("epoch", keys.secret.expose()); },
                        [&] { require(guard.unwrap("epoch", wrapped)); }, [&] { keytab.encode(); },
                        [&] { require(Keytab::decode(file)); }};
  for (const Work& work : works) {
    BOOST_TEST(left_by(work, keys.secret.expose()) == 0U);
    BOOST_TEST(left_by(work, master.expose()) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(holds_nothing_of_a_password, *boost::unit_test::label("slow")) {
  const Digest realm_id{};
  const Bytes password = bytes_of("staple battery horse correct");
  const auto stretched = [&] {
    return key_from_password(password, realm_id, "carol@TEST.WAYBILL");
  };
  const PrincipalKey key = stretched();
  const Work stretch = [&] { stretched(); };
  BOOST_TEST(left_by(stretch, password) == 0U);
  BOOST_TEST(left_by(stretch, key.secret().expose()) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::residue_test
