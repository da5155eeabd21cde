#include "ticket/adapters/listen_address.h"

#include <boost/test/unit_test.hpp>

namespace waybill::test::listen_address_test {

BOOST_AUTO_TEST_SUITE(an_address_to_listen_on)

BOOST_AUTO_TEST_CASE(is_host_and_port) {
  struct Row {
    const char* text;
    const char* host;
    int port;
  };
  for (const Row& row : {Row{"127.0.0.1:8090", "127.0.0.1", 8090},
                         {"localhost:0", "localhost", 0},
                         {"[::1]:443", "::1", 443},
                         {"0.0.0.0:65535", "0.0.0.0", 65535}}) {
    const auto parsed = ListenAddress::parse(row.text);
    BOOST_TEST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->host == row.host);
    BOOST_TEST(parsed->port == row.port);
    BOOST_TEST(parsed->text() == row.text);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_in_any_other_form) {
  for (const char* text :
       {"",        ":",    "8090",    "localhost", "127.0.0.1", "localhost:", ":8090", "::1:8090",
        "[::1]",   "[]:1", "[[a]]:1", "a\"b:1",    "a\nb:1",    "a b:1",      "[a:1",  "a]:1",
        "a:65536", "a:-1", "a:+1",    "a: 1",      "a:1 ",      "a:x",        "a:1x",  "a:0x10"}) {
    BOOST_TEST(!ListenAddress::parse(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(is_of_this_host_alone_when_it_is_loopback) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"}) {
    BOOST_TEST(is_loopback(host), host);
  }
  for (const char* host : {"", "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "128.0.0.1",
                           "localhost.example.org", "[::1]"}) {
    BOOST_TEST(!is_loopback(host), host);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::listen_address_test
