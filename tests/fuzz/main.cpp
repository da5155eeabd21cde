// One executable has the targets of one folder of the tree; libFuzzer has main().
//   EXECUTABLE --list                               their names
//   EXECUTABLE --target=NAME --corpus=FOLDER        writes the target's seeds, one a file
//   EXECUTABLE --target=NAME [LIBFUZZER'S OPTION…] [FOLDER…|FILE…]

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "tests/fuzz/target.h"
#include "ticket/crypto.h"
#include "ticket/secret.h"
#include "ticket/wire/hex.h"

namespace waybill::test::fuzz {

void require(bool holds, std::string_view property) {
  if (holds) return;
  std::cerr << "does not hold: " << property << "\n";
  std::abort();
}

namespace {

Target chosen;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): libFuzzer's interface

[[noreturn]] void complain(const std::string& sentence) {
  std::cerr << "fuzz: error: " << sentence << "\n";
  std::exit(2);
}

void choose(std::string_view name) {
  Targets all = targets();
  const auto found = std::ranges::find(all, name, &Target::name);
  if (found == all.end()) complain("there is no target " + std::string(name));
  chosen = std::move(*found);
}

// Named by content, so that the same seeds give the same files.
void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const Buffer& seed : chosen.seeds()) {
    const Digest name = hash(Label::input_digest, {seed});
    std::ofstream file(folder / ("seed-" + to_hex(Bytes(name).first(8))), std::ios::binary);
    if (!(file << text_of(seed)) || !file.flush()) complain("cannot write to " + folder.string());
  }
}

// What follows `--NAME=` in an argument.
std::optional<std::string_view> value_of(std::string_view argument, std::string_view name) {
  if (!argument.starts_with(name)) return std::nullopt;
  return argument.substr(name.size());
}

void obey(int argc, char** argv) {
  LockedArena::start();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--list") {
      for (const Target& one : targets()) std::cout << one.name << "\n";
      std::exit(0);
    }
    if (const auto name = value_of(argument, "--target=")) choose(*name);
    if (const auto folder = value_of(argument, "--corpus=")) {
      if (!chosen.run) complain("--target=NAME comes first");
      write_seeds(*folder);
      std::exit(0);
    }
  }
  if (!chosen.run) complain("--target=NAME says which; --list lists them");
}

}  // namespace
}  // namespace waybill::test::fuzz

// The names are libFuzzer's.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  waybill::test::fuzz::obey(*argc, *argv);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  waybill::test::fuzz::chosen.run({data, size});
  return 0;
}
