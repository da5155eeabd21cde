#pragma once

#include <filesystem>

#include "kdc/audit.h"

namespace waybill::kdc {

/// How far the audit chain had come when this KDC ran last, in a file of its own beside the store,
/// under a MAC: a store that is put back from an older backup would forget revocations and issue
/// under sequence numbers that it has signed before. Whoever puts back the whole folder, this file
/// too, is not noticed here; who holds a checkpoint elsewhere notices (specs/audit.md).
class HighWater {
 public:
  HighWater(std::filesystem::path file, const Store& store)
      : file_(std::move(file)), store_(store) {}

  /// Nothing when the store has come as far as the mark, on the same chain; else a sentence that
  /// says what is wrong: the store went back, or the mark is missing or not ours.
  std::optional<std::string> fault(const StoreView& view) const;
  /// The number of the record that the mark is at; 0 when it is missing or not ours.
  std::uint64_t reached() const;
  /// Raises the mark to where the store is; writes when it moved, and the first time. Throws
  /// FileError.
  void raise(const StoreView& view);
  /// Under another master key. A mark that is not `from`'s is left as it is. Throws FileError.
  static void protect_anew(const std::filesystem::path& file, const RecordGuard& from,
                           const RecordGuard& to);

 private:
  std::optional<Audit::Position> mark() const;
  const std::filesystem::path file_;
  const Store& store_;
  std::optional<std::uint64_t> written_{};
};

}  // namespace waybill::kdc
