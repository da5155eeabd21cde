#include "ticket/exchange/fields.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::fields_test {
namespace {

struct Row {
  const char* name;
  Fields fields;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

Fields numbered(std::size_t count) {
  Fields out;
  for (std::size_t i = 0; i < count; ++i) out.add("f" + std::to_string(i), "");
  return out;
}

const Row rows[] = {
    {"none", {}, accepted},
    {"some", {{"name", "carol"}, {"kind", "user"}}, accepted},
    {"an empty value", {{"reason", ""}}, accepted},
    {"any text as a value", {{"reason", "left the company; \xc3\xbc = *\n"}}, accepted},
    {"a list", {{"action", "a"}, {"action", "b"}, {"action", "b"}}, accepted},
    {"a list in two places", {{"action", "a"}, {"name", "b"}, {"action", "c"}}, Errc::malformed},
    {"a name twice that is no list", {{"kind", "a"}, {"kind", "b"}}, Errc::malformed},
    {"the same value twice", {{"kind", "a"}, {"kind", "a"}}, Errc::malformed},
    {"all lists",
     {{"actor", "a"},
      {"actor", "b"},
      {"lineage", "a"},
      {"lineage", "b"},
      {"record", "a"},
      {"record", "b"},
      {"role", "a"},
      {"role", "b"}},
     accepted},
    {"an empty name", {{"", "x"}}, Errc::bad_name},
    {"a name that is no name", {{"a b", "x"}}, Errc::bad_name},
    {"a value that is not UTF-8", {{"name", "\xff"}}, Errc::malformed},
    {"a value of 4 KiB", {{"name", std::string(4096, 'x')}}, accepted},
    {"a longer value", {{"name", std::string(4097, 'x')}}, Errc::limit_exceeded},
    {"128 fields", numbered(128), accepted},
    {"129 fields", numbered(129), Errc::limit_exceeded},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fields)

// Rules: R6.7
BOOST_DATA_TEST_CASE(are_read_as_they_were_written, bdata::make(rows), row) {
  const Buffer wire = row.fields.encode();
  const auto read = Fields::decode(wire);
  BOOST_TEST(outcome(read) == row.expect);
  if (read) {
    BOOST_TEST((*read == row.fields));
    BOOST_TEST((read->encode() == wire));
  }
}

BOOST_AUTO_TEST_CASE(are_asked_by_name) {
  const Fields fields{{"name", "carol"}, {"role", "a"}, {"role", "b"}, {"empty", ""}};
  BOOST_TEST(fields.get("name") == "carol");
  BOOST_TEST(fields.get("role") == "a");
  BOOST_TEST(fields.get("other").empty());
  BOOST_TEST(fields.has("empty"));
  BOOST_TEST(!fields.has("other"));
  BOOST_TEST(fields.all("role").size() == 2U);
  BOOST_TEST(fields.all("other").empty());
}

// Rules: R6.8
BOOST_AUTO_TEST_CASE(are_refused_with_a_name_that_is_not_known) {
  const Fields fields{{"name", "carol"}, {"kind", "user"}};
  BOOST_TEST(outcome(fields.only({"kind", "name", "role"})) == accepted);
  BOOST_TEST(outcome(fields.only({"name"})) == Errc::malformed);
  BOOST_TEST(outcome(fields.only({})) == Errc::malformed);
  BOOST_TEST(outcome(Fields().only({})) == accepted);
}

BOOST_AUTO_TEST_CASE(are_pairs) {
  BOOST_TEST(outcome(Fields::decode(Writer().array(1).array(1).str("a").take())) ==
             Errc::malformed);
  BOOST_TEST(outcome(Fields::decode(
                 Writer().array(1).array(3).str("a").str("b").str("c").take())) == Errc::malformed);
  BOOST_TEST(outcome(Fields::decode(Writer().array(1).array(2).str("a").uint(1).take())) ==
             Errc::malformed);
  BOOST_TEST(outcome(Fields::decode(Writer().array(1).str("a").take())) == Errc::malformed);
  BOOST_TEST(outcome(Fields::decode({})) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_page)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  const Page page{{{{"name", "a"}}, {}, {{"name", "b"}, {"role", "c"}}}, "b"};
  const auto read = Page::decode(page.encode());
  BOOST_REQUIRE(bool(read));
  BOOST_TEST((read->rows == page.rows));
  BOOST_TEST(read->next == "b");
  BOOST_TEST((read->encode() == page.encode()));
}

BOOST_AUTO_TEST_CASE(has_at_most_256_rows) {
  Page page;
  page.rows.resize(limits::max_page);
  BOOST_TEST(outcome(Page::decode(page.encode())) == accepted);
  page.rows.emplace_back();
  BOOST_TEST(outcome(Page::decode(page.encode())) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(hex)

BOOST_AUTO_TEST_CASE(is_lower_case_and_even) {
  const Buffer bytes{0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
  BOOST_TEST(to_hex(bytes) == "00017f80abff");
  BOOST_TEST((*from_hex("00017f80abff") == bytes));
  BOOST_TEST((*from_hex("")).empty());
  for (const char* wrong : {"0", "000", "AB", "0x", "g0", " 00", "00 ", "0\xc3", "-1"}) {
    BOOST_TEST(outcome(from_hex(wrong)) == Errc::malformed, wrong);
  }
  BOOST_TEST(outcome(fixed_from_hex<2>("abcd")) == accepted);
  BOOST_TEST(outcome(fixed_from_hex<2>("abcdef")) == Errc::malformed);
  BOOST_TEST(outcome(fixed_from_hex<2>("ab")) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::fields_test
