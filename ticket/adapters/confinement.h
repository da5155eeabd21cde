#pragma once

#include <stdexcept>
#include <string>

/// What a daemon gives up for good before strangers are heard.
namespace waybill {

/// The system does not let us give it up. `what()` is one sentence with the mend.
class ConfinementError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Becomes that user, with no group but `group`; empty: the user's own. Before any thread, and
/// before any file of the daemon is opened: its files are its user's. Nothing when that is who we
/// are. Throws ConfinementError: there is no such user or group, or only root can become somebody.
void become(const std::string& user, const std::string& group);

/// True: everything that we do is done as root.
bool is_root() noexcept;

/// From here on this process, with all its threads, may serve the sockets that it listens on, read
/// and write files, and compute: an allow-list of system calls (seccomp). What a server that works
/// never asks for (another program, a child process, a connection or an address of its own, another
/// process's memory, another user, a kernel module, …) ends it with SIGSYS; all else that is not
/// allowed is answered with EPERM, executable memory too. Rights are not regained by any program
/// (NO_NEW_PRIVS). Cannot be undone. Throws ConfinementError when the kernel has no seccomp.
void confine_calls();

}  // namespace waybill
