#include "tools/failure.h"

#include <new>

#include "ticket/adapters/feed_source.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "tools/text.h"

namespace waybill::tools {

Stop failure(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {Exit::local, "there is not enough memory",
            "deriving a key from a password takes 256 MiB"};
  }
  const auto* away = dynamic_cast<const FeedAway*>(&error);
  const bool network =
      away != nullptr ? !away->is_local() : dynamic_cast<const HttpError*>(&error) != nullptr;
  return {network ? Exit::unreachable : Exit::local, escaped(error.what())};
}

int finish(Ui& ui, const Outcome<Done>& outcome) {
  if (!ui.flush() && outcome) return finish(ui, Stop(Exit::local, "standard output is closed"));
  if (outcome) return static_cast<int>(Exit::done);
  ui.fail(outcome.error());
  return static_cast<int>(outcome.error().exit);
}

}  // namespace waybill::tools
