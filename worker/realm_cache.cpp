#include "worker/realm_cache.h"

#include "ticket/adapters/files.h"
#include "ticket/adapters/log.h"
#include "ticket/wire/limits.h"

namespace waybill::worker {

RealmCache::RealmCache(std::filesystem::path file, KdcClient& kdc)
    : file_(std::move(file)), kdc_(kdc) {}

std::optional<RealmDocument> RealmCache::load() {
  const std::scoped_lock guard(lock_);
  if (!std::filesystem::exists(file_)) return std::nullopt;
  const RealmFile& pinned = kdc_.realm_file();
  auto document =
      RealmDocument::parse(read_file(file_, limits::max_message), pinned.realm, pinned.root);
  if (!document) {
    log_warning("kept_realm_document_refused",
                {{"file", file_.string()}, {"code", describe(document.error().code).name}});
    return std::nullopt;
  }
  kdc_.saw_serial(document->serial);
  return *std::move(document);
}

Result<RealmDocument> RealmCache::fetch() {
  const std::scoped_lock guard(lock_);
  TRY(wire, kdc_.fetch_signed_realm());
  const RealmFile& pinned = kdc_.realm_file();
  TRY(document, RealmDocument::parse(wire, pinned.realm, pinned.root));
  write_file_atomic(file_, wire, 0600);
  return document;
}

}  // namespace waybill::worker
