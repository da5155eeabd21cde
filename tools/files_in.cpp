#include "tools/files_in.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "ticket/adapters/files.h"

namespace waybill::tools {

Outcome<Buffer> read_file_or_input(const std::string& path, std::size_t max_bytes) {
  if (path != "-") return read_file(path, max_bytes);
  Buffer input;
  std::array<std::uint8_t, 64 * 1024> block{};
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Stop(Exit::local, "standard input cannot be read");
    if (got == 0) return input;
    input.insert(input.end(), block.begin(), block.begin() + got);
    if (input.size() > max_bytes) {
      return wrong_usage("standard input has more than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

}  // namespace waybill::tools
