#include "kdc/token_file.h"

#include <sstream>

#include <toml++/toml.h>

#include "ticket/adapters/files.h"
#include "ticket/wire/hex.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t max_token_file = 4096;

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& fault) {
  throw FileError(file.string() + ": " + fault, file);
}

// A quote or a backslash would end the text or begin something else.
std::string quoted(const std::string& text) {
  if (text.find_first_of("\"\\\n") != std::string::npos) {
    throw TokenError(TokenError::Fault::address,
                     "the token's address has a quote or a backslash: write it as % and its code");
  }
  return "\"" + text + "\"";
}

}  // namespace

TokenFile TokenFile::make(const std::string& address, const Secret<32>& secret) {
  quoted(address);
  TokenFile made{address, wrap_in_token(TokenKey::parse(address), secret)};
  if (made.open() != secret) {
    throw TokenError(TokenError::Fault::failed,
                     "the token gives back another key than it was given");
  }
  return made;
}

TokenFile TokenFile::load(const std::filesystem::path& file) {
  const SecretBytes bytes = read_secret_file(file, max_token_file);
  toml::table table;
  try {
    table = toml::parse(text_of(bytes.expose()), file.string());
  } catch (const toml::parse_error& error) {
    refuse(file, "line " + std::to_string(error.source().begin.line) + ": " +
                     std::string(error.description()));
  }
  const auto address = table["token"].value<std::string>();
  const auto wrapped = from_hex(table["wrapped"].value_or(std::string_view{}));
  if (table.size() != 2 || !address || !wrapped || wrapped->size() != wrapped_bytes) {
    refuse(file,
           "it must hold `token` and `wrapped`, as `waybill-kdc init --token` writes them, "
           "and nothing else");
  }
  return {*address, *wrapped};
}

Secret<32> TokenFile::open() const { return unwrap_in_token(TokenKey::parse(address), wrapped); }

std::string TokenFile::print() const {
  std::ostringstream out;
  out << "# The master key of the store, as the token wrapped it. It opens nothing without the "
         "token\n"
      << "# and its PIN; without this file the token opens nothing either, so keep a copy.\n"
      << "token = " << quoted(address) << "\n"
      << "wrapped = \"" << to_hex(wrapped) << "\"\n";
  return out.str();
}

}  // namespace waybill::kdc
