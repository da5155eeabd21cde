#include "tools/principal_file.h"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "ticket/exchange/staged_rows.h"

namespace waybill::test::principal_file_test {

using namespace tools;

namespace {

const std::string key(64, 'a');
const std::string heading = "name,kind,kvno,public_key,disabled,roles\n";

PrincipalFile read(const std::string& text) {
  auto file = read_principal_file(text);
  BOOST_TEST_REQUIRE(bool(file));
  return *std::move(file);
}
/// Why the one line of a file is not read.
std::string fault(const std::string& text) {
  const PrincipalFile file = read(text);
  BOOST_TEST_REQUIRE(file.faults.size() == 1U);
  BOOST_TEST(file.rows.empty());
  return file.faults.front().why;
}
std::string stop(const std::string& text) {
  const auto file = read_principal_file(text);
  BOOST_TEST_REQUIRE(!file);
  BOOST_TEST((file.error().exit == Exit::local));
  return file.error().sentence;
}
std::string json_line(const std::string& more) {
  return R"({"name":"erin","kind":"user","public_key":")" + key + "\"" + more + "}\n";
}

const Fields erin{{"name", "erin"},   {"kind", "user"}, {"kvno", "2"},     {"public_key", key},
                  {"disabled", "no"}, {"roles", "set"}, {"role", "clerk"}, {"role", "auditor"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_list_of_principals)

BOOST_AUTO_TEST_CASE(is_read_from_csv_with_columns_in_any_order) {
  const PrincipalFile file = read(heading + "erin,user,2," + key + ",no,clerk auditor\n");
  BOOST_TEST_REQUIRE(file.rows.size() == 1U);
  BOOST_TEST(file.rows.front().line == 2U);
  BOOST_TEST((file.rows.front().fields == erin));
  const PrincipalFile other = read("kind,public_key,name\r\nservice," + key + ",scan\r\n");
  const Fields scan{{"kind", "service"}, {"public_key", key}, {"name", "scan"}};
  BOOST_TEST((other.rows.at(0).fields == scan));
}

BOOST_AUTO_TEST_CASE(is_read_from_json_lines) {
  const std::string more = R"(,"roles":["clerk","auditor"],"disabled":false,"kvno":2)";
  const PrincipalFile file = read(json_line(more) + json_line("").replace(9, 4, "dora"));
  BOOST_TEST_REQUIRE(file.rows.size() == 2U);
  BOOST_TEST((file.rows.at(0).fields == erin));
  BOOST_TEST(file.rows.at(1).line == 2U);
  BOOST_TEST(
      (file.rows.at(1).fields == Fields{{"name", "dora"}, {"kind", "user"}, {"public_key", key}}));
}

BOOST_AUTO_TEST_CASE(tells_no_roles_from_roles_that_are_not_said) {
  const PrincipalFile none = read(heading + "erin,user,," + key + ",,\n");
  BOOST_TEST((none.rows.at(0).fields ==
              Fields{{"name", "erin"}, {"kind", "user"}, {"public_key", key}, {"roles", "set"}}));
  BOOST_TEST(read(json_line(R"(,"roles":[])")).rows.at(0).fields.get("roles") == "set");
  BOOST_TEST(!read(json_line("")).rows.at(0).fields.has("roles"));
}

BOOST_AUTO_TEST_CASE(is_written_as_it_is_read) {
  const Fields row{{"name", "erin"},  {"kind", "user"},    {"kvno", "2"},     {"public_key", key},
                   {"role", "clerk"}, {"role", "auditor"}, {"disabled", "no"}};
  const PrincipalFile csv = read(principal_csv_heading() + "\n" + principal_csv(row) + "\n");
  BOOST_TEST((csv.rows.at(0).fields == erin));
  const PrincipalFile json = read(principal_json(row).dump() + "\n");
  BOOST_TEST((json.rows.at(0).fields == erin));
}

BOOST_AUTO_TEST_CASE(goes_on_behind_a_line_that_is_not_right) {
  const PrincipalFile file = read(heading + "erin,user\n\ndora,user,1," + key + ",no,\n" +
                                  "dora,service,1," + key + ",no,\n");
  BOOST_TEST_REQUIRE(file.rows.size() == 1U);
  BOOST_TEST(file.rows.at(0).line == 4U);
  BOOST_TEST_REQUIRE(file.faults.size() == 3U);
  BOOST_TEST(file.faults.at(0).line == 2U);
  BOOST_TEST(file.faults.at(0).why == "2 values for 6 columns");
  BOOST_TEST(file.faults.at(1).why == "empty");
  BOOST_TEST(file.faults.at(2).line == 5U);
  BOOST_TEST(file.faults.at(2).name == "dora");
  BOOST_TEST(file.faults.at(2).why == "stands in line 4 already");
}

BOOST_AUTO_TEST_CASE(has_lines_of_the_right_form_alone) {
  const auto csv = [](const std::string& line) { return fault(heading + line + "\n"); };
  BOOST_TEST(csv("\"erin\",user,1," + key + ",no,").starts_with("quotation marks"));
  BOOST_TEST(csv("erin,user,1," + key + ",no,,x") == "7 values for 6 columns");
  BOOST_TEST(csv(",user,1," + key + ",no,") == "no name");
  BOOST_TEST(csv("erin,user,1,,no,") == "no public_key");
  BOOST_TEST(csv("\xff,user,1," + key + ",no,") == "not UTF-8");
  BOOST_TEST(csv(std::string(max_principal_line + 1, 'a')) == "longer than 4096 bytes");
  std::string many = "erin,user,1," + key + ",no,";
  for (int i = 0; i < 17; ++i) many += "r" + std::to_string(i) + " ";
  BOOST_TEST(csv(many) == "more than 16 roles");
}

BOOST_AUTO_TEST_CASE(has_objects_of_known_members_alone) {
  BOOST_TEST(fault(json_line(R"(,"name":"dora")")) == "`name` stands twice");
  BOOST_TEST(fault(json_line(R"(,"password":"secret")")) == "there is no member `password`");
  BOOST_TEST(fault(json_line(R"(,"kvno":-1)")) == "kvno is a number");
  BOOST_TEST(fault(json_line(R"(,"kvno":1.5)")) == "kvno is a number");
  BOOST_TEST(fault(json_line(R"(,"disabled":"no")")) == "disabled is true or false");
  BOOST_TEST(fault(json_line(R"(,"roles":"clerk")")) == "roles is a list of texts");
  BOOST_TEST(fault(json_line(R"(,"roles":[1])")) == "roles is a list of texts");
  BOOST_TEST(fault("{\"name\":1}\n") == "name is a text");
  BOOST_TEST(fault("{\"name\":\"erin\"\n") == "no JSON object");
  BOOST_TEST(fault(json_line("").replace(json_line("").size() - 1, 1, " {}\n")) ==
             "no JSON object");
}

BOOST_AUTO_TEST_CASE(names_its_columns) {
  BOOST_TEST(stop("name,kind,public_key,password\nerin,user," + key + ",x\n") ==
             "line 1: there is no column `password`");
  BOOST_TEST(stop("name,kind,public_key,name\n") == "the file has no principal in it");
  BOOST_TEST(stop("name,kind,public_key,name\nx\n") == "line 1: the column `name` stands twice");
  BOOST_TEST(stop("name,kind\nx\n") == "line 1: there is no column `public_key`");
  BOOST_TEST(stop("erin,user," + key + "\nx\n").starts_with("line 1: there is no column `erin`"));
  BOOST_TEST(stop(std::string(5000, 'a') + "\nx\n").starts_with("line 1: it is longer"));
  BOOST_TEST(stop("") == "the file has no principal in it");
  BOOST_TEST(stop(heading) == "the file has no principal in it");
}

BOOST_AUTO_TEST_CASE(is_of_no_more_than_fit_into_one_import) {
  std::string text = heading;
  for (std::uint64_t i = 0; i < StagedRows::max_batch; ++i) {
    text += "user-" + std::to_string(i) + ",user,1," + key + ",no,\n";
  }
  BOOST_TEST(read(text).rows.size() == StagedRows::max_batch);
  BOOST_TEST(stop(text + "one,user,1," + key + ",no,\n") == "more than 100000 principals at once");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::principal_file_test
