#include "kdc/open_realm.h"

#include "kdc/store_check.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

Store open_store(const Folder& folder, bool read_only) {
  require_realm(folder);
  Store::Options options;
  options.read_only = read_only;
  return {folder.store(), MasterKey(read_key_file(folder.master_key())), options};
}

}  // namespace

Store open_to_read(const Folder& folder) { return open_store(folder, true); }

OpenRealm::OpenRealm(const Folder& folder, const Clock& clock)
    : config(Config::load(folder.config())),
      store(open_store(folder, false)),
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
