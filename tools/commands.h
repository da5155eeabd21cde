#pragma once

#include "tools/command.h"

/// The sub-commands; each is defined in the file of its name, cmd_*.cpp.
namespace waybill::tools {

using Command = Outcome<Done>(Context& context, const Arguments& arguments);

Command standing_main;  ///< `waybill` alone: where I stand, and what to type next
Command init_main;
Command list_main;
Command destroy_main;
Command passwd_main;
Command submit_main;
Command status_main;
Command wait_main;
Command cancel_main;
Command authorize_main;
Command inspect_main;
Command verify_main;
Command keygen_main;
Command revoke_main;
Command tickets_main;
Command completion_main;
Command audit_main;
Command audit_export_main;
Command audit_search_main;
Command audit_trace_main;
Command why_main;
Command feed_main;
Command codec_main;
Command doctor_main;
Command admin_main;
Command admin_principal_main;
Command admin_queue_main;
Command admin_grant_main;

}  // namespace waybill::tools
