#include <boost/test/unit_test.hpp>

#include "tests/tools/door.h"

namespace waybill::test::trigger_client_test {

using namespace tools;

using nlohmann::json;

BOOST_FIXTURE_TEST_SUITE(submit, AtADoor)

BOOST_AUTO_TEST_CASE(hands_over_a_ticket_that_is_narrowed_to_this_work) {
  const Door door([](const HttpRequest&) { return Door::say(202, accepted_work); });
  const Seen seen = submit(door, {"--expires", "5m", "--run-for", "30m", "--workflow-id", "my.1"});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.out == "invoice-report-1\n");
  const HttpRequest request = door.asked().at(0);
  BOOST_TEST(json::parse(request.body) == json({{"workflow_type", "invoice-report"},
                                                {"queue", "queue-alice"},
                                                {"actions", {"a", "b"}},
                                                {"input", "aW52b2ljZXM="},
                                                {"workflow_id", "my.1"},
                                                {"run_for_seconds", 1800}}));
  const Presentation presentation = shown(request);
  BOOST_TEST(outcome(check_delegation(presentation.caveats())) == accepted);
  const CaveatRequest right{.now = noon,
                            .audience = kdc.principal("trigger/orders"),
                            .queue = "queue-alice",
                            .workflow_type = "invoice-report",
                            .workflow_id = "my.1",
                            .input = input_digest(bytes_of("invoices")),
                            .actions = std::vector<std::string>{"a", "b"},
                            .downstreams = std::vector<Downstream>{},
                            .space = "x"};
  BOOST_TEST(outcome(check_caveats(presentation.caveats(), right)) == accepted);
  CaveatRequest late = right;
  late.now = noon + 5min;
  BOOST_TEST(outcome(check_caveats(presentation.caveats(), late)) == Errc::caveat_expired);
  CaveatRequest other = right;
  other.audience = kdc.principal("trigger/rogue");
  BOOST_TEST(outcome(check_caveats(presentation.caveats(), other)) == Errc::caveat_audience);
  other = right;
  other.space = "y";
  BOOST_TEST(outcome(check_caveats(presentation.caveats(), other)) == Errc::caveat_namespace);
}

BOOST_AUTO_TEST_CASE(gives_nothing_to_a_trigger_of_another_namespace_than_was_meant) {
  const Door door([](const HttpRequest&) { return Door::say(202, accepted_work); });
  BOOST_TEST(submit(door, {"--namespace", "x"}).status == 0);
  BOOST_TEST(door.asked().size() == 1U);
  const Seen seen = submit(door, {"--namespace", "y"});
  BOOST_TEST(seen.status == 1, seen.err);
  BOOST_TEST(seen.says("WB-CAVEAT-NAMESPACE"), seen.err);
  BOOST_TEST(seen.says("works in namespace x, not in y"), seen.err);
  BOOST_TEST(door.asked().size() == 1U);
}

BOOST_AUTO_TEST_CASE(says_which_run_has_the_workflow_id) {
  const Door door([](const HttpRequest&) {
    return Door::refuse(409, Errc::already_exists, {{"run_id", "0011\x1b"}});
  });
  const Seen seen = submit(door, {"--workflow-id", "my.1"});
  BOOST_TEST(seen.status == 1);
  BOOST_TEST(seen.says("run 0011\\x1b has that workflow id"), seen.err);
}

BOOST_AUTO_TEST_CASE(sends_the_same_presentation_again_when_the_door_breaks) {
  std::atomic<int> tries = 0;
  const Door door([&](const HttpRequest&) {
    if (++tries == 1) return HttpReply{503, "", "", {}};
    if (tries == 2) return Door::refuse(429, Errc::busy);
    return Door::say(202, accepted_work);
  });
  const Seen seen = submit(door);
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST_REQUIRE(door.asked().size() == 3U);
  const std::vector<HttpRequest> asked = door.asked();
  BOOST_TEST(asked.at(0).header("Authorization") == asked.at(2).header("Authorization"));
}

