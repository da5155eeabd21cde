#include "tools/admin.h"
#include "tools/commands.h"

namespace waybill::tools {
namespace {

constexpr Subcommand admin_subcommands[] = {
    {"principal", admin_principal_main, "users and services: add, show, list, change, disable, …"},
    {"queue", admin_queue_main, "queues and their owners: add, show, list, change, rekey, …"},
    {"role", admin_role_main, "roles, who has them, and what they may start: list, show"},
    {"grant", admin_grant_main, "who may start what, where: add, list, remove"},
};

}  // namespace

Outcome<Done> admin_main(Context& context, const Arguments& arguments) {
  return dispatch(context, admin_subcommands, "waybill admin", arguments);
}

}  // namespace waybill::tools
