#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/bytes.h"

/// What libFuzzer feeds (CONTRIBUTING.md, `tools/test --fuzz`). A target does more than not crash:
/// it says what has to hold of whatever comes out.
namespace waybill::test::fuzz {

struct Target {
  std::string name;  ///< unique in its executable; words with _ between
  std::function<std::vector<Buffer>()> seeds;
  /// Ends the process when something does not hold. Must not remember anything from one input to
  /// the next that changes what it does: an input that was found is looked at alone.
  std::function<void(Bytes input)> run;
};
using Targets = std::vector<Target>;

/// Those of this executable.
Targets targets();

/// When it does not hold, that is a finding: says the property and ends the process.
void require(bool holds, std::string_view property);

inline Buffer text(std::string_view words) { return copy_of(bytes_of(words)); }

inline Targets joined(std::vector<Targets> lists) {
  Targets all;
  for (Targets& list : lists) {
    for (Target& one : list) all.push_back(std::move(one));
  }
  return all;
}

}  // namespace waybill::test::fuzz
