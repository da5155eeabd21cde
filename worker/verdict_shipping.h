#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/service_principal.h"

namespace waybill::worker {

/// Hands the lines of verdicts.jsonl to the KDC, as the queue, while one answers; until then they
/// wait in the file. How far it has come is kept beside the file (`verdicts.cursor`), so nothing is
/// left out over a restart, and what is handed in twice the KDC takes once (specs/audit.md). Used
/// by one thread.
class VerdictShipping {
 public:
  /// `self` must outlive it. `retry`: how long a KDC that did not take a line is left alone.
  VerdictShipping(const std::filesystem::path& folder, ServicePrincipal& self,
                  std::chrono::milliseconds retry = std::chrono::minutes(1));

  /// Hands in what is there, up to some hundred lines. Never waits for more. Throws FileError when
  /// the place cannot be kept, std::system_error.
  void ship();

 private:
  struct Cursor {
    std::string log;  ///< random, hex: this file, and none that it was replaced by
    std::uint64_t position = 0;
  };
  struct Line {
    std::optional<Operation> operation;  ///< none: no line of ours
    std::uint64_t end;                   ///< where it ends in the file
  };
  Cursor load(std::uint64_t size) const;
  void keep(const Cursor& cursor) const;
  std::vector<Line> next_lines(const Cursor& cursor) const;
  bool hand_in(const std::vector<Line>& lines, Cursor& cursor);

  const std::filesystem::path file_, place_;
  ServicePrincipal& self_;
  const std::chrono::milliseconds retry_;
  std::chrono::steady_clock::time_point not_before_{};
};

}  // namespace waybill::worker
