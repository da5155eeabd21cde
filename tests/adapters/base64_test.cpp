#include "ticket/adapters/base64.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "ticket/secret.h"

namespace waybill::test::base64_test {
namespace {

namespace bdata = boost::unit_test::data;

struct Known {
  const char* plain;
  const char* text;  // RFC 4648, section 10
};
constexpr Known known[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};
std::ostream& operator<<(std::ostream& out, const Known& row) { return out << row.plain; }

struct Wrong {
  const char* name;
  const char* text;
};
constexpr Wrong wrong[] = {
    {"no padding", "Zg"},
    {"half of the padding", "Zg="},
    {"too much padding", "Zg==="},
    {"padding alone", "===="},
    {"padding in front", "=Zg="},
    {"padding in the middle", "Zg==Zg=="},
    {"one digit", "Z==="},
    {"bits left over after one byte", "Zh=="},
    {"bits left over after two bytes", "Zm9="},
    {"a line end", "Zm9v\n"},
    {"a blank", "Zm9 v"},
    {"the other alphabet", "-_-_"},
    {"a character beyond ASCII", "Zm9\xc3"},
};
constexpr Wrong wrong_for_urls[] = {
    {"padding", "Zg=="},
    {"one digit", "Z"},
    {"one digit too many", "Zm9vY"},
    {"bits left over after one byte", "Zh"},
    {"bits left over after two bytes", "Zm9"},
    {"a line end", "Zm9v\n"},
    {"the other alphabet", "+/+/"},
};
std::ostream& operator<<(std::ostream& out, const Wrong& row) { return out << row.name; }

std::string unpadded(std::string text) { return text.erase(text.find_last_not_of('=') + 1); }

}  // namespace

BOOST_AUTO_TEST_SUITE(base64)

BOOST_DATA_TEST_CASE(is_as_the_standard_has_it, bdata::make(known), row) {
  BOOST_TEST(to_base64(bytes_of(row.plain)) == row.text);
  BOOST_TEST(to_base64url(bytes_of(row.plain)) == unpadded(row.text));
  BOOST_TEST(text_of(*from_base64(row.text)) == row.plain);
  BOOST_TEST(text_of(*from_base64url(unpadded(row.text))) == row.plain);
}

BOOST_DATA_TEST_CASE(has_one_text_for_a_value, bdata::make(wrong), row) {
  BOOST_TEST(outcome(from_base64(row.text)) == Errc::malformed);
}

BOOST_DATA_TEST_CASE(for_urls_has_one_text_for_a_value, bdata::make(wrong_for_urls), row) {
  BOOST_TEST(outcome(from_base64url(row.text)) == Errc::malformed);
}

BOOST_AUTO_TEST_CASE(uses_other_digits_in_urls) {
  const Buffer bytes{0xfb, 0xff, 0xbf};
  BOOST_TEST(to_base64(bytes) == "+/+/");
  BOOST_TEST(to_base64url(bytes) == "-_-_");
}

BOOST_AUTO_TEST_CASE(gives_back_what_it_took) {
  for (std::size_t size = 0; size < 200; ++size) {
    Buffer bytes(size);
    fill_random(bytes);
    BOOST_TEST(*from_base64(to_base64(bytes)) == bytes);
    BOOST_TEST(*from_base64url(to_base64url(bytes)) == bytes);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::base64_test
