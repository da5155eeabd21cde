#include "kdc/locations.h"

#include <algorithm>

#include "kdc/pages.h"
#include "kdc/policy.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t max_location = 256;

bool is_url(std::string_view text) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  const bool scheme = text.starts_with("http://") || text.starts_with("https://");
  return scheme && text.size() <= max_location && std::ranges::all_of(text, printable);
}

std::vector<GrantRecord> ceilings(const StoreView& view, std::string_view trigger) {
  return view.grants_of(GrantRecord::Holder::trigger, trigger);
}

}  // namespace

Decided announce(const KdcParts&, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"url"}));
  const std::string url(fields.get("url"));
  ask.fields.add("url", url);
  if (!is_url(url)) return ask.refuse(Errc::malformed, "url is http://… or https://…");
  const auto effects = [url, trigger = ask.caller.principal().name(), now = ask.now](
                           StoreChange& change, Fields&) -> Checked {
    if (ceilings(change, trigger).empty()) return Error{Errc::ceiling_missing, "announce"};
    change.put_location({trigger, url, now});
    return ok();
  };
  return to_do(effects);
}

Decided locate(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"queue"}));
  const auto view = parts.store.view();
  std::optional<std::string> queue;
  if (fields.has("queue")) {
    TRY(named, Principal::parse(fields.get("queue"), parts.realm()));
    queue = named.name();
  }
  PageBuilder page;
  for (const LocationRecord& location : view.locations()) {
    const auto trigger = active(view, location.trigger);
    if (!trigger) continue;
    const bool covers = std::ranges::any_of(
        ceilings(view, location.trigger),
        [&](const GrantRecord& ceiling) { return !queue || ceiling.queue.matches(*queue); });
    if (covers) page.add({{"principal", trigger->principal.text()}, {"url", location.url}});
  }
  ask.said->answer(page.finish());
  return nothing_to_do();
}

}  // namespace waybill::kdc
