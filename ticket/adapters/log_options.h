#pragma once

#include <optional>
#include <string_view>

#include "ticket/adapters/log.h"

namespace waybill {

/// As settings write them: auto, text, json. Nothing: it is none of these.
std::optional<LogForm> log_form_from(std::string_view word);
/// debug, info, warning, error.
std::optional<LogLevel> log_level_from(std::string_view word);

/// The least that is written from now on; the form stays.
void set_log_level(LogLevel lowest) noexcept;

}  // namespace waybill
