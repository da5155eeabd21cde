#include "ticket/exchange/ccache.h"

#include <algorithm>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

constexpr std::string_view magic = "waybill-ccache";
constexpr std::size_t max_credentials = 256;

}  // namespace

CredentialCache::CredentialCache(Principal principal, InstanceId kdc_instance, std::uint64_t serial)
    : kdc(kdc_instance), realm_serial(serial), principal_(std::move(principal)) {}

const IssuedTicket* CredentialCache::find(std::string_view audience) const {
  const auto found = std::ranges::find(credentials_, audience, &Credential::audience);
  return found == credentials_.end() ? nullptr : &found->issued;
}

void CredentialCache::store(std::string audience, IssuedTicket issued) {
  std::erase_if(credentials_, [&](const Credential& c) { return c.audience == audience; });
  credentials_.push_back({std::move(audience), std::move(issued)});
  if (credentials_.size() > max_credentials) credentials_.erase(credentials_.begin());
}

SecretBuffer CredentialCache::encode() const {
  std::vector<SecretBuffer> tickets;
  std::size_t size = 512;
  for (const Credential& c : credentials_) {
    tickets.push_back(c.issued.encode());
    size += tickets.back().size() + c.audience.size() + 32;
  }
  Writer out(size);
  out.array(6).str(magic).uint(1).str(principal_.text()).bin(kdc).uint(realm_serial);
  out.array(credentials_.size());
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    out.array(2).str(credentials_[i].audience).bin(tickets[i]);
  }
  return wiped_copy(out.take());
}

Result<CredentialCache> CredentialCache::decode(Bytes file) {
  Reader in(file, limits::max_ccache);
  in.array(6);
  in.literal(magic);
  if (in.uint() != 1) in.fail(Errc::bad_version, "credential cache");
  auto principal = in.principal();
  const InstanceId kdc = in.bin<16>();
  const std::uint64_t serial = in.uint();
  std::vector<std::pair<std::string, Bytes>> tickets;
  for (std::size_t n = in.array(0, max_credentials); n > 0; --n) {
    in.array(2);
    std::string audience = in.name(limits::max_principal_name);
    tickets.emplace_back(std::move(audience), in.bin(limits::max_message));
  }
  CHECK_OK(in.finish());
  CredentialCache cache(*std::move(principal), kdc, serial);
  for (auto& [audience, bytes] : tickets) {
    if (cache.find(audience) != nullptr) return Error{Errc::malformed, "an audience twice"};
    TRY(issued, IssuedTicket::decode(bytes));
    cache.store(std::move(audience), std::move(issued));
  }
  return cache;
}

}  // namespace waybill
