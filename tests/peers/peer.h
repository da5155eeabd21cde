#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace waybill::test {

/// A program of somebody else's making that is asked line by line over pipes. It ends with its
/// object. Not thread-safe.
class Peer {
 public:
  /// Throws std::system_error when it cannot be started.
  explicit Peer(const std::filesystem::path& program);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  /// One line of answer to one line. Throws std::runtime_error when it ends or takes more than ten
  /// seconds.
  std::string ask(std::string_view line);

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string rest_;
};

}  // namespace waybill::test
