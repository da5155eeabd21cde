#pragma once

#include <string>
#include <string_view>

namespace waybill::test {

/// The text of a file of vectors with a line `rule` behind each `expect` and `fault` that is none
/// but good: the number of the rule of specs/protocol.md that refuses there. Throws
/// std::runtime_error for a case of which no rule is known, so that none is added without.
std::string with_rules(std::string_view file, std::string_view text);

}  // namespace waybill::test
