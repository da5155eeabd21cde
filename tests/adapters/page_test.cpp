#include "ticket/adapters/page.h"

#include <boost/test/unit_test.hpp>

namespace waybill::test::page_test {

BOOST_AUTO_TEST_SUITE(a_page)

BOOST_AUTO_TEST_CASE(is_filled_with_whole_words) {
  BOOST_TEST(filled("one two three four", 9) == "one two\nthree\nfour");
  BOOST_TEST(filled("one two\nthree", 20) == "one two three");
  BOOST_TEST(filled("gr\xc3\xb6\xc3\x9f er", 7) == "gr\xc3\xb6\xc3\x9f er");
  BOOST_TEST(filled("a longestword b", 5) == "a\nlongestword\nb");
  BOOST_TEST(filled("", 5).empty());
}

BOOST_AUTO_TEST_CASE(keeps_blank_lines_and_what_is_indented) {
  BOOST_TEST(filled("one\ntwo\n\nthree\n  a table  stays\nfour", 20) ==
             "one two\n\nthree\n  a table  stays\nfour");
}

BOOST_AUTO_TEST_CASE(breaks_a_command_where_it_can_be_pasted) {
  BOOST_TEST(filled_command("waybill list", 80) == "  waybill list");
  BOOST_TEST(filled_command("waybill submit t --queue q --input a > b", 28) ==
             "  waybill submit t \\\n      --queue q --input a \\\n      > b");
  BOOST_TEST(filled_command("waybill revoke --reason 'left --the company'", 24) ==
             "  waybill revoke \\\n      --reason 'left --the company'");
  BOOST_TEST(filled_command("curl -H \"$(waybill authorize --path \"a --b\")\" --url u", 36) ==
             "  curl -H \"$(waybill authorize \\\n      --path \"a --b\")\" --url u");
}

BOOST_AUTO_TEST_CASE(has_a_bar_of_one_width) {
  BOOST_TEST(progress_bar(0, 3) == "[                    ]   0 %");
  BOOST_TEST(progress_bar(1, 2) == "[##########          ]  50 %");
  BOOST_TEST(progress_bar(99'999, 100'000) == "[################### ]  99 %");
  BOOST_TEST(progress_bar(4, 3) == "[####################] 100 %");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::page_test