BOOST_AUTO_TEST_CASE(gives_the_refusal_of_the_trigger, *boost::unit_test::label("slow")) {
  struct Row {
    const char* name;
    HttpReply reply;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {"by policy", Door::refuse(403, Errc::grant_action), 1, "refused: WB-GRANT-ACTION  no grant"},
      {"by a caveat", Door::refuse(401, Errc::caveat_expired), 1, "WB-CAVEAT-EXPIRED"},
      {"the KDC is away", Door::refuse(503, Errc::internal), 3, "request r1"},
      {"no JSON", {502, "text/html", "<html>", {}}, 3, "does not speak as a trigger"},
      {"JSON of another kind", Door::say(400, json::array()), 3, "does not speak as a trigger"},
      {"an error without a code", Door::say(400, {{"error", "no"}}), 3, "does not speak"},
      {"an answer without an id", Door::say(202, json::object()), 3, "names no workflow"},
      {"an id that is none", Door::say(202, {{"workflow_id", "../x"}}), 3, "names no workflow"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Door door([&](const HttpRequest&) { return row.reply; });
      const Seen seen = submit(door);
      BOOST_TEST(seen.status == row.status, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
      BOOST_TEST(seen.out == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(does_not_let_a_trigger_write_to_the_terminal) {
  const Door door([](const HttpRequest&) {
    return Door::say(403, {{"error", {{"code", "WB-\x1b[2J"}, {"message", "\x1b[31m\nwaybill:"}}}});
  });
  const Seen seen = submit(door);
  BOOST_TEST(seen.status == 1);
  BOOST_TEST(!seen.says("\x1b"));
  BOOST_TEST(seen.says("\\x1b[31m\\x0awaybill:"), seen.err);
}

BOOST_AUTO_TEST_CASE(finds_the_trigger_by_option_environment_or_kdc) {
  const Door door([](const HttpRequest&) { return Door::say(202, accepted_work); });
  const Seen none = run(submit_main, submission(""));
  BOOST_TEST(none.status == 1);
  BOOST_TEST(none.says("--trigger URL"), none.err);
  ::setenv("WAYBILL_TRIGGER", door.url.c_str(), 1);
  BOOST_TEST(run(submit_main, submission("")).status == 0);
  ::unsetenv("WAYBILL_TRIGGER");
  announce("trigger/orders", door.url);
  BOOST_TEST(run(submit_main, submission("")).status == 0);
  announce("trigger/rogue", door.url);
  const Seen several = run(submit_main, submission(""));
  BOOST_TEST(several.status == 2);
  BOOST_TEST(several.says("trigger/rogue@DEMO.TEST"), several.err);
  BOOST_TEST(run(submit_main, submission("", {"--service", "trigger/orders"})).status == 0);
}

BOOST_AUTO_TEST_CASE(gives_nothing_to_somebody_else_than_was_meant) {
  Door door([](const HttpRequest&) { return Door::say(202, accepted_work); });
  announce("trigger/orders", door.url);
  door.call_itself("trigger/rogue@DEMO.TEST");
  const Seen located = run(submit_main, submission(""));
  BOOST_TEST(located.status == 1);
  BOOST_TEST(located.says("WB-AUTH-ADDRESSEE"), located.err);
  const Seen named = submit(door, {"--service", "trigger/orders"});
  BOOST_TEST(named.says("WB-AUTH-ADDRESSEE"), named.err);
  door.call_itself("trigger/orders@OTHER.TEST");
  BOOST_TEST(submit(door).says("WB-REALM"));
  BOOST_TEST(door.asked().empty());
}

BOOST_AUTO_TEST_CASE(refuses_wrong_usage_before_it_asks_anybody) {
  const Door door([](const HttpRequest&) { return Door::say(202, accepted_work); });
  struct Row {
    const char* name;
    Arguments arguments;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {"no action", {"t", "--queue", "q"}, 2, "--action"},
      {"an action twice", {"t", "--queue", "q", "--action", "a,a"}, 2, "twice"},
      {"no name of an action", {"t", "--queue", "q", "--action", "a b"}, 2, "not an action"},
      {"more than a caveat can hold",
       {"t", "--queue", "q", "--action", long_names(20)},
       2,
       "too long together"},
      {"no name of a type", {"t*", "--queue", "q", "--action", "a"}, 2, "not a workflow type"},
      {"no queue", {"t", "--queue", "Q!", "--action", "a"}, 2, "not a principal"},
      {"another realm", {"t", "--queue", "q@OTHER.TEST", "--action", "a"}, 2, "another realm"},
      {"too late", {"t", "--queue", "q", "--action", "a", "--expires", "16m"}, 2, "15m"},
      {"an id with a slash",
       {"t", "--queue", "q", "--action", "a", "--workflow-id", "a/b"},
       2,
       "/"},
      {"no input", {"t", "--queue", "q", "--action", "a", "--input", file("none")}, 5, "none"},
      {"no namespace", {"t", "--queue", "q", "--action", "a", "--namespace", "*"}, 2, "namespace"},
      {"no wait", {"t", "--queue", "q", "--action", "a", "--output", "x"}, 2, "--wait"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Seen seen = run(submit_main, row.arguments);
      BOOST_TEST(seen.status == row.status, seen.err);
      BOOST_TEST(seen.says(row.says), seen.err);
    }
  }
  BOOST_TEST(door.asked().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(wait, AtADoor)

BOOST_AUTO_TEST_CASE(prints_the_result_or_writes_it_to_a_file) {
  std::atomic<int> tries = 0;
  const Door door([&](const HttpRequest& request) {
    if (request.path.ends_with("/result")) return Door::say(200, {{"result", "cmVzdWx0Cg=="}});
    return Door::say(200, {{"status", ++tries % 3 == 0 ? "completed" : "running"}});
  });
  const Seen seen = run(wait_main, {"w.1", "--trigger", door.url});
  BOOST_TEST(seen.status == 0, seen.err);
  BOOST_TEST(seen.out == "result\n");
  const Seen filed = run(wait_main, {"w.1", "--trigger", door.url, "--output", file("result")});
  BOOST_TEST(filed.status == 0, filed.err);
  BOOST_TEST(filed.out == "");
  BOOST_TEST(read("result") == "result\n");
}

BOOST_AUTO_TEST_CASE(presents_a_ticket_for_just_this_request) {
  const Door door([&](const HttpRequest&) { return Door::say(200, {{"status", "cancelled"}}); });
  BOOST_TEST(run(wait_main, {"w.1", "--trigger", door.url}).status == 1);
  const Authenticator authenticator = shown(door.asked().at(0)).authenticator();
  BOOST_TEST((authenticator.addressee == kdc.principal("trigger/orders")));
  BOOST_TEST((authenticator.instance == door.instance));
  BOOST_TEST((authenticator.request ==
              request_digest({bytes_of("GET"), bytes_of("/v1/workflows/w.1"), bytes_of("")})));
}

BOOST_AUTO_TEST_CASE(says_how_it_ended_otherwise) {
  struct Row {
    json status;
    const char* says;
  };
  const Row rows[] = {
      {{{"status", "failed"}, {"error", {{"code", "WB-INTERNAL"}, {"message", "exit 3"}}}},
       "error: the workflow ended as failed: exit 3 (WB-INTERNAL)"},
      {{{"status", "refused"}, {"error", {{"code", "WB-HANDLER"}, {"message", "no handler"}}}},
       "refused: WB-HANDLER  no handler"},
      {{{"status", "dead"}}, "the workflow ended as dead"},
      {{{"status", "cancelled"}, {"error", "?"}}, "the workflow ended as cancelled"},
  };
  for (const Row& row : rows) {
    const Door door([&](const HttpRequest&) { return Door::say(200, row.status); });
    const Seen seen = run(wait_main, {"w.1", "--trigger", door.url});
    BOOST_TEST(seen.status == 1);
    BOOST_TEST(seen.says(row.says), seen.err);
  }
}

BOOST_AUTO_TEST_CASE(addresses_another_instance_when_it_is_told_to) {
  Door* here = nullptr;
  std::atomic<int> tries = 0;
  Door door([&](const HttpRequest&) {
    if (++tries > 1) return Door::say(200, {{"status", "dead"}});
    here->instance = random_bytes<16>();
    return Door::refuse(401, Errc::wrong_instance, {{"instance", to_hex(here->instance)}});
  });
  here = &door;
  BOOST_TEST(run(wait_main, {"w.1", "--trigger", door.url}).says("ended as dead"));
  BOOST_TEST((shown(door.asked().at(1)).authenticator().instance == door.instance));
}

BOOST_AUTO_TEST_CASE(gets_another_ticket_when_the_one_it_has_is_not_taken) {
  std::atomic<int> tries = 0;
  const Door door([&](const HttpRequest&) {
    if (++tries == 1) return Door::refuse(401, Errc::unknown_kvno);
    return Door::say(200, {{"status", "dead"}});
  });
  BOOST_TEST(run(wait_main, {"w.1", "--trigger", door.url}).says("ended as dead"));
  const auto first = shown(door.asked().at(0)), second = shown(door.asked().at(1));
  BOOST_TEST(!equal(first.ticket(), second.ticket()));
}

BOOST_AUTO_TEST_CASE(does_not_ask_for_ever_when_it_is_not_believed) {
  const Door door([&](const HttpRequest&) { return Door::refuse(401, Errc::bad_tag); });
  const Seen seen = run(wait_main, {"w.1", "--trigger", door.url});
  BOOST_TEST(seen.status == 1);
  BOOST_TEST(seen.says("refused: WB-AUTH-TAG"), seen.err);
  BOOST_TEST(door.asked().size() == 2U);
}

BOOST_AUTO_TEST_CASE(refuses_a_result_that_is_none) {
  const Door door([](const HttpRequest& request) {
    if (request.path.ends_with("/result")) return Door::say(200, {{"result", "not base64"}});
    return Door::say(200, {{"status", "completed"}});
  });
  BOOST_TEST(run(wait_main, {"w.1", "--trigger", door.url}).status == 3);
}

BOOST_AUTO_TEST_CASE(wants_credentials_and_an_id) {
  BOOST_TEST(run(wait_main, {"a b"}).status == 2);
  BOOST_TEST(run(wait_main, {"a/b"}).status == 2);
  BOOST_TEST(run(destroy_main, {"-A"}).status == 0);
  BOOST_TEST(run(wait_main, {"w.1"}).status == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::trigger_client_test
