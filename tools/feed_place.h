#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ticket/adapters/feed_source.h"
#include "tools/command.h"

namespace waybill::tools {

/// A feed that somebody asked about, and the document that says who may sign it.
struct FeedPlace {
  RealmFile realm_file;
  std::unique_ptr<FeedSource> source;
  Buffer signed_realm;  ///< as it came
  RealmDocument realm;  ///< verified under the realm file's root key
};

/// The feed at `place`; none: the first of the realm's feeds and KDCs that answers. The realm
/// document is the one beside the feed, or else the KDC's. Stops without a realm file, or when the
/// document is refused. Throws FeedAway, HttpError, FileError.
Outcome<FeedPlace> open_feed_place(Context& context, const std::optional<std::string>& place);

/// How a place is written, for --help.
extern const char* const feed_place_note;

}  // namespace waybill::tools
