// What a token's refusals are called, in every build.
#include <array>

#include "kdc/token.h"

namespace waybill::kdc {
namespace {

std::string with_code(TokenError::Fault fault, const std::string& sentence) {
  constexpr std::array<std::string_view, 7> codes{"ADDRESS", "MODULE",  "MISSING", "PIN",
                                                  "KEY",     "WRAPPED", "FAILED"};
  return sentence + " [WB-TOKEN-" + std::string(codes.at(static_cast<std::size_t>(fault))) + "]";
}

}  // namespace

TokenError::TokenError(Fault fault, const std::string& sentence)
    : std::runtime_error(with_code(fault, sentence)), fault_(fault) {}

}  // namespace waybill::kdc
