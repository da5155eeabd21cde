#pragma once

#include <string_view>
#include <vector>

#include "ticket/wire/bytes.h"

namespace waybill::test::fuzz {

/// The values of that name in all cases of a file of specs/vectors, good and bad.
std::vector<Buffer> from_vectors(std::string_view file, std::string_view name);

/// The first bin of each of these messages: what is signed in them.
std::vector<Buffer> signed_parts(const std::vector<Buffer>& messages);

}  // namespace waybill::test::fuzz
