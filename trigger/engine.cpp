#include "trigger/engine.h"

#include <cstdlib>

#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"

namespace waybill::trigger {

std::string_view name_of(Status status) {
  switch (status) {
    case Status::queued:
      return "queued";
    case Status::running:
      return "running";
    case Status::completed:
      return "completed";
    case Status::failed:
      return "failed";
    case Status::refused:
      return "refused";
    case Status::cancelled:
      return "cancelled";
    case Status::dead:
      return "dead";
  }
  std::abort();  // a decoder lets no other number through
}

std::string print(const FixedBytes<16>& id) { return to_hex(id); }

}  // namespace waybill::trigger
