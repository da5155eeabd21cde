#pragma once

#include <filesystem>

namespace waybill::kdc {

/// That the KDC may listen there (specs/http-api.md): the path fits into a Unix socket's address,
/// its folder is there and nobody but this user and root may write in it, and nothing but a socket
/// is in its place. Changes nothing. Throws FileError with the mend.
void check_admin_socket(const std::filesystem::path& path);

}  // namespace waybill::kdc
