#include <boost/test/unit_test.hpp>

#include "tests/tools/door.h"

namespace waybill::test::authorize_test {

using namespace tools;

using nlohmann::json;

BOOST_FIXTURE_TEST_SUITE(authorize, AtADoor)

BOOST_AUTO_TEST_CASE(prints_a_whole_header_line) {
  const Seen seen =
      run(authorize_main, {"--service", "trigger/orders", "--queue", "queue-alice", "--workflow",
                           "invoice-report", "--action", "a", "--input", file("input")});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.out.starts_with("Authorization: Waybill "));
  BOOST_TEST(seen.out.ends_with("\n"));
  BOOST_TEST(seen.err == "");
}

BOOST_AUTO_TEST_CASE(wants_either_work_or_a_request) {
  for (const Arguments& arguments :
       {Arguments{}, Arguments{"--queue", "q"}, Arguments{"--workflow", "w"},
        Arguments{"--path", "v1"}, Arguments{"--queue", "q", "--workflow", "w", "--path", "/v1"}}) {
    BOOST_TEST(run(authorize_main, arguments).status == 2);
  }
}

BOOST_AUTO_TEST_CASE(binds_work_to_a_namespace_that_is_named_or_known) {
  const Door door([](const HttpRequest&) { return Door::say(200, json::object()); });
  const Arguments work{"--queue", "queue-alice", "--workflow", "w", "--action", "a"};
  const auto spaces = [&](const Arguments& more) {
    Arguments all = work;
    all.insert(all.end(), more.begin(), more.end());
    const Seen seen = run(authorize_main, all);
    BOOST_REQUIRE(seen.status == 0);
    constexpr std::size_t before = std::string_view("Authorization: Waybill ").size();
    const auto wire = from_base64url(seen.out.substr(before, seen.out.size() - before - 1));
    std::string found;
    const auto read = Presentation::parse(*wire);
    BOOST_REQUIRE(bool(read));
    for (const Caveat& caveat : read->caveats()) {
      if (const auto* space = std::get_if<caveat::Namespace>(&caveat)) found += space->name;
    }
    return found;
  };
  BOOST_TEST(spaces({"--service", "trigger/orders"}) == "");
  BOOST_TEST(spaces({"--service", "trigger/orders", "--namespace", "z"}) == "z");
  BOOST_TEST(spaces({"--trigger", door.url}) == "x");
}

BOOST_AUTO_TEST_CASE(binds_a_grpc_call_to_the_bytes_of_its_message) {
  const Door door([](const HttpRequest&) { return Door::say(200, json::object()); });
  write("message", "\x0a\x01w");
  const Seen seen =
      run(authorize_main, {"--trigger", door.url, "--grpc", "Describe", "--body", file("message")});
  BOOST_TEST_REQUIRE(seen.status == 0, seen.err);
  constexpr std::size_t before = std::string_view("Authorization: Waybill ").size();
  const auto wire = from_base64url(seen.out.substr(before, seen.out.size() - before - 1));
  const auto read = Presentation::parse(*wire);
  BOOST_REQUIRE(bool(read));
  const Digest expected =
      request_digest({bytes_of(std::string_view("GRPC")),
                      bytes_of(std::string_view("/waybill.v1.Trigger/Describe")),
                      bytes_of(std::string_view("\x0a\x01w"))});
  BOOST_TEST(bool(read->authenticator().request == expected));
  BOOST_TEST(bool(read->authenticator().instance == door.instance));
  for (const Arguments& wrong : {Arguments{"--grpc", "a/b"}, Arguments{"--grpc", ""},
                                 Arguments{"--grpc", "Wait", "--path", "/v1"},
                                 Arguments{"--grpc", "Wait", "--method", "POST"}}) {
    BOOST_TEST(run(authorize_main, wrong).status == 2);
  }
}

BOOST_AUTO_TEST_CASE(refuses_more_than_a_delegation_can_name) {
  const Seen seen = run(authorize_main, {"--service", "trigger/orders", "--queue", "queue-alice",
                                         "--workflow", "w", "--action", long_names(20)});
  BOOST_TEST(seen.status == 2, seen.err);
  BOOST_TEST(seen.says("too long together"), seen.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::authorize_test
