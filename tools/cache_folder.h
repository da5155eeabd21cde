#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ticket/exchange/ccache.h"

namespace waybill::tools {

/// The folder of credential caches: one file per principal, mode 0600, and `current`, which names
/// the one that commands use. The folder is ours alone (mode 0700) or nothing in it is believed.
/// Files are replaced as a whole. Every function throws FileError; one that only reads makes
/// nothing and finds nothing where there is no folder.
class CacheFolder {
 public:
  /// `option`, else `$WAYBILL_CACHE`, else `$XDG_RUNTIME_DIR/waybill/cache`, else
  /// `/tmp/waybill-$UID/cache`.
  static CacheFolder chosen(const std::optional<std::string>& option);

  const std::filesystem::path& path() const { return path_; }

  std::optional<CredentialCache> load(const Principal& principal) const;
  /// Of the current principal; nothing when there is none or its file is gone.
  std::optional<CredentialCache> current() const;
  /// All of them, by name.
  std::vector<CredentialCache> all() const;

  void save(const CredentialCache& cache) const;
  void make_current(const Principal& principal) const;

  /// Removes the current principal's file; false when there was none.
  bool forget_current() const;
  /// Removes all of them; says how many.
  std::size_t forget_all() const;

 private:
  CacheFolder(std::filesystem::path path, bool parent_is_ours)
      : path_(std::move(path)), parent_is_ours_(parent_is_ours) {}
  bool is_there() const;
  void make() const;
  std::optional<Principal> current_principal() const;
  std::vector<std::filesystem::path> files() const;
  std::filesystem::path file_of(const Principal& principal) const;

  std::filesystem::path path_;
  bool parent_is_ours_;  // made by us in a folder that others may write to: checked alike
};

}  // namespace waybill::tools
