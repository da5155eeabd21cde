#include "ticket/adapters/guarded_store.h"

#include <cerrno>

#include "ticket/adapters/files.h"

namespace waybill {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view meta_table = "meta";
constexpr std::string_view format_key = "format";

MasterKey parse_key(const fs::path& path) {
  const SecretBytes file = read_secret_file(path);
  if (file.size() != 32) {
    throw FileError(path.string() + " does not hold 32 bytes; put the right file back", path);
  }
  return MasterKey(Secret<32>::copy(file.expose().first<32>()));
}

// Several processes may start in one new folder at the same time: one makes the key, all read it.
MasterKey load_key(const fs::path& folder) {
  make_private_folder(folder);
  const fs::path path = folder / "store.key";
  const bool had_store = fs::exists(folder / "store" / "data.mdb");  // looked at before the key
  if (!fs::exists(path)) {
    if (had_store) {
      throw FileError(path.string() + " is missing; put it back, or move " +
                          (folder / "store").string() + " away and begin with an empty one",
                      path, ENOENT);
    }
    try {
      create_file(path, Secret<32>::random().expose(), 0600);
    } catch (const FileError& error) {
      if (error.code() != EEXIST) throw;
    }
  }
  return parse_key(path);
}

}  // namespace

GuardedStore::GuardedStore(const fs::path& folder, const std::string& format,
                           const Env::Options& options)
    : guard_(load_key(folder)), env_(folder / "store", options) {
  check_format(folder, format);
}

void GuardedStore::check_format(const fs::path& folder, const std::string& format) {
  const Table meta = env_.open_table(meta_table);
  const Bytes key = bytes_of(format_key);
  WriteTxn txn(env_);  // alone, so that one of those who start at the same time writes it
  const auto stored = txn.get(meta, key);
  if (!stored) {
    txn.put(meta, key, guard_.protect(meta_table, key, bytes_of(format)));
    std::move(txn).commit();
    return;
  }
  const auto value = guard_.check(meta_table, key, *stored);
  if (!value) {
    throw FileError((folder / "store").string() + " was not made with " +
                        (folder / "store.key").string() + "; put the right key back",
                    folder);
  }
  if (text_of(*value) != format) {
    throw FileError((folder / "store").string() + " has the format \"" +
                        std::string(text_of(*value)) + "\"; this program reads \"" + format + "\"",
                    folder);
  }
}

}  // namespace waybill
