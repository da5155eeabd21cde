#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/command.h"

namespace waybill::tools {

/// One thing that was looked at.
struct Finding {
  enum class Verdict { good, note, wrong };
  std::string what;  ///< `clock`, `realm file`
  Verdict verdict;
  std::string says;         ///< safe for a terminal
  std::string mend{};       ///< what to do; empty when all is well
  Exit exit = Exit::local;  ///< of the command, when this is the first that is wrong
};
std::string_view name_of(Finding::Verdict verdict);  ///< `ok`, `note`, `WRONG`

/// What `waybill doctor` looks at besides what every machine has.
struct CheckupWish {
  std::optional<std::string> cache;  ///< as of `-c,--cache`
  std::vector<std::string> keytabs;  ///< each is read, and logs in
  std::vector<std::string> mirrors;  ///< folders of the feed, of workers and triggers of this host
};

/// The realm file, each KDC, the realm document, the feed and what it says of this machine's
/// clock, the credentials, and what was wished for. Changes nothing but what a login leaves in the
/// KDC's audit trail. Never throws what a check found.
std::vector<Finding> check_up(Context& context, const CheckupWish& wish);

}  // namespace waybill::tools
