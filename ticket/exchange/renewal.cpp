#include "ticket/exchange/renewal.h"

namespace waybill {
namespace {

Error differs(const char* what) { return {Errc::bad_renewal, what}; }

}  // namespace

Checked check_renewal(const Body& before, const Body& after) {
  if (after.id != before.id) return differs("id");
  if (after.lineage != before.lineage) return differs("lineage");
  if (after.subject != before.subject) return differs("subject");
  if (after.actors != before.actors) return differs("actors");
  if (after.audience != before.audience) return differs("audience");
  if (after.work != before.work) return differs("work");
  if (after.start_by != before.start_by) return differs("start_by");
  if (!are_among(after.actions, before.actions)) return differs("actions");
  if (!are_among(after.downstreams, before.downstreams)) return differs("downstreams");
  if ((after.flags & ~before.flags) != 0) return differs("flags");
  if (after.issued_at < before.issued_at) return differs("issued_at");
  if (after.renew_until > before.renew_until) return differs("renew_until");
  if (after.run_until > before.renew_until) return differs("run_until");
  if (after.feed_floor < before.feed_floor) return differs("feed_floor");
  if (after.max_staleness > before.max_staleness) return differs("max_staleness");
  return ok();
}

}  // namespace waybill
