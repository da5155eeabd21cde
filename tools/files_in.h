#pragma once

#include <string>

#include "ticket/wire/bytes.h"
#include "tools/outcome.h"

namespace waybill::tools {

/// A file, or standard input for `-`. Stops with usage when there are more than `max_bytes` on
/// standard input. Throws FileError.
Outcome<Buffer> read_file_or_input(const std::string& path, std::size_t max_bytes);

}  // namespace waybill::tools
