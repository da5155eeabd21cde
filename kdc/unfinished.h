#pragma once

#include <filesystem>

namespace waybill::kdc {

/// A file or folder under way, beside its place and under a name that nobody asked for: gone unless
/// it was finished. Whoever fills it makes its content durable first. Throws FileError.
class Unfinished {
 public:
  /// `place`.unfinished- and some letters; nothing is made yet.
  explicit Unfinished(const std::filesystem::path& place);
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished();

  const std::filesystem::path& path() const { return path_; }
  /// Finished: it has this name from here on, durably. Refuses a name that is taken.
  void take_name(const std::filesystem::path& name);
  /// Finished: in one step it stands in `place`, and what stood there is then moved to `before`.
  void change_places(const std::filesystem::path& place, const std::filesystem::path& before);

 private:
  const std::filesystem::path path_;
  bool finished_ = false;
};

}  // namespace waybill::kdc
