#include <boost/test/unit_test.hpp>

#include "tests/adapters/throwaway_ca.h"
#include "tests/support/outcome.h"
#include "tests/temporal/front_end.h"
#include "ticket/adapters/files.h"

namespace waybill::test::tls_test {
namespace {

std::string text_in(const std::string& file) {
  return std::string(text_of(read_file(file, 1 << 16)));
}

GrpcDoor::Identity identity(const ThrowawayCa::Files& files) {
  return {text_in(files.certificate), text_in(files.key)};
}

std::unique_ptr<temporal::Server> connect(const FrontEnd& front, const std::string& authorities,
                                          const std::string& token_file = {}) {
  return temporal::connect({front.address(), "default", "test", token_file, authorities});
}

/// A poll, since it is not tried again.
bool is_spoken_to(const FrontEnd& front, const std::string& authorities) {
  try {
    return bool(connect(front, authorities)->poll_workflow("queue-alice"));
  } catch (const HttpError&) {
    return false;
  }
}

struct WithAuthority {
  ThrowawayCa ca;
  const Scratch scratch;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_temporal_server_with_tls, WithAuthority)

BOOST_AUTO_TEST_CASE(is_spoken_to_when_a_named_authority_vouches_for_it_and_gets_the_token) {
  FrontEnd front(identity(ca.issue("temporal")));
  BOOST_TEST(is_spoken_to(front, ca.certificate()));
  const auto token = scratch / "token";
  write_file_atomic(token, bytes_of("one\n"), 0600);
  const auto server = connect(front, ca.certificate(), token.string());
  BOOST_TEST(outcome(server->describe({"nothing"})) == Errc::not_found);
  BOOST_TEST(front.authorization() == "Bearer one");
}

BOOST_AUTO_TEST_CASE(is_not_spoken_to_by_whoever_cannot_know_that_it_is_the_one) {
  FrontEnd front(identity(ca.issue("temporal")));
  const ThrowawayCa stranger;
  BOOST_TEST(!is_spoken_to(front, stranger.certificate()));
  BOOST_TEST(!is_spoken_to(front, {}));  // in clear
  FrontEnd other(identity(ca.issue("other", "DNS:temporal.example,IP:127.0.0.2")));
  BOOST_TEST(!is_spoken_to(other, ca.certificate()));
  FrontEnd in_clear;
  BOOST_TEST(!is_spoken_to(in_clear, ca.certificate()));
  BOOST_TEST(is_spoken_to(in_clear, {}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::tls_test
