#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ticket/wire/bytes.h"

/// Files with checked owners and modes, atomic replacement, and locked folders. Every function
/// throws FileError when the system does not do what it is asked.
namespace waybill {

/// `what()` is one sentence with the path and, where there is one, the mend.
class FileError : public std::runtime_error {
 public:
  FileError(const std::string& sentence, std::filesystem::path path, int code = 0)
      : std::runtime_error(sentence), path_(std::move(path)), code_(code) {}
  const std::filesystem::path& path() const noexcept { return path_; }
  /// errno, or 0 when a rule of ours refused: ENOENT is "no such file".
  int code() const noexcept { return code_; }

 private:
  std::filesystem::path path_;
  int code_;
};

/// Bytes of a secret file: moves, never copies, dies wiped. Made in its final size, so no copy is
/// left behind by growing. For the short time between reading a file and taking its keys out.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  Bytes expose() const noexcept { return bytes_; }
  std::span<std::uint8_t> writable() noexcept { return bytes_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  /// Drops the end; the memory is kept, wiped.
  void shrink(std::size_t size) noexcept;

 private:
  std::vector<std::uint8_t> bytes_;
};

/// Reads a file that holds a secret. Refused: a link, what is no regular file, another owner than
/// the user who runs this, rights of group or others (but root's credential for this unit), over
/// the size.
SecretBytes read_secret_file(const std::filesystem::path& path, std::size_t max_bytes = 64 * 1024);

/// Reads a regular file of at most `max_bytes`; links are followed.
Buffer read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Makes durable what was made, renamed or removed in a folder. Throws FileError.
void sync_folder(const std::filesystem::path& folder);

/// Replaces a file, or makes it: after a crash there is the old content or the new, never a mix.
/// Durable when it returns. `mode` is set exactly, whatever the umask.
void write_file_atomic(const std::filesystem::path& path, Bytes bytes, mode_t mode);
/// The same without waiting for the disk, for a file that can be made again: whoever reads finds
/// the old content or the new, but after a power cut it may hold anything.
void replace_file(const std::filesystem::path& path, Bytes bytes, mode_t mode);
/// As write_file_atomic, for a file that must not exist yet; throws FileError with EEXIST when it
/// does. Files with keys are made by this, with mode 0600.
void create_file(const std::filesystem::path& path, Bytes bytes, mode_t mode);

/// Makes a folder of mode 0700 (and its missing parents alike). When it exists it must be a real
/// folder, ours, and closed to group and others.
void make_private_folder(const std::filesystem::path& path);

/// Holds a folder for this process; lets go when it dies, however it dies.
class FolderLock {
 public:
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  friend std::optional<FolderLock> try_lock_folder(const std::filesystem::path& path);
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Throws FileError (EWOULDBLOCK) when somebody holds it, so that two daemons never share a folder.
[[nodiscard]] FolderLock lock_folder(const std::filesystem::path& path);
/// The same for who would rather wait for his turn: nothing when somebody holds it.
[[nodiscard]] std::optional<FolderLock> try_lock_folder(const std::filesystem::path& path);

}  // namespace waybill
