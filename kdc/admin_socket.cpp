#include "kdc/admin_socket.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why, int code = 0) {
  throw FileError("admin_socket: cannot listen on unix:" + path.string() + ": " + why, path, code);
}

}  // namespace

// Whoever may write in the folder could put a socket of his own in the place of ours.
void check_admin_socket(const std::filesystem::path& path) {
  const std::size_t length = path.native().size();
  if (length > longest) {
    refuse(path, "a socket's path has at most " + std::to_string(longest) +
                     " bytes and this one has " + std::to_string(length) + ": name a shorter one");
  }
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  struct stat folder {};
  if (::stat(parent.c_str(), &folder) != 0 || !S_ISDIR(folder.st_mode)) {
    refuse(path, "there is no folder " + parent.string() + ": make it first", ENOENT);
  }
  if (folder.st_uid != ::geteuid() && folder.st_uid != 0) {
    refuse(path, "the folder " + parent.string() +
                     " is somebody else's: take one of the user who runs the KDC, or of root");
  }
  if ((folder.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    refuse(path, "others may write in the folder " + parent.string() + ": chmod go-w " +
                     parent.string() + ", or take another one");
  }
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode)) {
    refuse(path, "something is there already that is no socket: move it away", EEXIST);
  }
}

}  // namespace waybill::kdc
