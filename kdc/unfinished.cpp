#include "kdc/unfinished.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "ticket/adapters/files.h"
#include "ticket/secret.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;

// `flags` as renameat2 has them: refuse what is there, or let the two change places.
void rename_as(const fs::path& from, const fs::path& to, unsigned flags) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) != 0) {
    const int code = errno;
    throw FileError("cannot rename " + from.string() + " to " + to.string() + ": " +
                        std::generic_category().message(code),
                    from, code);
  }
}

}  // namespace

Unfinished::Unfinished(const fs::path& place)
    : path_(place.string() + ".unfinished-" + to_hex(random_bytes<4>())) {}

Unfinished::~Unfinished() {
  std::error_code ignored;
  if (!finished_) fs::remove_all(path_, ignored);
}

void Unfinished::take_name(const fs::path& name) {
  rename_as(path_, name, RENAME_NOREPLACE);
  finished_ = true;
  sync_folder(name.parent_path());
}

void Unfinished::change_places(const fs::path& place, const fs::path& before) {
  rename_as(path_, place, RENAME_EXCHANGE);
  finished_ = true;  // under its name there is now what stood in the place
  sync_folder(place.parent_path());
  rename_as(path_, before, RENAME_NOREPLACE);
  sync_folder(before.parent_path());
}

}  // namespace waybill::kdc
