#include <memory>
#include <random>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/raw_socket.h"
#include "tests/integration/people.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::door_test {
namespace {

using namespace std::chrono_literals;

/// One thing that a stranger sends, and the status that he gets.
struct Row {
  const char* name;
  std::string wire;
  int status;
  bool hangs_up = false;
};

std::string request(const std::string& line, const std::string& type, const std::string& body,
                    const std::string& more = "") {
  return line + " HTTP/1.1\r\nHost: x\r\n" +
         (type.empty() ? "" : "Content-Type: " + type + "\r\n") + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string packed(const Buffer& bytes) { return std::string(text_of(bytes)); }

std::string changed(std::string bytes, std::size_t at) {
  bytes[at] ^= 1;
  return bytes;
}

int status_of(const std::string& reply) {
  return reply.starts_with("HTTP/1.1 ") ? std::stoi(reply.substr(9, 3)) : 0;
}

std::string say(std::uint16_t port, const Row& row) {
  RawSocket stranger(port);
  stranger.send(row.wire);
  if (row.hangs_up) stranger.end_sending();
  return stranger.read_all(12'000);
}

// Whether the body says what was wrong, in the form of this daemon.
bool names_a_code(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string body = reply.substr(end + 4);
  if (reply.find("application/msgpack") < end) return bool(Refusal::decode(bytes_of(body)));
  const auto json = nlohmann::json::parse(body, nullptr, false);
  return json.is_object() && json.contains("error") &&
         json["error"].value("code", "").starts_with("WB-");
}

/// Who refuses: the HTTP server, without a body, or the daemon itself, with a code.
enum class By { server, daemon };

void check(std::uint16_t port, By by, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const std::string reply = say(port, row);
      const int status = status_of(reply);
      BOOST_TEST(status == row.status, reply.substr(0, 300));
      const bool said = status == 413 || by == By::server || names_a_code(reply);
      BOOST_TEST(said, reply.substr(0, 300));
    }
  }
}

// What is wrong before anybody looks at the path: the same at every daemon.
std::vector<Row> framing() {
  return {
      {"random bytes", noise(4000, 1), 400},
      {"random bytes without a line", std::string(300, '\xff'), 400, true},
      {"a greeting of another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
      {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400, true},
      {"a method that there is not", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"a header without end", "GET / HTTP/1.1\r\nHost: x\r\nA: b", 400, true},
      {"a body that stops half way",
       "POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
       "Content-Length: 1000\r\n\r\nhalf",
       400, true},
      {"a body without a length", "POST /v1/call HTTP/1.1\r\nHost: x\r\n\r\n", 411},
      {"a body in chunks",
       "POST /v1/call HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
      {"a length that is no number",
       "POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400},
      {"a body of a terabyte",
       "POST /v1/call HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\n", 413},
      {"headers without end", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(200'000, 'a'), 431},
      {"a path that there is not", request("GET /v2/nothing", "", ""), 404},
  };
}

std::vector<Row> kdc_rows(const LiveRealm& realm, const Person& carol) {
  const std::string type = "application/msgpack";
  const LoginEnvelope login{realm.principal("carol").realm(), KeyId{1}, Buffer(96, 7)};
  const LoginEnvelope epoch{realm.principal("carol").realm(), KeyId{99}, Buffer(96, 7)};
  const LoginEnvelope elsewhere{*Realm::parse("ELSEWHERE"), KeyId{1}, Buffer(96, 7)};
  const PendingCall call = *make_call(carol.tgt().ticket, carol.tgt().session, {{"tickets", {}}},
                                      {realm.principal("krbtgt"), {}, realm.now()});
  const auto post = [&](const char* path, const std::string& body) {
    return request("POST " + std::string(path), type, body);
  };
  const std::string good_call = packed(call.wire);
  const auto presented = ReceivedCall::parse(call.wire)->presentation_bytes;
  const std::size_t tag_at = good_call.find(packed(presented)) + presented.size() - 1;
  std::vector<Row> rows{
      {"a login of text", request("POST /v1/as", "text/plain", packed(login.encode())), 415},
      {"a login without a type", request("POST /v1/as", "", packed(login.encode())), 415},
      {"a call in JSON", request("POST /v1/call", "application/json", "{}"), 415},
      {"a login by GET", request("GET /v1/as", "", ""), 405},
      {"an empty login", post("/v1/as", ""), 400},
      {"a login with a message that does not open", post("/v1/as", packed(login.encode())), 400},
      {"a login to an unknown epoch", post("/v1/as", packed(epoch.encode())), 400},
      {"a login to another realm", post("/v1/as", packed(elsewhere.encode())), 400},
      {"a login of version 2", post("/v1/as", "\x94\x02\xa1R\x01\xc4\x01x"), 400},
      {"a truncated call", post("/v1/call", good_call.substr(0, good_call.size() / 2)), 400},
      {"a call with one byte more", post("/v1/call", good_call + "x"), 400},
      {"a call with a changed box", post("/v1/call", changed(good_call, good_call.size() - 1)),
       400},
      {"a call with a changed tag", post("/v1/call", changed(good_call, tag_at)), 401},
      {"a call in a longer form",
       post("/v1/call", "\xdc" + std::string("\0\2", 2) + good_call.substr(1)), 400},
      {"a call with a map",
       post("/v1/call",
            "\x81\xa1"
            "a\x01"),
       400},
      {"a call nested too deep", post("/v1/call", std::string(200, '\x91') + '\x01'), 400},
      {"an array of four billion", post("/v1/call", "\xdd\xff\xff\xff\xff"), 400},
      {"an oversized call", post("/v1/call", std::string(70'000, 'x')), 413},
      {"a segment without a number", request("GET /v1/feed/segments/0/minus-one", "", ""), 404},
      {"a segment above the feed", request("GET /v1/feed/segments/../head", "", ""), 404},
  };
  for (unsigned seed = 1; seed <= 20; ++seed) {
    rows.push_back({"random bytes to /v1/call", post("/v1/call", noise(seed * 50, seed)), 400});
    rows.push_back({"random bytes to /v1/as", post("/v1/as", noise(seed * 50, seed)), 400});
  }
  return rows;
}

std::vector<Row> trigger_rows(const Person& carol) {
  const std::string type = "application/json";
  const Errand errand;
  const std::string good = request_body(errand).dump();
  const auto with = [](Bytes presentation) {
    return "Authorization: " + authorization(presentation) + "\r\n";
  };
  const std::string credential = with(carol.delegation(errand));
  const auto post = [&](const std::string& body, const std::string& header) {
    return request("POST /v1/workflows", type, body, header);
  };
  std::string deep =
      R"({"workflow_type":)" + std::string(20'000, '[') + std::string(20'000, ']') + "}";
  Buffer forged = carol.delegation(errand);
  forged.back() ^= 0x01;
  std::vector<Row> rows{
      {"no credential", post(good, ""), 401},
      {"a credential of another kind", post(good, "Authorization: Basic eDp5\r\n"), 401},
      {"a credential that is no base64", post(good, "Authorization: Waybill %%%\r\n"), 401},
      {"an empty credential", post(good, "Authorization: Waybill \r\n"), 401},
      {"random bytes as a credential", post(good, with(bytes_of(noise(500, 3)))), 401},
      {"a credential with a changed tag", post(good, with(forged)), 401},
      {"text instead of JSON", request("POST /v1/workflows", "text/plain", good, credential), 400},
      {"no JSON", post("{", credential), 400},
      {"an array", post("[]", credential), 400},
      {"an unknown field", post(R"({"worklfow_type":"x"})", credential), 400},
      {"a field of another type", post(R"({"workflow_type":1,"queue":[],"input":{}})", credential),
       400},
      {"an input that is no base64",
       post(R"({"workflow_type":"a","queue":"b","actions":["c"],"input":"?"})", credential), 400},
      {"no UTF-8", post("{\"workflow_type\":\"\xff\xfe\"}", credential), 400},
      {"nested too deep", post(deep, credential), 400},
      {"random bytes", post(noise(900, 4), credential), 400},
      {"an oversized input",
       "POST /v1/workflows HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
       "Content-Length: 100000000\r\n\r\n",
       413},
      {"a workflow id that is none", request("GET /v1/workflows/%00%ff", "", ""), 401},
      {"a poll without a credential", request("POST /v1/queues/queue-alice/poll", type, "{}"), 401},
  };
  return rows;
}

// Many who connect and stay: most say nothing, some say half a sentence.
std::vector<std::unique_ptr<RawSocket>> loiterers(std::uint16_t port, int count) {
  std::vector<std::unique_ptr<RawSocket>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(std::make_unique<RawSocket>(port));
    if (i % 5 == 0) all.back()->send("POST /v1/workflows HTTP/1.1\r\nHost:");
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_door)

BOOST_AUTO_TEST_CASE(of_the_kdc_answers_bad_input_and_goes_on) {
  LiveRealm realm;
  Person carol(realm, "carol");
  check(realm.kdc_port(), By::server, framing());
  check(realm.kdc_port(), By::daemon, kdc_rows(realm, carol));
  BOOST_TEST(realm.kdc().is_running());
  BOOST_TEST(bool(carol.call("tickets", Fields{})));
}

BOOST_AUTO_TEST_CASE(of_the_trigger_answers_bad_input_and_goes_on) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  Person carol(realm, "carol");
  check(trigger.port(), By::server, framing());
  check(trigger.port(), By::daemon, trigger_rows(carol));
  BOOST_TEST(trigger.daemon().is_running());
  const DoorReply sent = FrontDoor(trigger.url()).submit(carol, {});
  BOOST_TEST(sent.status == 202, sent.body.dump());
}

BOOST_AUTO_TEST_CASE(stays_open_to_others_while_many_stand_in_it) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  const LiveWorker worker(realm, trigger.url(), {.handlers = {{"invoice-report", "cat"}}});
  const auto at_kdc = loiterers(realm.kdc_port(), 200);
  const auto at_trigger = loiterers(trigger.port(), 200);
  Person carol(realm, "carol");
  FrontDoor door(trigger.url());
  const DoorReply sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  const auto state = door.wait(carol, sent.body.at("workflow_id"));
  BOOST_TEST(state.value("status", "") == "completed", state.dump());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::door_test
