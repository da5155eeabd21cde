#include "tools/feed_place.h"

#include "ticket/adapters/kdc_client.h"
#include "tools/session.h"

namespace waybill::tools {
namespace {

// The last one's silence is the answer.
std::unique_ptr<FeedSource> first_that_answers(FeedSources sources) {
  for (auto& source : sources) {
    try {
      source->head();
      return std::move(source);
    } catch (const FeedAway&) {
      if (&source == &sources.back()) throw;
    }
  }
  return nullptr;  // there is a source, since a realm has a KDC
}

Outcome<Buffer> signed_realm(Context& context, FeedSource& source, const RealmFile& file) {
  try {
    return source.realm();
  } catch (const FeedAway&) {
    KdcClient client(file, context.clock);
    TRY(wire, client.fetch_signed_realm());
    return wire;
  }
}

}  // namespace

const char* const feed_place_note =
    "PLACE is a web address below which the feed's files are (https://cdn.example/feed), a KDC of "
    "the\nrealm file, or a folder.";

Outcome<FeedPlace> open_feed_place(Context& context, const std::optional<std::string>& place) {
  TRY(file, open_realm_file());
  std::vector<std::string> named;
  if (place) named.push_back(*place);
  auto source = first_that_answers(open_feeds(file, named));
  TRY(wire, signed_realm(context, *source, file));
  TRY(realm, RealmDocument::parse(wire, file.realm, file.root));
  return FeedPlace{std::move(file), std::move(source), std::move(wire), std::move(realm)};
}

}  // namespace waybill::tools
