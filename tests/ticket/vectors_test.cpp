// The files of specs/vectors as files: made anew, the same; all of them explained; read as written.

#include "tests/support/vectors.h"

#include <set>

#include <boost/test/unit_test.hpp>

#include "tests/support/vector_maker.h"

namespace waybill::test::vectors_test {

BOOST_AUTO_TEST_SUITE(the_vectors, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(are_made_anew_as_they_stand_in_the_repository) {
  const auto files = make_vectors();
  BOOST_TEST(files.size() == 14U);
  for (const auto& [name, text] : files) {
    BOOST_TEST((text == read_source("specs/vectors/" + name)),
               name << " differs; if it is meant to, run waybill_make_vectors specs/vectors");
  }
}

BOOST_AUTO_TEST_CASE(have_names_of_their_own_and_twice_as_many_wrong_ones_as_right_ones) {
  std::size_t right = 0, wrong = 0;
  for (const auto& file : make_vectors()) {
    std::set<std::string> names;
    for (const VectorCase& row : parse_vectors(file.text)) {
      BOOST_TEST(names.insert(row.text("name")).second,
                 file.name << ": " << row.text("name") << " stands twice");
      const bool good = !row.has("fault") && row.expect() == accepted;
      BOOST_TEST(row.has("rule") != good, file.name << ": " << row.text("name"));
      ++(good ? right : wrong);
    }
  }
  BOOST_TEST(right + wrong >= 300U);
  BOOST_TEST(wrong >= 2 * right);
}

BOOST_AUTO_TEST_CASE(are_each_explained_in_the_readme) {
  const std::string readme = read_source("specs/vectors/README.md");
  for (const auto& file : make_vectors()) {
    BOOST_TEST(readme.find("`" + file.name + "`") != std::string::npos, file.name);
  }
  for (const char* name : {"`noise.txt`", "`primitives.txt`"}) {
    BOOST_TEST(readme.find(name) != std::string::npos, name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_vector)

BOOST_AUTO_TEST_CASE(is_lines_of_names_and_values) {
  const auto rows = parse_vectors(
      "# about\n\nname = one\nwire = 00ff\nwire = 01\nempty =\nexpect = ok\n\n\n"
      "# why\nname = two\nnow = 17\nexpect = WB-TICKET-EXPIRED\n");
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST(rows[0].text("name") == "one");
  BOOST_TEST((rows[0].hex("wire") == Buffer{0x00, 0xff}));
  BOOST_TEST(rows[0].all_hex("wire").size() == 2U);
  BOOST_TEST(rows[0].text("empty").empty());
  BOOST_TEST(rows[0].expect() == accepted);
  BOOST_TEST(rows[1].number("now") == 17U);
  BOOST_TEST(rows[1].expect() == Errc::ticket_expired);
}

BOOST_AUTO_TEST_CASE(is_written_as_it_is_read) {
  VectorText text("about\nthem");
  text.begin("one", "why").add("wire", Buffer{1, 2}).add("n", std::uint64_t{5}).expect(accepted);
  const std::string written = text.take();
  BOOST_TEST(written == "# about\n# them\n\n# why\nname = one\nwire = 0102\nn = 5\nexpect = ok\n");
  BOOST_TEST(parse_vectors(written).front().number("n") == 5U);
}

BOOST_AUTO_TEST_CASE(that_is_broken_is_an_error_and_not_a_success) {
  BOOST_CHECK_THROW(parse_vectors("name one\n"), std::runtime_error);
  const VectorCase row = parse_vectors("name = x\nwire = 0g\nn = 1x\nexpect = fine\n").front();
  BOOST_CHECK_THROW(row.text("other"), std::runtime_error);
  BOOST_CHECK_THROW(row.hex("wire"), std::runtime_error);
  BOOST_CHECK_THROW(row.number("n"), std::runtime_error);
  BOOST_CHECK_THROW(row.expect(), std::runtime_error);
  BOOST_CHECK_THROW(row.bytes<2>("other"), std::runtime_error);
  BOOST_CHECK_THROW(load_vectors("nowhere.txt"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::vectors_test
