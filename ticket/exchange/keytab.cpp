#include "ticket/exchange/keytab.h"

#include <algorithm>
#include <cstdlib>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::string_view kind = "waybill-keytab";
constexpr std::size_t live_versions = 2;

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
  out.array(4).str(kind).uint(1).str(principal_.text()).array(entries_.size());
  for (const Entry& entry : entries_) {
    out.array(3).uint(number(entry.kvno)).time(entry.created).bin(entry.key.secret().expose());
  }
  return wiped_copy(out.take());
}

Result<Keytab> Keytab::decode(Bytes file) {
  Reader in(file, limits::max_keytab);
  in.array(4);
  in.literal(kind);
  if (in.uint() != 1) in.fail(Errc::bad_version, "keytab");
  auto principal = in.principal();
  std::vector<Entry> entries;
  for (std::size_t n = in.array(1, live_versions); n > 0; --n) {
    in.array(3);
    const Kvno kvno{in.uint32()};
    const Time created = in.time();
    Secret<32> secret = read_secret(in);
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

}  // namespace waybill
