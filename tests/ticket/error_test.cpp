#include "ticket/wire/error.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/vectors.h"

namespace waybill::test::error_test {
namespace {

struct Row {
  std::string number, enumerator, name, sentence, advice;
};

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" `");
  const auto last = text.find_last_not_of(" `");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// WB, then words of capitals.
bool is_stable_name(std::string_view name) {
  return name.starts_with("WB-") && !name.ends_with('-') && name.find("--") == name.npos &&
         std::ranges::all_of(name, [](char c) { return c == '-' || (c >= 'A' && c <= 'Z'); });
}

// The rows of the tables of specs/errors.md that start with a number.
std::vector<Row> documented() {
  std::vector<Row> rows;
  std::istringstream lines(read_source("specs/errors.md"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|')) continue;
    std::vector<std::string> cells;
    std::istringstream parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(trimmed(cell));
    if (!is_number(cells.front())) continue;  // the head of a table
    BOOST_REQUIRE_MESSAGE(cells.size() == 5, line);
    rows.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
  }
  return rows;
}

// The enumerators as the header has them: nothing else can walk an enum.
std::map<std::string, unsigned> enumerators() {
  std::map<std::string, unsigned> out;
  const std::string header = read_source("ticket/wire/error.h");
  const auto from = header.find("enum class Errc");
  const auto to = header.find("};", from);
  std::istringstream lines(header.substr(from, to - from));
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    if (equals == std::string::npos || trimmed(line).starts_with("//")) continue;
    const std::string digits = line.substr(equals + 3, line.find(',') - equals - 3);
    BOOST_REQUIRE_MESSAGE(is_number(digits), line);
    out[trimmed(line.substr(0, equals))] = static_cast<unsigned>(std::stoul(digits));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_error_table)

BOOST_AUTO_TEST_CASE(has_a_row_for_every_code_of_the_enum) {
  const auto codes = enumerators();
  BOOST_TEST(codes.size() > 50U);
  BOOST_TEST(codes.size() == all_errors().size());
  for (const auto& [name, number] : codes) {
    const auto known = errc_from(number);
    BOOST_REQUIRE_MESSAGE(known.has_value(), name << " has no row");
    BOOST_TEST(describe(*known).code == static_cast<Errc>(number));
  }
}

BOOST_AUTO_TEST_CASE(names_each_number_and_each_name_once) {
  std::set<std::string_view> names;
  std::set<Errc> codes;
  std::set<std::string_view> sentences;
  for (const ErrorText& row : all_errors()) {
    BOOST_TEST(names.insert(row.name).second, row.name << " stands twice");
    BOOST_TEST(codes.insert(row.code).second, row.name << " has a number that is taken");
    BOOST_TEST(sentences.insert(row.sentence).second, row.name << " says what another one says");
  }
}

BOOST_AUTO_TEST_CASE(has_names_and_sentences_of_one_form) {
  for (const ErrorText& row : all_errors()) {
    BOOST_TEST(is_stable_name(row.name), row.name);
    BOOST_REQUIRE(!row.sentence.empty());
    BOOST_TEST(row.sentence.back() != '.', row.name);
    BOOST_TEST(std::islower(static_cast<unsigned char>(row.sentence.front())) != 0, row.name);
  }
}

BOOST_AUTO_TEST_CASE(knows_no_other_numbers) {
  for (const std::uint64_t number : {0ULL, 1ULL, 6ULL, 127ULL, 131'071ULL, 65'536ULL + 31, ~0ULL}) {
    BOOST_TEST(!errc_from(number).has_value(), number);
  }
}

BOOST_AUTO_TEST_CASE(keeps_the_numbers_of_rfc_4120) {
  BOOST_TEST(static_cast<int>(Errc::service_unknown) == 7);
  BOOST_TEST(static_cast<int>(Errc::policy_denied) == 12);
  BOOST_TEST(static_cast<int>(Errc::login_failed) == 24);
  BOOST_TEST(static_cast<int>(Errc::bad_integrity) == 31);
  BOOST_TEST(static_cast<int>(Errc::ticket_expired) == 32);
  BOOST_TEST(static_cast<int>(Errc::not_yet_valid) == 33);
  BOOST_TEST(static_cast<int>(Errc::request_replayed) == 34);
  BOOST_TEST(static_cast<int>(Errc::wrong_audience) == 35);
  BOOST_TEST(static_cast<int>(Errc::clock_skew) == 37);
  BOOST_TEST(static_cast<int>(Errc::bad_version) == 39);
  BOOST_TEST(static_cast<int>(Errc::unknown_kvno) == 44);
  BOOST_TEST(static_cast<int>(Errc::internal) == 60);
}

BOOST_AUTO_TEST_CASE(is_the_one_of_the_specification) {
  const auto codes = enumerators();
  std::map<std::string, std::string> by_number;
  for (const auto& [name, number] : codes) by_number[std::to_string(number)] = name;
  std::set<std::string> seen;
  for (const Row& row : documented()) {
    BOOST_TEST(seen.insert(row.number).second, row.number << " stands twice in specs/errors.md");
    const auto code = errc_from(std::stoull(row.number));
    BOOST_REQUIRE_MESSAGE(code.has_value(), row.number << " is in specs/errors.md alone");
    BOOST_TEST(row.enumerator == by_number[row.number]);
    BOOST_TEST(row.name == describe(*code).name);
    BOOST_TEST(row.sentence == describe(*code).sentence);
    BOOST_TEST(!row.advice.empty(), row.name << " has no advice");
  }
  for (const ErrorText& row : all_errors()) {
    const std::string number = std::to_string(static_cast<unsigned>(row.code));
    BOOST_TEST(seen.contains(number), row.name << " is missing in specs/errors.md");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_result)

BOOST_AUTO_TEST_CASE(is_a_value_or_a_refusal) {
  const Result<int> value = 7;
  const Result<int> refused = Error{Errc::malformed, "for a test"};
  BOOST_TEST(bool(value));
  BOOST_TEST(*value == 7);
  BOOST_TEST(!refused);
  BOOST_TEST(outcome(refused) == Errc::malformed);
  BOOST_TEST(std::string_view(refused.error().note) == "for a test");
}

BOOST_AUTO_TEST_CASE(hands_a_refusal_on_with_its_code) {
  const auto inner = [](bool well) -> Result<std::string> {
    if (!well) return Errc::not_found;
    return std::string("found");
  };
  const auto outer = [&](bool well) -> Result<std::size_t> {
    TRY(text, inner(well));
    return text.size();
  };
  BOOST_TEST(*outer(true) == 5U);
  BOOST_TEST(outcome(outer(false)) == Errc::not_found);
}

BOOST_AUTO_TEST_CASE(compares_refusals_by_code_alone) {
  BOOST_TEST((Error{Errc::busy, "one"} == Error{Errc::busy, "two"}));
  BOOST_TEST(!(Error{Errc::busy, "one"} == Error{Errc::internal, "one"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::error_test
