#include "tools/audit_ocsf.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tools/audit_story.h"
#include "tools/rows.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using Event = nlohmann::json;

struct Class {
  std::string_view event;
  int class_uid;
  int activity_id;
};

constexpr int api_activity = 6003;
constexpr int other = 99;
constexpr Class classes[] = {
    {"login", 3002, 1},                    // Authentication: Logon
    {"tgs", 3002, 4},                      // Authentication: Service Ticket Request
    {"renew", 3002, 5},                    // Authentication: Service Ticket Renew
    {"tgs.delegate", 3003, 1},             // Authorize Session: Assign Privileges
    {"admin.principal.add", 3001, 1},      // Account Change: Create
    {"admin.queue.add", 3001, 1},          // Account Change: Create
    {"admin.principal.enable", 3001, 2},   // Account Change: Enable
    {"passwd", 3001, 3},                   // Account Change: Password Change
    {"admin.principal.disable", 3001, 5},  // Account Change: Disable
    {"admin.grant.add", 3005, 1},          // User Access Management: Assign Privileges
    {"admin.grant.remove", 3005, 2},       // User Access Management: Revoke Privileges
    {"look", api_activity, 2},             // API Activity: Read
    {"complete", api_activity, 3},         // API Activity: Update
    {"revoke", api_activity, 4},           // API Activity: Delete
};

Class class_of(std::string_view event) {
  const auto found = std::ranges::find(classes, event, &Class::event);
  return found == std::end(classes) ? Class{event, api_activity, other} : *found;
}

Event user(std::string_view principal) { return {{"name", principal}}; }

// Whom it is about, where the event's class asks for somebody.
std::string_view target_of(const Fields& row) {
  for (const char* name : {"subject", "principal", "name", "trigger", "role"}) {
    if (row.has(name)) return row.get(name);
  }
  return row.get("by");
}

Event unmapped_of(const Fields& row) {
  Event out = Event::object();
  const nlohmann::json all = to_json(row);
  for (const auto& [name, value] : row.entries()) out[name] = all.at(name);
  return out;
}

}  // namespace

Event to_ocsf(const Fields& row) {
  const Class one = class_of(row.get("event"));
  const bool done = row.get("outcome") == "done";
  const auto time = parse_unix(row.get("time"));
  Event out{{"time", time ? time->time_since_epoch().count() * 1000 : 0},
            {"category_uid", one.class_uid / 1000},
            {"class_uid", one.class_uid},
            {"activity_id", one.activity_id},
            {"type_uid", one.class_uid * 100 + one.activity_id},
            {"severity_id", done ? 1 : 2},
            {"status_id", done ? 1 : 2},
            {"message", tell(row)}};
  if (!done) {
    out["status_code"] = row.get("outcome");
    out["status_detail"] = sentence_of(row.get("outcome"));
  }
  out["metadata"] = {{"version", "1.3.0"},
                     {"uid", row.get("sequence")},
                     {"log_name", "audit"},
                     {"product", {{"name", "Waybill KDC"}, {"vendor_name", "Waybill"}}}};
  if (row.has("by")) out["actor"]["user"] = user(row.get("by"));
  if (one.class_uid != api_activity) out["user"] = user(target_of(row));
  if (one.class_uid == api_activity) {
    out["api"]["operation"] = row.get("event");
    if (!row.has("by")) out["actor"]["user"] = user("kdc");
  }
  if (one.class_uid == 3003 || one.class_uid == 3005) out["privileges"] = row.all("action");
  if (row.has("audience")) out["service"] = {{"name", row.get("audience")}};
  if (row.has("tgt")) out["session"] = {{"uid", row.get("tgt")}};
  out["unmapped"] = unmapped_of(row);
  return out;
}

}  // namespace waybill::tools
