#include "ticket/wire/principal.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::principal_test {
namespace {

struct Row {
  const char* name;
  std::string text;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const std::string long_name(limits::max_principal_name, 'a');
const std::string long_realm(limits::max_realm, 'R');

const Row principals[] = {
    {"a user", "carol@DEMO.TEST", accepted},
    {"a service with a slash", "trigger/orders@DEMO.TEST", accepted},
    {"every allowed character", "a0._/-@A.b-9", accepted},
    {"the longest", long_name + "@" + long_realm, accepted},
    {"nothing", "", Errc::bad_name},
    {"no realm", "carol", Errc::bad_name},
    {"an empty realm", "carol@", Errc::bad_name},
    {"an empty name", "@DEMO.TEST", Errc::bad_name},
    {"only an at sign", "@", Errc::bad_name},
    {"an upper-case name", "Carol@DEMO.TEST", Errc::bad_name},
    {"a name one byte too long", long_name + "a@DEMO.TEST", Errc::bad_name},
    {"a realm one byte too long", "carol@" + long_realm + "R", Errc::bad_name},
    {"two at signs", "carol@DEMO@TEST", Errc::bad_name},
    {"a space", "carol smith@DEMO.TEST", Errc::bad_name},
    {"a space at the end", "carol@DEMO.TEST ", Errc::bad_name},
    {"a line end", "carol@DEMO.TEST\n", Errc::bad_name},
    {"a zero byte", std::string("car\0ol@DEMO.TEST", 16), Errc::bad_name},
    {"a letter beyond ASCII", "car\xc3\xb6l@DEMO.TEST", Errc::bad_name},
    {"a full-width letter",
     "\xef\xbd\x83"
     "arol@DEMO.TEST",
     Errc::bad_name},
    {"a star", "*@DEMO.TEST", Errc::bad_name},
    {"a colon", "invoice:read@DEMO.TEST", Errc::bad_name},
    {"a slash in the realm", "carol@DEMO/TEST", Errc::bad_name},
    {"an underscore in the realm", "carol@DEMO_TEST", Errc::bad_name},
};

struct Match {
  const char* pattern;
  const char* name;
  bool expect;
  friend std::ostream& operator<<(std::ostream& out, const Match& row) {
    return out << row.pattern << " on " << row.name;
  }
};

const Match matches[] = {
    {"invoice-report", "invoice-report", true},
    {"invoice-*", "invoice-report", true},
    {"invoice-*", "invoice-", true},
    {"*", "anything", true},
    {"*", "", true},
    {"invoice-report", "invoice-reports", false},
    {"invoice-report", "invoice-repor", false},
    {"invoice-report", "Invoice-report", false},
    {"invoice-*", "invoice", false},
    {"invoice-*", "my-invoice-report", false},
    {"a.c", "abc", false},
    {"queue-*", "queue", false},
};

const Row patterns[] = {
    {"a name", "invoice-report", accepted},
    {"a prefix", "invoice-*", accepted},
    {"everything", "*", accepted},
    {"the longest", std::string(limits::max_name, 'a') + "*", accepted},
    {"nothing", "", Errc::bad_name},
    {"two stars", "**", Errc::bad_name},
    {"a star in front", "*-report", Errc::bad_name},
    {"a star inside", "in*ce", Errc::bad_name},
    {"a question mark", "invoice?", Errc::bad_name},
    {"a bracket", "invoice-[ab]", Errc::bad_name},
    {"a prefix one byte too long", std::string(limits::max_name + 1, 'a') + "*", Errc::bad_name},
};

const Row names[] = {
    {"an action", "invoice:read", accepted},
    {"every kind of character", "Az09._:/-", accepted},
    {"the longest", std::string(limits::max_name, 'x'), accepted},
    {"nothing", "", Errc::bad_name},
    {"one byte too long", std::string(limits::max_name + 1, 'x'), Errc::bad_name},
    {"a star", "invoice:*", Errc::bad_name},
    {"a space", "invoice read", Errc::bad_name},
    {"an at sign", "a@b", Errc::bad_name},
    {"a zero byte", std::string("a\0b", 3), Errc::bad_name},
    {"a letter beyond ASCII", "\xc3\xa4", Errc::bad_name},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_principal)

// Rules: R1.17
BOOST_DATA_TEST_CASE(is_read_by_its_alphabet, bdata::make(principals), row) {
  const auto principal = Principal::parse(row.text);
  BOOST_TEST(outcome(principal) == row.expect);
  if (principal) {
    BOOST_TEST(principal->text() == row.text);
    BOOST_TEST((*Principal::make(principal->name(), principal->realm()) == *principal));
  }
}

BOOST_AUTO_TEST_CASE(belongs_to_the_given_realm_when_it_names_none) {
  const Realm realm = realm_of("DEMO.TEST");
  BOOST_TEST(Principal::parse("carol", realm)->text() == "carol@DEMO.TEST");
  BOOST_TEST(Principal::parse("carol@OTHER", realm)->text() == "carol@OTHER");
  BOOST_TEST(outcome(Principal::parse("Carol", realm)) == Errc::bad_name);
  BOOST_TEST(outcome(Principal::parse("carol@", realm)) == Errc::bad_name);
  BOOST_TEST(outcome(Principal::make("carol@DEMO.TEST", realm)) == Errc::bad_name);
}

BOOST_AUTO_TEST_CASE(is_another_one_in_another_realm) {
  BOOST_TEST((principal_of("carol@A") != principal_of("carol@B")));
  BOOST_TEST((principal_of("carol@A") != principal_of("carol@a")));
  BOOST_TEST((principal_of("carol@A") == principal_of("carol@A")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_realm)

// Rules: R1.17
BOOST_AUTO_TEST_CASE(is_read_by_its_alphabet) {
  for (const char* good : {"DEMO.TEST", "a", "0", "a-b.C"}) {
    BOOST_TEST(outcome(Realm::parse(good)) == accepted, good);
  }
  for (const char* bad :
       {"", "DEMO_TEST", "DEMO TEST", "DEMO/TEST", "D\xc3\x84MO", "*", "DEMO@TEST"}) {
    BOOST_TEST(outcome(Realm::parse(bad)) == Errc::bad_name, bad);
  }
  BOOST_TEST(outcome(Realm::parse(long_realm)) == accepted);
  BOOST_TEST(outcome(Realm::parse(long_realm + "R")) == Errc::bad_name);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_pattern)

BOOST_DATA_TEST_CASE(is_a_name_or_a_prefix_with_one_star, bdata::make(patterns), row) {
  const auto pattern = Pattern::parse(row.text);
  BOOST_TEST(outcome(pattern) == row.expect);
  if (pattern) BOOST_TEST(pattern->text() == row.text);
}

BOOST_DATA_TEST_CASE(matches_by_bytes, bdata::make(matches), row) {
  BOOST_TEST(Pattern::parse(row.pattern)->matches(row.name) == row.expect);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_name)

// Rules: R1.17
BOOST_DATA_TEST_CASE(is_read_by_its_alphabet, bdata::make(names), row) {
  BOOST_TEST(is_name(row.text, limits::max_name) == (row.expect == accepted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::principal_test
