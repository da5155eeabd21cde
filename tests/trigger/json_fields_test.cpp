#include "trigger/json_fields.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/mutator.h"
#include "tests/support/outcome.h"

namespace waybill::test::json_fields_test {
namespace {

using trigger::JsonFields;

// Reads a body of the members n (names), t (text), i (number), b (boolean), x (bytes), each wanted.
Outcome read(std::string_view body) {
  auto in = JsonFields::parse(body);
  if (!in) return in.error().code;
  in->names("n", 2, 8);
  in->text("t");
  in->number("i", 100, 0);
  in->boolean("b");
  in->bytes("x", 4);
  return outcome(in->finish());
}

struct Row {
  const char* name;
  const char* body;
  Outcome expected;
};
std::ostream& boost_test_print_type(std::ostream& out, const Row& row) { return out << row.name; }

const Row rows[] = {
    {"all members", R"({"n":["a","b"],"t":"x","i":7,"b":true,"x":"AAAA"})", accepted},
    {"with white space", " {\n\"n\" : [ ] ,\"t\":\"\",\"i\":0,\"b\":false,\"x\":\"\"}\n", accepted},
    {"a number left out", R"({"n":[],"t":"","b":true,"x":""})", accepted},
    {"escapes", R"({"n":["\u0061"],"t":"\ud83d\ude00\n","b":true,"x":"AAA\u0041"})", accepted},
    {"nothing", "", Errc::malformed},
    {"white space", "  \n", Errc::malformed},
    {"no object", R"("text")", Errc::malformed},
    {"a list", R"([1])", Errc::malformed},
    {"a number", "7", Errc::malformed},
    {"null", "null", Errc::malformed},
    {"cut off", R"({"n":["a","b"],"t":"x","i":7,"b":true,"x":"AAAA")", Errc::malformed},
    {"cut off in a text", R"({"n":["a","b"],"t":"x)", Errc::malformed},
    {"two objects", R"({"n":[],"t":"","b":true,"x":""}{})", Errc::malformed},
    {"something after it", R"({"n":[],"t":"","b":true,"x":""} x)", Errc::malformed},
    {"a byte order mark", "\xEF\xBB\xBF{\"n\":[],\"t\":\"\",\"b\":true,\"x\":\"\"}",
     Errc::malformed},
    {"a comment", R"({"n":[],"t":"",/**/"b":true,"x":""})", Errc::malformed},
    {"a trailing comma", R"({"n":[],"t":"","b":true,"x":"",})", Errc::malformed},
    {"single quotes", R"({'n':[],"t":"","b":true,"x":""})", Errc::malformed},
    {"a name without quotes", R"({n:[],"t":"","b":true,"x":""})", Errc::malformed},
    {"no UTF-8", "{\"n\":[],\"t\":\"\xff\",\"b\":true,\"x\":\"\"}", Errc::malformed},
    {"overlong UTF-8", "{\"n\":[],\"t\":\"\xc0\xaf\",\"b\":true,\"x\":\"\"}", Errc::malformed},
    {"half a surrogate", R"({"n":[],"t":"\ud83d","b":true,"x":""})", Errc::malformed},
    {"a control character", "{\"n\":[],\"t\":\"\x01\",\"b\":true,\"x\":\"\"}", Errc::malformed},
    {"a member twice", R"({"n":[],"t":"","t":"","b":true,"x":""})", Errc::malformed},
    {"a member twice, written otherwise", R"({"n":[],"t":"","\u0074":"","b":true,"x":""})",
     Errc::malformed},
    {"a list twice", R"({"n":[],"n":[],"t":"","b":true,"x":""})", Errc::malformed},
    {"an unknown member", R"({"n":[],"t":"","b":true,"x":"","more":""})", Errc::malformed},
    {"a text missing", R"({"n":[],"b":true,"x":""})", Errc::malformed},
    {"a list missing", R"({"t":"","b":true,"x":""})", Errc::malformed},
    {"a boolean missing", R"({"n":[],"t":"","x":""})", Errc::malformed},
    {"null in it", R"({"n":[],"t":null,"b":true,"x":""})", Errc::malformed},
    {"a number for a text", R"({"n":[],"t":1,"b":true,"x":""})", Errc::malformed},
    {"a text for a number", R"({"n":[],"t":"","i":"1","b":true,"x":""})", Errc::malformed},
    {"a text for a boolean", R"({"n":[],"t":"","b":"true","x":""})", Errc::malformed},
    {"a text for a list", R"({"n":"a","t":"","b":true,"x":""})", Errc::malformed},
    {"a list for a text", R"({"n":[],"t":[],"b":true,"x":""})", Errc::malformed},
    {"a number in a list", R"({"n":[1],"t":"","b":true,"x":""})", Errc::malformed},
    {"a list in a list", R"({"n":[["a"]],"t":"","b":true,"x":""})", Errc::malformed},
    {"an object in a list", R"({"n":[{}],"t":"","b":true,"x":""})", Errc::malformed},
    {"an object in it", R"({"n":[],"t":{"a":1},"b":true,"x":""})", Errc::malformed},
    {"a fraction", R"({"n":[],"t":"","i":1.5,"b":true,"x":""})", Errc::malformed},
    {"an exponent", R"({"n":[],"t":"","i":1e1,"b":true,"x":""})", Errc::malformed},
    {"a negative number", R"({"n":[],"t":"","i":-1,"b":true,"x":""})", Errc::malformed},
    {"a leading zero", R"({"n":[],"t":"","i":07,"b":true,"x":""})", Errc::malformed},
    {"more than 64 bits", R"({"n":[],"t":"","i":99999999999999999999,"b":true,"x":""})",
     Errc::malformed},
    {"a number over its limit", R"({"n":[],"t":"","i":101,"b":true,"x":""})", Errc::limit_exceeded},
    {"a list over its limit", R"({"n":["a","b","c"],"t":"","b":true,"x":""})",
     Errc::limit_exceeded},
    {"a name over its limit", R"({"n":["123456789"],"t":"","b":true,"x":""})", Errc::bad_name},
    {"an empty name", R"({"n":[""],"t":"","b":true,"x":""})", Errc::bad_name},
    {"a name with a star", R"({"n":["a*"],"t":"","b":true,"x":""})", Errc::bad_name},
    {"a name with a zero", R"({"n":["a\u0000"],"t":"","b":true,"x":""})", Errc::bad_name},
    {"a name twice", R"({"n":["a","a"],"t":"","b":true,"x":""})", Errc::malformed},
    {"bytes over their limit", R"({"n":[],"t":"","b":true,"x":"AAAAAAAA"})", Errc::limit_exceeded},
    {"one byte over the limit", R"({"n":[],"t":"","b":true,"x":"AAAAAAA="})", Errc::limit_exceeded},
    {"base64 without padding", R"({"n":[],"t":"","b":true,"x":"AA"})", Errc::malformed},
    {"base64 with bits left over", R"({"n":[],"t":"","b":true,"x":"AB=="})", Errc::malformed},
    {"base64url", R"({"n":[],"t":"","b":true,"x":"__8="})", Errc::malformed},
    {"base64 with a line end", R"({"n":[],"t":"","b":true,"x":"AA\n=="})", Errc::malformed},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_request_in_json)

BOOST_DATA_TEST_CASE(is_read_strictly, boost::unit_test::data::make(rows), row) {
  BOOST_TEST(read(row.body) == row.expected);
}

BOOST_AUTO_TEST_CASE(ends_where_it_ends) {
  const std::string good = R"({"n":[],"t":"","b":true,"x":""})";
  BOOST_TEST(read(good) == accepted);
  BOOST_TEST(read(good + std::string(1, '\0')) == Errc::malformed);
  BOOST_TEST(read(good + std::string(1, '\0') + "{}") == Errc::malformed);
  for (std::size_t size = 0; size < good.size(); ++size) {
    BOOST_TEST(read(std::string_view(good).substr(0, size)) == Errc::malformed);
  }
}

BOOST_AUTO_TEST_CASE(is_not_built_beyond_its_limits) {
  std::string members = "{";
  for (int i = 0; i < 17; ++i) {
    members += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
  }
  BOOST_TEST(outcome(JsonFields::parse(members + "}")) == Errc::limit_exceeded);
  std::string list = R"({"n":[)";
  for (int i = 0; i < 64; ++i) list += "\"a\",";
  BOOST_TEST(outcome(JsonFields::parse(list + "\"a\"]}")) == Errc::limit_exceeded);
  // Deeper than any stack: refused at the second level.
  BOOST_TEST(read(std::string(1'000'000, '[')) == Errc::malformed);
  std::string deep = R"({"n":)";
  BOOST_TEST(read(deep + std::string(1'000'000, '[')) == Errc::malformed);
}

BOOST_AUTO_TEST_CASE(survives_whatever_comes) {
  std::vector<Buffer> seeds;
  for (const Row& row : rows) seeds.push_back(copy_of(bytes_of(row.body)));
  std::erase_if(seeds, [](const Buffer& seed) { return seed.empty(); });
  Mutator mutator(20);
  int good = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Buffer body = mutator.mutate(seeds);
    good += read(text_of(body)) == accepted ? 1 : 0;
  }
  BOOST_TEST(good > 0);
  BOOST_TEST(good < 50'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::json_fields_test
