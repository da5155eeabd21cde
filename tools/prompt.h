#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ticket/adapters/files.h"
#include "tools/outcome.h"

/// Passwords, which never come from an argument or the environment.
namespace waybill::tools {

struct PasswordSource {
  /// A secret file (mode 0600), `-` for standard input; without it the terminal, and standard
  /// input where there is none.
  std::optional<std::string> file;
  std::string question;  ///< `password for carol@DEMO.TEST`
  bool is_new = false;   ///< a terminal asks for it twice
};

/// The first line, without its end. Throws FileError. Stops with usage when it is empty or longer
/// than 1023 bytes, or when the two do not agree.
Outcome<SecretBytes> read_password(const PasswordSource& source);

/// Asks on the terminal, without echo. A signal that ends or stops the process finds the terminal
/// as it was before. Throws FileError when there is no terminal.
SecretBytes ask_without_echo(const std::string& question);

}  // namespace waybill::tools
