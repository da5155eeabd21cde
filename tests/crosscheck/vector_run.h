#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/crosscheck/second/vector_file.h"

namespace second {

/// The cases of a file of specs/vectors, or those of one kind; none is a broken file.
std::vector<VectorCase> cases(const char* file, std::string_view kind = {});

/// Runs one case: what `check` throws, or that it throws nothing, must be what the file says.
/// `check` compares what came out by itself.
void expect_of(const VectorCase& row, const std::function<void()>& check);

/// The bytes are those of that line.
void same_hex(const VectorCase& row, std::string_view name, View bytes);

}  // namespace second
