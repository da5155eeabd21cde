#include "tests/kdc/feed_files.h"

#include <stdexcept>

#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"

namespace waybill::test {
namespace {

Buffer file(const std::filesystem::path& folder, const std::string& name) {
  return read_file(folder / name, limits::max_segment);
}

template <class T>
T believed(Result<T> result, const std::string& name) {
  if (!result) {
    throw std::runtime_error(name + ": " + std::string(describe(result.error().code).name) + " " +
                             result.error().note);
  }
  return *std::move(result);
}

}  // namespace

void note(Revoked& revoked, const Revocation& entry) {
  const auto [at, is_new] = revoked.try_emplace({entry.kind, entry.value}, entry);
  if (is_new) return;
  Revocation& known = at->second;
  known.issued_until = std::max(known.issued_until, entry.issued_until);
  known.matters_until = std::max(known.matters_until, entry.matters_until);
}

Mattering mattering(const Revoked& revoked, Time at) {
  Mattering out;
  for (const auto& [key, entry] : revoked) {
    if (entry.matters_until > at) out[key] = {entry.issued_until, entry.matters_until};
  }
  return out;
}

FeedHead published_head(const std::filesystem::path& folder, const RealmDocument& realm) {
  return believed(FeedHead::parse(file(folder, "head"), realm), "head");
}

bool FileFollower::catch_up(const std::filesystem::path& folder, const RealmDocument& realm,
                            Time now, std::size_t segments) {
  for (;; --segments) {
    const auto wanted = believed(follower.take_head(file(folder, "head"), realm, now), "head");
    if (!wanted) return true;
    if (segments == 0) return false;
    const std::string name = wanted->path();
    const FeedSegment segment = believed(FeedSegment::decode(file(folder, name)), name);
    for (const Revocation& entry : believed(follower.take_segment(segment, realm, now), name)) {
      note(revoked, entry);
    }
  }
}

}  // namespace waybill::test
