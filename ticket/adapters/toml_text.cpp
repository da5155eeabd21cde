#include "ticket/adapters/toml_text.h"

#include <sstream>

#include <toml++/toml.h>

namespace waybill {

std::string toml_text(const std::string& text) {
  const toml::value<std::string> value(text);
  std::ostringstream out;
  out << toml::toml_formatter(value, toml::format_flags::allow_unicode_strings);
  return out.str();
}

}  // namespace waybill
