#include "trigger/folder.h"

#include <cerrno>
#include <charconv>
#include <string>

namespace waybill::trigger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t key_bytes = 32;
constexpr std::size_t max_digits = 20;

FolderLock hold(const fs::path& path) {
  make_private_folder(path);
  return lock_folder(path);
}

}  // namespace

Folder::Folder(fs::path path) : path_(std::move(path)), lock_(hold(path_)) {}

MasterKey Folder::store_key() const {
  const fs::path file = path_ / "store.key";
  if (!fs::exists(file)) {
    if (fs::exists(store() / "data.mdb")) {
      throw FileError(file.string() + " is missing, and without it " + store().string() +
                          " cannot be read; put the key back, or move the store away",
                      file, ENOENT);
    }
    create_file(file, Secret<key_bytes>::random().expose(), 0400);
  }
  const SecretBytes bytes = read_secret_file(file, 2 * key_bytes);
  if (bytes.size() != key_bytes) {
    throw FileError(file.string() + " does not hold 32 bytes; put the right key back", file);
  }
  return MasterKey(Secret<key_bytes>::copy(bytes.expose().first<key_bytes>()));
}

std::uint64_t Folder::realm_serial() const {
  const fs::path file = path_ / "realm.serial";
  if (!fs::exists(file)) return 0;
  const Buffer bytes = read_file(file, 2 * max_digits);
  const std::string_view text = text_of(bytes);
  std::uint64_t serial = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), serial);
  if (fault != std::errc{} || std::string_view(end, text.data() + text.size()) != "\n") {
    throw FileError(file.string() + " does not hold a number; remove it", file);
  }
  return serial;
}

void Folder::save_realm_serial(std::uint64_t serial) const {
  write_file_atomic(path_ / "realm.serial", bytes_of(std::to_string(serial) + "\n"), 0600);
}

}  // namespace waybill::trigger
