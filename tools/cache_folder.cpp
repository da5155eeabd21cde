#include "tools/cache_folder.h"

#include <unistd.h>

#include <algorithm>

#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"
#include "tools/ui.h"

namespace waybill::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view extension = ".cache";
constexpr std::string_view pointer = "current";

std::optional<CredentialCache> read_cache(const fs::path& file) {
  std::error_code unknown;
  if (!fs::exists(fs::symlink_status(file, unknown))) return std::nullopt;
  const SecretBytes bytes = read_secret_file(file, limits::max_ccache);
  auto cache = CredentialCache::decode(bytes.expose());
  if (!cache) {
    throw FileError("the cache file " + file.string() +
                        " is damaged or of another version; run `waybill destroy -A`",
                    file);
  }
  return *std::move(cache);
}

}  // namespace

CacheFolder CacheFolder::chosen(const std::optional<std::string>& option) {
  if (option) return {*option, false};
  if (const char* named = from_environment("WAYBILL_CACHE")) return {named, false};
  if (const char* runtime = from_environment("XDG_RUNTIME_DIR")) {
    return {fs::path(runtime) / "waybill/cache", true};
  }
  return {"/tmp/waybill-" + std::to_string(::getuid()) + "/cache", true};
}

// Also the check, on every use: anybody may make folders in /tmp.
void CacheFolder::make() const {
  if (parent_is_ours_) make_private_folder(path_.parent_path());
  make_private_folder(path_);
}

bool CacheFolder::is_there() const {
  std::error_code unknown;
  if (!fs::exists(fs::symlink_status(path_, unknown))) return false;
  make();
  return true;
}

// '/' is the only character of a principal that a file name cannot have, and '+' is not in one.
fs::path CacheFolder::file_of(const Principal& principal) const {
  std::string name = principal.text();
  std::ranges::replace(name, '/', '+');
  return path_ / (name + std::string(extension));
}

std::optional<CredentialCache> CacheFolder::load(const Principal& principal) const {
  if (!is_there()) return std::nullopt;
  auto cache = read_cache(file_of(principal));
  if (cache && cache->principal() != principal) {
    throw FileError(file_of(principal).string() + " holds the tickets of somebody else",
                    file_of(principal));
  }
  return cache;
}

std::optional<Principal> CacheFolder::current_principal() const {
  if (!is_there()) return std::nullopt;
  std::error_code unknown;
  if (!fs::exists(fs::symlink_status(path_ / pointer, unknown))) return std::nullopt;
  const SecretBytes bytes = read_secret_file(path_ / pointer, limits::max_caveat);
  auto principal = Principal::parse(text_of(bytes.expose()));
  if (!principal) return std::nullopt;
  return *std::move(principal);
}

std::optional<CredentialCache> CacheFolder::current() const {
  const auto principal = current_principal();
  if (!principal) return std::nullopt;
  return load(*principal);
}

std::vector<fs::path> CacheFolder::files() const {
  std::vector<fs::path> files;
  if (!is_there()) return files;
  for (const auto& entry : fs::directory_iterator(path_)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<CredentialCache> CacheFolder::all() const {
  std::vector<CredentialCache> caches;
  for (const fs::path& file : files()) {
    if (auto cache = read_cache(file)) caches.push_back(*std::move(cache));
  }
  return caches;
}

void CacheFolder::save(const CredentialCache& cache) const {
  make();
  write_file_atomic(file_of(cache.principal()), cache.encode(), 0600);
}

void CacheFolder::make_current(const Principal& principal) const {
  make();
  write_file_atomic(path_ / pointer, bytes_of(principal.text()), 0600);
}

bool CacheFolder::forget_current() const {
  const auto principal = current_principal();
  if (!principal) return false;
  fs::remove(path_ / pointer);
  return fs::remove(file_of(*principal));
}

std::size_t CacheFolder::forget_all() const {
  const auto found = files();
  for (const fs::path& file : found) fs::remove(file);
  if (is_there()) fs::remove(path_ / pointer);
  return found.size();
}

}  // namespace waybill::tools
