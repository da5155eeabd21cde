#include <csignal>
#include <exception>
#include <iostream>

#include "ticket/adapters/shutdown.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/secret.h"
#include "tools/commands.h"
#include "tools/failure.h"

namespace waybill::tools {
namespace {

constexpr Subcommand subcommands[] = {
    {"init", init_main, "log in: get a ticket-granting ticket (kinit)"},
    {"list", list_main, "show the tickets that you hold (klist)"},
    {"destroy", destroy_main, "forget them (kdestroy)"},
    {"passwd", passwd_main, "change your password, or a service's key"},
    {"submit", submit_main, "start a workflow"},
    {"status", status_main, "show how a workflow stands"},
    {"wait", wait_main, "wait for a workflow, and print its result"},
    {"cancel", cancel_main, "end a workflow"},
    {"authorize", authorize_main, "print an Authorization header, for curl"},
    {"inspect", inspect_main, "decode a ticket"},
    {"verify", verify_main, "check a ticket offline, as a worker does, step by step"},
    {"keygen", keygen_main, "make the key of a service or a queue (ktutil)"},
    {"revoke", revoke_main, "revoke tickets"},
    {"tickets", tickets_main, "show outstanding tickets"},
    {"feed", feed_main, "show, check, export and import the revocation feed"},
    {"codec", codec_main, "let Temporal's UI and CLI show you what you may see"},
    {"doctor", doctor_main, "look for what is wrong on this machine, and say the mend"},
    {"audit", audit_main, "read, search and verify the KDC's audit trail"},
    {"why", why_main, "explain a refusal"},
    {"admin", admin_main, "principals, queues and grants (kadmin)"},
    {"completion", completion_main, "teach your shell to complete these commands"},
};

// Keys are in memory that is never swapped, unless somebody says that it may be.
Outcome<Done> lock_memory(Arguments& arguments) {
  const bool locked = LockedArena::start();
  const bool allowed = !arguments.empty() && arguments.front() == "--insecure-allow-swap";
  if (allowed) arguments.erase(arguments.begin());
  if (locked || allowed) return done();
  return Stop(Exit::local, "memory for keys cannot be locked",
              "raise RLIMIT_MEMLOCK, or run `waybill --insecure-allow-swap COMMAND`");
}

Outcome<Done> run(Context& context, Arguments arguments) {
  CHECK_OK(lock_memory(arguments));
  harden_process();
  (void)std::signal(SIGPIPE, SIG_IGN);  // a server that hangs up is an answer
  if (arguments.empty()) return standing_main(context, arguments);
  if (arguments.front() == "--version") {
    context.ui.print("waybill " WAYBILL_VERSION);
    return done();
  }
  return dispatch(context, subcommands, "waybill", arguments);
}

}  // namespace
}  // namespace waybill::tools

int main(int count, char** words) {
  using namespace waybill::tools;
  Ui ui(std::cout, std::cerr, Ui::look_of_process());
  const waybill::SystemClock clock;
  Context context{ui, clock};
  try {
    return finish(ui, run(context, Arguments(words + 1, words + count)));
  } catch (const std::exception& error) {
    return finish(ui, failure(error));
  }
}
