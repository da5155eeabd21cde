#include "ticket/keytab.h"

#include <algorithm>
#include <cstdlib>

#include "ticket/limits.h"

namespace waybill {
namespace {

constexpr std::string_view magic = "waybill-keytab";
constexpr std::size_t live_versions = 2;

std::optional<Digest> possession(const std::optional<Secret<32>>& shared, const KeyClaim& claim,
                                 Bytes key, Bytes epoch) {
  if (!shared) return std::nullopt;
  const Buffer kvno = Writer().uint(number(claim.kvno)).take();
  return keyed_hash(Label::possession, *shared,
                    {bytes_of(claim.principal.text()), kvno, key, epoch});
}

}  // namespace

Keytab::Keytab(Principal principal, Entry first) : principal_(std::move(principal)) {
  entries_.push_back(std::move(first));
}

void Keytab::add(Entry entry) {
  if (number(entry.kvno) <= number(newest().kvno)) std::abort();
  entries_.insert(entries_.begin(), std::move(entry));
  while (entries_.size() > live_versions) entries_.pop_back();
}

SecretBuffer Keytab::encode() const {
  Writer out(limits::max_keytab);
  out.array(4).str(magic).uint(1).str(principal_.text()).array(entries_.size());
  for (const Entry& entry : entries_) {
    out.array(3).uint(number(entry.kvno)).time(entry.created).bin(entry.key.secret().expose());
  }
  Buffer plain = out.take();
  const WipeOnExit wiped(plain);
  return secret_copy(plain);
}

Result<Keytab> Keytab::decode(Bytes file) {
  Reader in(file, limits::max_keytab);
  in.array(4);
  in.literal(magic);
  if (in.uint() != 1) in.fail(Errc::bad_version, "keytab");
  auto principal = in.principal();
  std::vector<Entry> entries;
  for (std::size_t n = in.array(1, live_versions); n > 0; --n) {
    in.array(3);
    const Kvno kvno{in.uint32()};
    const Time created = in.time();
    Secret<32> secret = in.secret();
    if (in.failed()) break;
    if (number(kvno) == 0) in.fail(Errc::malformed, "the first key version is 1");
    if (!entries.empty() && number(entries.back().kvno) <= number(kvno)) {
      in.fail(Errc::malformed, "keytab versions out of order");
    }
    entries.push_back({kvno, created, PrincipalKey(std::move(secret))});
  }
  CHECK_OK(in.finish());
  Keytab keytab(*std::move(principal), std::move(entries.front()));
  for (std::size_t i = 1; i < entries.size(); ++i) {
    keytab.entries_.push_back(std::move(entries[i]));
  }
  return keytab;
}

std::optional<Digest> prove_possession(const PrincipalKey& key, const EpochPublic& epoch,
                                       const KeyClaim& claim) {
  return possession(shared_secret(key.secret(), epoch.bytes), claim, key.public_key().bytes,
                    epoch.bytes);
}

std::optional<Digest> expected_possession(const EpochKey& epoch, const PrincipalPublic& key,
                                          const KeyClaim& claim) {
  return possession(shared_secret(epoch.secret(), key.bytes), claim, key.bytes,
                    epoch.public_key().bytes);
}

}  // namespace waybill
