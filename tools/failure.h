#pragma once

#include <exception>

#include "tools/ui.h"

namespace waybill::tools {

/// What to say of an exception: HttpError is a server that cannot be reached, everything else is
/// trouble of this machine. For the one catch in main().
Stop failure(const std::exception& error);

/// Prints why a command ended and gives the exit status.
int finish(Ui& ui, const Outcome<Done>& outcome);

}  // namespace waybill::tools
