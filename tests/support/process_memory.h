#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/known_secrets.h"

namespace waybill::test {

/// Where secrets lie in a process: "NAME in REGION", REGION as /proc/PID/smaps has it.
struct InMemory {
  std::vector<std::string> locked;   ///< in pages that are neither dumped nor swapped
  std::vector<std::string> outside;  ///< in what a core image would hold, or swap
};

/// Looks through all memory of a process but for files, which are looked at as such. Without
/// stopping it. As root: a hardened process is closed to everybody else. Throws std::system_error.
InMemory look_into(pid_t pid, const KnownSecrets& secrets);

/// Lets a child go on to its end, by `go_on`, and looks at it in its last moment, when all its
/// destructors have run and its memory is still there. It must not end before `go_on`. It is not
/// reaped; false when it ended without having been seen. From the thread that started it.
bool look_at_the_end(pid_t child, const std::function<void()>& go_on,
                     const std::function<void()>& look);

}  // namespace waybill::test
