// What of ticket/ was reached: reads what `llvm-cov export` wrote, on standard input, and prints
// the lines and branches of each file, then each place that names a refusal and was never run, as
// `FAILED  file:line  text`. Usage: waybill_coverage ROOT. Exits 1 when there is such a place.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

struct Count {
  std::uint64_t covered = 0, all = 0;
  void add(const json& summary) {
    covered += summary.at("covered").get<std::uint64_t>();
    all += summary.at("count").get<std::uint64_t>();
  }
};

void print_row(const std::string& name, const Count& lines, const Count& branches) {
  const auto percent = [](const Count& c) {
    return c.all == 0 ? 100.0 : 100.0 * static_cast<double>(c.covered) / static_cast<double>(c.all);
  };
  std::printf("%-32s %5llu of %5llu %6.2f %%  %5llu of %5llu %6.2f %%\n", name.c_str(),
              static_cast<unsigned long long>(lines.covered),
              static_cast<unsigned long long>(lines.all), percent(lines),
              static_cast<unsigned long long>(branches.covered),
              static_cast<unsigned long long>(branches.all), percent(branches));
}

// The compiler was told names from the build folder; the longest end that is below the root.
std::string name_below(const std::filesystem::path& root, const std::string& file) {
  std::filesystem::path name = std::filesystem::path(file).lexically_normal().relative_path();
  while (!name.empty() && !std::filesystem::exists(root / name)) {
    name = name.lexically_relative(*name.begin());
    if (name == ".") return {};
  }
  return name.string();
}

// How often a place ran: the count of the last segment that begins at or before it; nothing where
// no code is.
std::optional<std::uint64_t> runs_at(const json& segments, std::uint64_t line,
                                     std::uint64_t column) {
  std::optional<std::uint64_t> runs;
  for (const json& segment : segments) {  // line, column, count, whether it has one, …
    const auto l = segment[0].get<std::uint64_t>(), c = segment[1].get<std::uint64_t>();
    if (l > line || (l == line && c > column)) break;
    runs = segment[3].get<bool>() ? std::optional(segment[2].get<std::uint64_t>()) : std::nullopt;
  }
  return runs;
}

/// Places of one file that name a refusal, and those of them that never ran.
struct Refusals {
  std::size_t places = 0;
  std::vector<std::string> missed;

  void look(const std::filesystem::path& root, const std::string& file, const json& segments) {
    std::ifstream in(root / file);
    std::uint64_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      for (auto at = line.find("Errc::"); at != line.npos; at = line.find("Errc::", at + 1)) {
        const auto runs = runs_at(segments, number, at + 1);
        if (!runs) continue;
        ++places;
        if (*runs > 0) continue;
        missed.push_back(file + ":" + std::to_string(number) + "  " +
                         line.substr(line.find_first_not_of(' ')));
      }
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: waybill_coverage ROOT <EXPORT\n";
    return 2;
  }
  const std::filesystem::path root = std::filesystem::canonical(argv[1]);
  const json exported = json::parse(std::cin);
  Count lines, branches;
  Refusals refusals;
  std::printf("%-32s %-22s  %s\n", "file", "lines", "branches");
  for (const json& file : exported.at("data").at(0).at("files")) {
    const std::string name = name_below(root, file.at("filename"));
    const bool is_ours = name.starts_with("ticket/") && !name.starts_with("ticket/adapters/");
    if (!is_ours) continue;
    Count own_lines, own_branches;
    own_lines.add(file.at("summary").at("lines"));
    own_branches.add(file.at("summary").at("branches"));
    print_row(name, own_lines, own_branches);
    lines.add(file.at("summary").at("lines"));
    branches.add(file.at("summary").at("branches"));
    if (name.ends_with(".cpp") && name != "ticket/wire/error.cpp") {
      refusals.look(root, name, file.at("segments"));
    }
  }
  print_row("all", lines, branches);
  std::printf("refusals: %zu places, %zu reached\n", refusals.places,
              refusals.places - refusals.missed.size());
  for (const std::string& place : refusals.missed) std::printf("FAILED  %s\n", place.c_str());
  return refusals.places > 0 && refusals.missed.empty() ? 0 : 1;
}
