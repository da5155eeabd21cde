#pragma once

#include <string>

namespace waybill {

/// A text as a value of TOML, with its quotes: in one line, whatever it holds.
std::string toml_text(const std::string& text);

}  // namespace waybill
