#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "tests/support/daemon.h"

namespace waybill::test::feed_static_test {
namespace {

namespace utf = boost::unit_test;

// Somebody else's web server, where there is one.
boost::test_tools::assertion_result has_python(utf::test_unit_id) {
  const int status = std::system("python3 -c 'import http.server' >/dev/null 2>&1");  // NOLINT
  boost::test_tools::assertion_result is_there(status == 0);
  is_there.message() << "there is no python3 here";
  return is_there;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_web_server_that_knows_nothing_of_feeds)

BOOST_AUTO_TEST_CASE(serves_one, *utf::precondition(has_python)) {
  TestRealm realm;
  FeedFiles feed(realm);
  const Scratch scratch;
  const std::string folder = (scratch / "www/waybill/feed").string();
  const auto publish = [&](std::uint64_t more, Time time) {
    feed.revoke_many(more, time);
    feed.publish(time);
    feed.write_to(folder);
  };
  publish(17'000, noon);
  const std::uint16_t port = free_port();
  const std::string number = std::to_string(port);
  Daemon server({"/bin/sh",
                 {"-c", "exec python3 -m http.server " + number + " --bind 127.0.0.1 --directory " +
                            (scratch / "www").string()},
                 scratch.path()},
                scratch / "log");
  server.start();
  server.wait_until_listening(port);
  const auto source = open_feed("http://127.0.0.1:" + number + "/waybill/feed/");
  ManualClock clock;
  FeedMirror mirror(scratch / "mirror", realm_file_of(realm), clock, quick_mirror());
  BOOST_TEST(bool(mirror.follow(*source, realm.document)));
  BOOST_TEST(mirror.head().sequence == 17'000U);
  clock.advance(10s);
  publish(300, clock.now());
  BOOST_TEST(bool(mirror.follow(*source, realm.document)));
  BOOST_TEST(mirror.head().sequence == 17'300U);
  BOOST_TEST((mirror.head().time == noon + 10s));
  server.kill();
  BOOST_CHECK_THROW(mirror.follow(*source, realm.document), FeedAway);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_static_test
