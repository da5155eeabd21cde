#include "kdc/master_place.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "kdc/token_file.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

struct Place {
  MasterPlace kind;
  fs::path file;
};

// Empty when no manager hands out any.
fs::path credential() {
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  return folder == nullptr ? fs::path() : fs::path(folder) / Folder{}.master_key();
}

std::vector<Place> places(const Folder& folder) {
  if (!folder.master_file.empty()) return {{MasterPlace::named, folder.master_file}};
  std::vector<Place> found;
  for (const Place& place : {Place{MasterPlace::file, folder.master_key()},
                             {MasterPlace::token, folder.master_token()},
                             {MasterPlace::credential, credential()}}) {
    std::error_code ignored;
    if (!place.file.empty() && fs::exists(fs::symlink_status(place.file, ignored))) {
      found.push_back(place);
    }
  }
  return found;
}

Place the_place(const Folder& folder) {
  const auto found = places(folder);
  if (found.empty()) {
    throw FileError("there is no master key: neither " + folder.master_key().string() + " nor " +
                        folder.master_token().filename().string() +
                        " beside it nor a credential `master.key` of the unit; put it back, or "
                        "name it with --master-key",
                    folder.master_key(), ENOENT);
  }
  if (found.size() > 1) {
    throw FileError("there are two master keys, " + found[0].file.string() + " and " +
                        found[1].file.string() + ": remove the one that is not to be used",
                    found[0].file);
  }
  return found.front();
}

}  // namespace

MasterPlace master_place(const Folder& folder) { return the_place(folder).kind; }

bool has_master_key(const Folder& folder) { return !places(folder).empty(); }

Secret<32> read_master_key(const Folder& folder) {
  const Place place = the_place(folder);
  return read_home(place.kind, place.file);
}

void check_master_key(const Folder& folder) {
  const Place place = the_place(folder);
  if (place.kind != MasterPlace::token) {
    static_cast<void>(read_home(place.kind, place.file));
    return;
  }
  const TokenKey key = TokenKey::parse(TokenFile::load(place.file).address);
  static_cast<void>(read_secret_file(key.pin));
}

fs::path MasterHome::file(const Folder& folder) const {
  return token.empty() ? folder.master_key() : folder.master_token();
}

SecretBytes MasterHome::content(const Secret<32>& key) const {
  const std::string wrapped = token.empty() ? "" : TokenFile::make(token, key).print();
  const Bytes bytes = token.empty() ? Bytes(key.expose()) : bytes_of(wrapped);
  SecretBytes out(bytes.size());
  std::ranges::copy(bytes, out.writable().begin());
  return out;
}

Secret<32> read_home(MasterPlace kind, const fs::path& file) {
  return kind == MasterPlace::token ? TokenFile::load(file).open() : read_key_file(file);
}

}  // namespace waybill::kdc
