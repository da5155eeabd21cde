#pragma once

#include <filesystem>

#include "tools/feed_place.h"

namespace waybill::tools {

struct Exported {
  FeedHead head;
  std::size_t fetched = 0;  ///< segments that were not there
  std::size_t kept = 0;     ///< and that were
  std::size_t removed = 0;  ///< that nobody asks for any more
};

/// Mirrors a feed as plain files, for any web server or for a journey: `head`, `0/17`, `1/3`, and
/// the realm document as `realm`. Only what is missing is fetched, and nothing is stored before it
/// has been verified, so that a lying source leaves no file behind; the head comes last. Segments
/// that neither the new head nor the one before it needs are removed. Refuses a head that goes back
/// behind the one in the folder. Throws FeedAway, FileError.
Outcome<Exported> export_feed(FeedPlace& from, const std::filesystem::path& to, Time now);

}  // namespace waybill::tools
