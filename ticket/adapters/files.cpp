#include "ticket/adapters/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace waybill {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* doing, const fs::path& path, int code) {
  throw FileError(std::string("cannot ") + doing + " " + path.string() + ": " +
                      std::generic_category().message(code),
                  path, code);
}

[[noreturn]] void refuse(const fs::path& path, const std::string& fault) {
  throw FileError(path.string() + " " + fault, path);
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

// NONBLOCK: opening a pipe must not wait for its writer; regular files do not care.
Descriptor open_to_read(const fs::path& path, int extra) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | extra));
  if (file.get() < 0 && errno == ELOOP && extra == O_NOFOLLOW) {
    refuse(path, "is a symbolic link; name the file itself");
  }
  if (file.get() < 0) fail("open", path, errno);
  return file;
}

struct stat look(const Descriptor& file, const fs::path& path) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) fail("open", path, errno);
  return info;
}

std::size_t checked_size(const struct stat& info, const fs::path& path, std::size_t max_bytes) {
  if (!S_ISREG(info.st_mode)) refuse(path, "is not a regular file");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > max_bytes) {
    refuse(path, "is larger than " + std::to_string(max_bytes) + " bytes");
  }
  return size;
}

// Reads until `room` is full or the file ends; returns how many bytes came.
std::size_t read_into(const Descriptor& file, std::span<std::uint8_t> room, const fs::path& path) {
  std::size_t filled = 0;
  while (filled < room.size()) {
    const ssize_t got = ::read(file.get(), room.data() + filled, room.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

void write_all(const Descriptor& file, Bytes bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

fs::path folder_of(const fs::path& path) {
  return path.parent_path().empty() ? fs::path(".") : path.parent_path();
}

enum class Wait { for_the_disk, not_at_all };

// A written file beside `path`, under another name until it is renamed or linked.
class Draft {
 public:
  Draft(const fs::path& path, Bytes bytes, mode_t mode, Wait wait = Wait::for_the_disk)
      : name_((folder_of(path) / ("." + path.filename().string() + ".XXXXXX")).string()) {
    const Descriptor file(::mkostemp(name_.data(), O_CLOEXEC));  // made with 0600
    if (file.get() < 0) {
      name_.clear();
      fail("write", path, errno);
    }
    try {
      write_all(file, bytes, path);
      if (::fchmod(file.get(), mode) != 0) fail("set the mode of", path, errno);
      if (wait == Wait::for_the_disk && ::fsync(file.get()) != 0) fail("sync", path, errno);
    } catch (const FileError&) {  // a destructor does not run for what was never made
      ::unlink(name_.c_str());
      throw;
    }
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  const char* name() const { return name_.c_str(); }
  void rename_to(const fs::path& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0) fail("replace", path, errno);
    name_.clear();
  }

 private:
  std::string name_;
};

void check_private(const struct stat& info, const fs::path& path, const char* mode) {
  if (info.st_uid != ::geteuid()) {
    refuse(path, "belongs to another user; run: chown " + std::to_string(::geteuid()) + " " +
                     path.string());
  }
  if ((info.st_mode & 077) != 0) {
    refuse(path,
           std::string("is open to group or others; run: chmod ") + mode + " " + path.string());
  }
}

// What systemd hands to a unit (LoadCredential=). Root writes it, to be read and never changed,
// into the folder that $CREDENTIALS_DIRECTORY names. Where the file system has ACLs it stays
// root's, and an ACL lets this user read it: then the mask of that ACL shows where the rights of
// the group are. So a file of root's may show that one right there, and nowhere else; root could
// read it anyway.
bool is_credential(const struct stat& info, const fs::path& path) {
  constexpr mode_t others_may_write = 022;
  constexpr mode_t all_but_reading_by_owner_and_group = 0337;
  const char* named = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  struct stat handed {};
  struct stat folder {};
  if (named == nullptr || ::stat(named, &handed) != 0 ||
      ::stat(folder_of(path).c_str(), &folder) != 0) {
    return false;
  }
  const bool is_there = folder.st_dev == handed.st_dev && folder.st_ino == handed.st_ino;
  const bool is_closed = (folder.st_uid == 0 || folder.st_uid == ::geteuid()) &&
                         (folder.st_mode & others_may_write) == 0;
  return is_there && is_closed && info.st_uid == 0 && info.st_gid == 0 &&
         (info.st_mode & all_but_reading_by_owner_and_group) == 0;
}

}  // namespace

void sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0 || ::fsync(opened.get()) != 0) fail("sync", folder, errno);
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  bytes_.swap(other.bytes_);
  return *this;
}

SecretBytes::~SecretBytes() {
  if (!bytes_.empty()) ::explicit_bzero(bytes_.data(), bytes_.size());
}

void SecretBytes::shrink(std::size_t size) noexcept {
  if (size >= bytes_.size()) return;
  ::explicit_bzero(bytes_.data() + size, bytes_.size() - size);
  bytes_.resize(size);  // never moves to smaller memory
}

SecretBytes read_secret_file(const fs::path& path, std::size_t max_bytes) {
  const Descriptor file = open_to_read(path, O_NOFOLLOW);
  const auto info = look(file, path);
  const std::size_t size = checked_size(info, path, max_bytes);
  if (!is_credential(info, path)) check_private(info, path, "600");
  SecretBytes secret(size);
  secret.shrink(read_into(file, secret.writable(), path));
  return secret;
}

Buffer read_file(const fs::path& path, std::size_t max_bytes) {
  const Descriptor file = open_to_read(path, 0);
  Buffer bytes(checked_size(look(file, path), path, max_bytes));
  bytes.resize(read_into(file, bytes, path));
  return bytes;
}

void write_file_atomic(const fs::path& path, Bytes bytes, mode_t mode) {
  Draft draft(path, bytes, mode);
  draft.rename_to(path);
  sync_folder(folder_of(path));
}

void replace_file(const fs::path& path, Bytes bytes, mode_t mode) {
  Draft(path, bytes, mode, Wait::not_at_all).rename_to(path);
}

void create_file(const fs::path& path, Bytes bytes, mode_t mode) {
  const Draft draft(path, bytes, mode);
  // link() refuses an existing name, also a dangling link; rename() would replace it.
  if (::link(draft.name(), path.c_str()) != 0) {
    if (errno != EEXIST) fail("make", path, errno);
    throw FileError(path.string() + " exists already; it was not changed", path, EEXIST);
  }
  sync_folder(folder_of(path));
}

void make_private_folder(const fs::path& path) {
  const fs::path clean = path.has_filename() ? path : path.parent_path();  // "a/b/" is "a/b"
  const fs::path parent = folder_of(clean);
  std::error_code missing;
  if (!fs::exists(parent, missing)) make_private_folder(parent);
  if (::mkdir(clean.c_str(), 0700) == 0) {
    sync_folder(parent);
  } else if (errno != EEXIST) {
    fail("make the folder", clean, errno);
  }
  struct stat info {};
  if (::lstat(clean.c_str(), &info) != 0) fail("open", clean, errno);
  if (S_ISLNK(info.st_mode)) refuse(clean, "is a symbolic link; name the folder itself");
  if (!S_ISDIR(info.st_mode)) refuse(clean, "is not a folder");
  check_private(info, clean, "700");
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<FolderLock> try_lock_folder(const fs::path& path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) fail("open the folder", path, errno);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail("lock", path, errno);
    return std::nullopt;
  }
  return FolderLock(folder.release());
}

FolderLock lock_folder(const fs::path& path) {
  auto lock = try_lock_folder(path);
  if (!lock) {
    throw FileError(path.string() + " is in use by another process; stop that one first", path,
                    EWOULDBLOCK);
  }
  return *std::move(lock);
}

}  // namespace waybill
