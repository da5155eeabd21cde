#pragma once

#include <filesystem>

#include "kdc/high_water.h"
#include "kdc/parts.h"

namespace waybill::kdc {

/// What the daemon does between requests, on main()'s thread: forgets rolling keys whose time is
/// over, takes a newer realm document that a command put into the store, raises the high-water
/// mark, tries a store that failed again, clears the store of what ended, compacts the feed,
/// destroys keys that nothing needs, and, when the configuration says so, makes the next epoch. A
/// disk that fails here is logged and tried again; requests see it for themselves.
class Housekeeping {
 public:
  static constexpr std::chrono::seconds interval{1};
  /// Ended tickets stay for a while, so that a list can show them as expired.
  static constexpr std::chrono::hours grace{24};
  static constexpr Seconds sweep_interval{30};
  static constexpr std::size_t sweep_most = 500;  ///< in one commit, which others wait for
  static constexpr std::size_t compact_most = 4;  ///< small segments of the feed, likewise

  static constexpr std::chrono::hours keys_interval{1};  ///< looks for keys that nothing needs
  static constexpr std::chrono::hours warning_interval{24};

  /// `root_key`: where it is, for Config::rotates_epochs.
  Housekeeping(KdcParts& parts, HighWater& mark, std::filesystem::path root_key = {})
      : parts_(parts), mark_(mark), root_key_(std::move(root_key)) {}

  void tick() noexcept;
  /// After the last request.
  void finish() noexcept;

 private:
  bool sweep(Time before);
  bool compact(Time now);
  void take_newer_realm();
  void look_after_epochs(Time now);
  void make_next_epoch(Time now);
  void warn_of_the_end(Time now);

  KdcParts& parts_;
  HighWater& mark_;
  const std::filesystem::path root_key_;
  Time next_sweep_{};
  Time next_keys_{};
  Time next_warning_{};
};

}  // namespace waybill::kdc
