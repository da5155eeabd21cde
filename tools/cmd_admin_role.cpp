// `waybill admin role`: a role is what principals hold and grants are for; nobody registers it.
#include <map>

#include <nlohmann/json.hpp>

#include "tools/admin.h"
#include "tools/commands.h"
#include "tools/progress.h"
#include "tools/rows.h"
#include "tools/table.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

struct Uses {
  std::size_t principals = 0;
  std::size_t grants = 0;
};

Outcome<std::map<std::string, Uses>> all_roles(Session& session) {
  Progress progress(session.ui(), "reading principals and grants");
  std::map<std::string, Uses> roles;
  CHECK_OK(each_row(session, "admin.principal.list", {}, [&](const Fields& row) {
    for (const std::string& role : row.all("role")) ++roles[role].principals;
    return true;
  }));
  CHECK_OK(each_row(session, "admin.grant.list", {}, [&](const Fields& row) {
    if (row.has("role")) ++roles[std::string(row.get("role"))].grants;
    return true;
  }));
  return roles;
}

Outcome<Done> list_roles(Context& context, const Arguments& arguments) {
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line("waybill admin role list",
                   "Show the roles that somebody has or a grant is for.");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.note(
      "A role is made by whoever gives it: `waybill admin principal change --add-role`, `waybill "
      "admin\n"
      "grant add --role`. One with grants and no principals may be misspelt. The role operator may "
      "do\n"
      "all of `waybill admin`.");
  line.example("waybill admin role list");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(roles, all_roles(*session));
  if (as_json) {
    json out = json::array();
    for (const auto& [role, uses] : roles) {
      out.push_back({{"role", role}, {"principals", uses.principals}, {"grants", uses.grants}});
    }
    context.ui.print_json(out);
    return done();
  }
  Table table({"ROLE", "PRINCIPALS", "GRANTS"});
  for (const auto& [role, uses] : roles) {
    table.row({role, std::to_string(uses.principals), std::to_string(uses.grants)});
  }
  table.print(context.ui);
  return done();
}

Outcome<Done> show_role(Context& context, const Arguments& arguments) {
  std::string role;
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line("waybill admin role show", "Show who has a role, and what it may start.");
  line.argument("ROLE", role, "which");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.example("waybill admin role show clerk");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  const Fields asked{{"role", role}};
  std::vector<Fields> principals, grants;
  const auto into = [](std::vector<Fields>& rows) {
    return [&rows](Fields row) {
      rows.push_back(std::move(row));
      return true;
    };
  };
  CHECK_OK(each_row(*session, "admin.principal.list", asked, into(principals)));
  CHECK_OK(each_row(*session, "admin.grant.list", asked, into(grants)));
  if (principals.empty() && grants.empty()) {
    return Stop(Error{Errc::not_found},
                "nobody has the role " + escaped(role) + ", and no grant is for it");
  }
  if (as_json) {
    context.ui.print_json({{"role", role},
                           {"principals", tools::to_json(principals)},
                           {"grants", tools::to_json(grants)}});
    return done();
  }
  print_rows(context.ui, principals, context.clock.now(), {"name", "kind", "disabled"});
  context.ui.print("");
  print_rows(context.ui, grants, context.clock.now(),
             {"id", "queue", "workflow", "action", "max_run"});
  return done();
}

constexpr Subcommand role_commands[] = {
    {"list", list_roles, "show those that are in use"},
    {"show", show_role, "show who has one, and its grants"},
};

}  // namespace

Outcome<Done> admin_role_main(Context& context, const Arguments& arguments) {
  return dispatch(context, role_commands, "waybill admin role", arguments);
}

}  // namespace waybill::tools
