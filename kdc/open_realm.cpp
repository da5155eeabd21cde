#include "kdc/open_realm.h"

#include "kdc/master_place.h"
#include "kdc/store_check.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

Store open_to_write(const Folder& folder) {
  require_realm(folder);
  return {folder.store(), MasterKey(read_master_key(folder))};
}

}  // namespace

Store open_to_read(const Folder& folder) {
  require_realm(folder);
  return open_copy(folder.store(), folder);
}

Store open_copy(const std::filesystem::path& store, const Folder& folder) {
  Store::Options options;
  options.read_only = true;
  return {store, MasterKey(read_master_key(folder)), options};
}

OpenRealm::OpenRealm(const Folder& folder, const Clock& clock)
    : config(Config::load(folder.config())),
      store(open_to_write(folder)),
      epochs(store),
      issuer(store, epochs, clock) {}

Seconds OpenRealm::life(std::optional<unsigned> days) const {
  return std::chrono::hours(24) * days.value_or(static_cast<unsigned>(config.epoch_days));
}

std::string sentence_of(const Error& error) {
  std::string sentence(describe(error.code).sentence);
  const std::string_view note = error.note;
  if (!note.empty()) sentence += ": " + std::string(note);
  return sentence + " [" + std::string(describe(error.code).name) + "]";
}

}  // namespace waybill::kdc
