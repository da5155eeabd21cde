#include <boost/test/unit_test.hpp>

#include "tests/tools/desk.h"

namespace waybill::test::standing_test {

using namespace tools;

BOOST_FIXTURE_TEST_SUITE(where_i_stand, Desk)

BOOST_AUTO_TEST_CASE(is_what_no_command_shows_with_what_to_type_next) {
  const Seen nobody = run(standing_main, {});
  BOOST_TEST(nobody.status == 0);
  BOOST_TEST(nobody.says("nobody is logged in"));
  BOOST_TEST(nobody.says("hint: `waybill init"));
  BOOST_TEST(log_in("carol").status == 0);
  const Seen carol = run(standing_main, {});
  BOOST_TEST(carol.says("carol@DEMO.TEST"));
  BOOST_TEST(carol.says("(in 8 h)"), carol.out);
  BOOST_TEST(carol.says("hint: `waybill submit"));
  kdc.clock.advance(9h);
  BOOST_TEST(run(standing_main, {}).says("1 h ago"));
  BOOST_TEST(run(standing_main, {}).says("hint: `waybill init"));
  BOOST_TEST(run(list_main, {"-s"}).status == 4);
}

BOOST_AUTO_TEST_CASE(says_whether_the_kdc_answers) {
  BOOST_TEST(run(standing_main, {}).says(kdc.url + " answers"));
  kdc.stop();
  const Seen away = run(standing_main, {});
  BOOST_TEST(away.status == 0);
  BOOST_TEST(away.says("cannot connect to " + kdc.url), away.out);
  BOOST_TEST(away.says("hint: `waybill doctor`"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::standing_test
