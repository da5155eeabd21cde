// The rules that the compiler keeps. If this file compiles, they hold; it has no cases to run.

#include <concepts>
#include <string>
#include <type_traits>

#include "ticket/call.h"
#include "ticket/crypto.h"
#include "ticket/exchange/audience.h"
#include "ticket/exchange/ccache.h"
#include "ticket/exchange/client.h"
#include "ticket/exchange/keytab.h"
#include "ticket/feed.h"
#include "ticket/keys.h"
#include "ticket/payload.h"
#include "ticket/presentation.h"
#include "ticket/ticket.h"

namespace waybill::test::type_rules_test {

namespace {

template <class T>
inline constexpr bool moves_only =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T>;

// A secret and whatever holds one moves and is never copied.
static_assert(moves_only<Secret<32>>);
static_assert(moves_only<TgtKey> && moves_only<SessionKey> && moves_only<ChainKey>);
static_assert(moves_only<PrincipalKey> && moves_only<RollingKey> && moves_only<KdcSigningKey>);
static_assert(!std::is_copy_constructible_v<IssuedTicket>);
static_assert(!std::is_copy_constructible_v<OpenedTicket>);
static_assert(!std::is_copy_constructible_v<VerifiedTicket>);
static_assert(!std::is_copy_constructible_v<CaveatChain>);
static_assert(!std::is_copy_constructible_v<Presented>);
static_assert(!std::is_copy_constructible_v<PendingCall>);
static_assert(!std::is_copy_constructible_v<Keytab::Entry>);
static_assert(!std::is_copy_constructible_v<CredentialCache::Credential>);

// A secret is not bytes: no conversion in or out, only expose() and the makers.
static_assert(!std::is_convertible_v<Secret<32>, Bytes>);
static_assert(!std::is_convertible_v<Secret<32>, Buffer>);
static_assert(!std::is_constructible_v<Secret<32>, Bytes>);
static_assert(!std::is_constructible_v<Secret<32>, Digest>);
static_assert(!std::is_constructible_v<std::string, Secret<32>>);

// One type per purpose, and nothing that leads from one to another.
template <class A, class B>
inline constexpr bool strangers =
    !std::is_constructible_v<A, B> && !std::is_constructible_v<B, A> &&
    !std::is_assignable_v<A&, B> && !std::equality_comparable_with<A, B>;
static_assert(strangers<TgtKey, SessionKey> && strangers<TgtKey, PairwiseKey>);
static_assert(strangers<SessionKey, PairwiseKey> && strangers<SessionKey, ChainKey>);
static_assert(strangers<ChainKey, CallKey> && strangers<CallKey, ReplyKey>);
static_assert(strangers<InputKey, ResultKey> && strangers<MasterKey, TgtKey>);
static_assert(strangers<PrincipalKey, EpochKey> && strangers<EpochKey, RollingKey>);
static_assert(strangers<PrincipalPublic, EpochPublic> && strangers<EpochPublic, RollingPublic>);
static_assert(strangers<RootKey, KdcSigningKey> && strangers<RootPublic, KdcPublic>);
static_assert(strangers<Kvno, KeyId>);

// A key is made of a secret said out loud, never of one that converts by itself.
static_assert(!std::is_convertible_v<Secret<32>, TgtKey>);
static_assert(!std::is_convertible_v<Secret<32>, PrincipalKey>);
static_assert(!std::is_default_constructible_v<TgtKey>);
static_assert(!std::is_default_constructible_v<PrincipalKey>);
static_assert(!std::is_default_constructible_v<KdcSigningKey>);

// What was not checked cannot be made: only the step before makes the next.
static_assert(!std::is_default_constructible_v<SealedTicket>);
static_assert(!std::is_default_constructible_v<OpenedTicket>);
static_assert(!std::is_default_constructible_v<VerifiedTicket>);
static_assert(!std::is_default_constructible_v<Presentation>);
static_assert(!std::is_constructible_v<SealedTicket, Bytes>);
static_assert(!std::is_constructible_v<OpenedTicket, SealedTicket>);
static_assert(!std::is_constructible_v<VerifiedTicket, OpenedTicket>);
static_assert(!std::is_constructible_v<VerifiedTicket, SealedTicket>);
static_assert(!std::is_constructible_v<Presentation, Bytes>);

// Each kind of ticket opens with its own key alone, and only verification uses an opened one up.
template <class Key>
concept OpensTickets = requires(const SealedTicket ticket, const Key& key) {
  ticket.open(key);
};
static_assert(OpensTickets<TgtKey> && OpensTickets<PairwiseKey>);
static_assert(!OpensTickets<SessionKey> && !OpensTickets<PrincipalKey>);
static_assert(!OpensTickets<Secret<32>> && !OpensTickets<MasterKey>);
template <class Ticket>
concept Verifies = requires(const RealmDocument& realm, Time now) {
  std::declval<Ticket>().verify(realm, now, false);
};
static_assert(Verifies<OpenedTicket&&> && !Verifies<OpenedTicket&>);

// Names are valid or they do not exist.
static_assert(!std::is_default_constructible_v<Realm> &&
              !std::is_default_constructible_v<Principal>);
static_assert(!std::is_constructible_v<Realm, std::string_view>);
static_assert(!std::is_constructible_v<Principal, std::string_view>);
static_assert(!std::is_convertible_v<std::string, Realm>);
static_assert(!std::is_convertible_v<std::uint32_t, Kvno> && !std::is_convertible_v<Kvno, int>);

// Labels come from the enum; a text or a number next to a hash does not compile.
template <class T>
concept Labels = requires(T label) {
  hash(label, {});
};
static_assert(Labels<Label> && !Labels<const char*> && !Labels<int>);

// Who signs and who verifies: the root key signs no ticket.
template <class Key>
concept SignsHeads = requires(const FeedHead& head, const Key& key) {
  head.sign(KeyId{1}, key);
};
static_assert(SignsHeads<KdcSigningKey> && !SignsHeads<RootKey>);
template <class Key>
concept SignsRealms = requires(const RealmDocument& realm, const Key& key) {
  realm.sign(key);
};
static_assert(SignsRealms<RootKey> && !SignsRealms<KdcSigningKey>);

// A Result is looked at; a refusal carries no data.
static_assert(std::is_trivially_copyable_v<Error>);
static_assert(!std::is_convertible_v<Result<int>, bool> &&
              !std::is_convertible_v<Result<int>, int>);

}  // namespace

}  // namespace waybill::test::type_rules_test
