#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "ticket/adapters/base64.h"
#include "ticket/exchange/audience.h"
#include "ticket/payload.h"

namespace waybill::test::codec_test {
namespace {

using nlohmann::json;

constexpr const char* origin = "https://temporal.example.org";

std::string b64(std::string_view text) { return to_base64(bytes_of(text)); }

/// `waybill codec serve` of one person.
struct Codec {
  Codec(const LiveRealm& realm, const std::string& name, const std::string& trigger,
        const std::vector<std::string>& more = {})
      : daemon(command(realm, name, trigger, more), realm.folder() / ("codec-" + name + ".log")) {
    daemon.start();
    daemon.wait_until_listening(port);
  }
  Command command(const LiveRealm& realm, const std::string& name, const std::string& trigger,
                  const std::vector<std::string>& more) const {
    std::vector<std::string> words{"codec",    "serve", "--listen",  place(),
                                   "--origin", origin,  "--trigger", trigger};
    words.insert(words.end(), more.begin(), more.end());
    return realm.program(WAYBILL_PROGRAM, words, name);
  }
  std::string place() const { return "127.0.0.1:" + std::to_string(port); }
  HttpReply post(const std::string& body, HttpHeaders headers = {}) const {
    headers.emplace("X-Namespace", "default");
    return HttpClient("http://" + place())
        .send("POST", "/decode", "application/json", body, headers);
  }

  const std::uint16_t port = free_port();
  Daemon daemon;
};

std::string clear(const HttpReply& reply, std::size_t index = 0) {
  const json value = json::parse(reply.body, nullptr, false);
  if (reply.status != 200 || value.is_discarded()) return reply.body;
  const json& payload = value.at("payloads").at(index);
  return std::string(text_of(*from_base64(payload.at("data").get<std::string>())));
}

/// A piece of carol's work that is done, and its two payloads as Temporal would keep them.
struct Done {
  Done(LiveRealm& realm, FrontDoor& door, Person& carol, Person& queue, const Errand& errand) {
    id = door.submit(carol, errand).body.at("workflow_id");
    const json job =
        door.ask(queue, "POST", "/v1/queues/queue-alice/poll", {{"wait_seconds", 0}, {"max", 1}})
            .body.at("jobs")
            .at(0);
    input = payload("binary/waybill-input", *from_base64(job.at("input").get<std::string>()));
    Audience audience(realm.keytab("queue-alice"), *realm.client().fetch_realm());
    const auto ticket =
        audience.accept(*from_base64(job.at("ticket").get<std::string>()), realm.now());
    BOOST_REQUIRE(bool(ticket));
    const std::string run = job.at("run_id");
    const Buffer sealed =
        seal_result(ticket->session(), {ticket->body().id, id, run}, bytes_of("{\"sum\": 10}"));
    result = payload("binary/waybill-result", sealed);
    const DoorReply done = door.ask(queue, "POST", "/v1/jobs/" + run + "/complete",
                                    {{"lease", job.at("lease")}, {"result", to_base64(sealed)}});
    BOOST_TEST(done.status == 200, done.body.dump());
  }
  json payload(const char* encoding, Bytes sealed) const {
    return {{"metadata", {{"encoding", b64(encoding)}, {"waybill-workflow", b64(id)}}},
            {"data", to_base64(sealed)}};
  }

  std::string id;
  json input, result;
};

struct Fixture {
  LiveRealm realm;
  LiveTrigger trigger{realm};
  FrontDoor door{trigger.url()};
  std::string grant = let_dave_look();
  Person carol{realm, "carol"}, queue{realm, "queue-alice"};
  Done work{realm, door, carol, queue, {}};
  std::string body = message({work.input, work.result});

  std::string let_dave_look() {
    realm.add_principal("dave", "user");
    for (const char* name : {"carol", "dave", "mallory"}) realm.init(name);
    return realm.grant({{"subject", "dave"},
                        {"queue", "queue-alice"},
                        {"workflow", "invoice-*"},
                        {"action", "payload:read"},
                        {"max_run", "60"}});
  }
  static std::string message(const std::vector<json>& payloads) {
    return nlohmann::ordered_json{{"payloads", payloads}}.dump();
  }
  std::vector<Fields> looks() {
    std::vector<Fields> all = realm.rows("audit.tail");
    std::erase_if(all, [](const Fields& row) { return row.get("event") != "look"; });
    return all;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_codec_server, Fixture)

BOOST_AUTO_TEST_CASE(shows_input_and_result_to_the_owner_and_to_who_may_look) {
  const Codec carols(realm, "carol", trigger.url());
  HttpReply reply = carols.post(body);
  BOOST_TEST(clear(reply) == json(Errand{}.input).dump());
  BOOST_TEST(clear(reply, 1) == "{\"sum\": 10}");
  const Codec daves(realm, "dave", trigger.url());
  reply = daves.post(body);
  BOOST_TEST(clear(reply) == json(Errand{}.input).dump());
  BOOST_TEST(clear(reply, 1) == "{\"sum\": 10}");
  BOOST_TEST(trigger.daemon().says("payload_shown"));
  const std::string log = trigger.daemon().log();
  for (const char* viewer : {"carol@TEST.WAYBILL", "dave@TEST.WAYBILL"}) {
    BOOST_TEST(log.find("\"viewer\":\"" + std::string(viewer)) != log.npos, viewer);
  }
  BOOST_TEST(log.find("number,amount") == log.npos);
  BOOST_TEST(looks().size() == 4U);
}

BOOST_AUTO_TEST_CASE(leaves_ciphertext_to_who_may_not_and_after_a_grant_is_gone) {
  const Codec mallorys(realm, "mallory", trigger.url());
  HttpReply reply = mallorys.post(body);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == body);
  BOOST_TEST(mallorys.daemon.log().find("WB-GRANT-MISSING") != std::string::npos);
  const Codec daves(realm, "dave", trigger.url());
  BOOST_TEST(daves.post(body).body != body);
  realm.must("admin.grant.remove", {{"id", grant}});
  reply = daves.post(body);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == body);
}

BOOST_AUTO_TEST_CASE(opens_no_payload_that_was_changed_or_belongs_elsewhere) {
  const Done other(realm, door, carol, queue, {.input = "another table"});
  const Codec carols(realm, "carol", trigger.url());
  json swapped = work.input;
  swapped["metadata"]["waybill-workflow"] = b64(other.id);
  json renamed = work.input;
  renamed["metadata"]["encoding"] = b64("binary/waybill-result");
  json nowhere = work.input;
  nowhere["metadata"]["waybill-workflow"] = b64("invoice-report-none");
  Buffer bytes = *from_base64(work.result.at("data").get<std::string>());
  bytes[bytes.size() / 2] ^= 1U;
  const json flipped = work.payload("binary/waybill-result", bytes);
  const std::string sent = message({swapped, renamed, nowhere, flipped});
  const HttpReply reply = carols.post(sent);
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == sent);
  HttpHeaders elsewhere{{"X-Namespace", "payroll"}};
  BOOST_TEST(carols.post(body, elsewhere).body == body);
}

BOOST_AUTO_TEST_CASE(answers_no_other_page_host_or_crowd) {
  const Codec carols(realm, "carol", trigger.url());
  const HttpReply mine = carols.post(body, {{"Origin", origin}});
  BOOST_TEST(mine.status == 200);
  BOOST_TEST(mine.headers.at("Access-Control-Allow-Origin") == origin);
  BOOST_TEST(carols.post(body, {{"Origin", "https://evil.example.org"}}).status == 403);
  BOOST_TEST(carols.post(body, {{"Host", "evil.example.org"}}).status == 421);
  BOOST_TEST(carols.post(std::string((16U << 20U) + 1, ' ')).status == 413);
  const HttpReply preflight =
      HttpClient("http://" + carols.place())
          .send("OPTIONS", "/decode", {}, {},
                {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
  BOOST_TEST(preflight.status == 204);
  BOOST_TEST(preflight.headers.at("Access-Control-Allow-Origin") == origin);
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_when_it_is_no_refusal) {
  const Codec nobodys(realm, "nobody", trigger.url());
  HttpReply reply = nobodys.post(body);
  BOOST_TEST(reply.status == 401);
  BOOST_TEST(reply.body.find("waybill init") != std::string::npos, reply.body);
  const Codec carols(realm, "carol", trigger.url());
  realm.kdc().kill();
  BOOST_TEST(carols.post(body).status == 502);
  trigger.daemon().kill();
  reply = carols.post(body);
  BOOST_TEST(reply.status == 502);
  BOOST_TEST(!reply.body.empty());
}

BOOST_AUTO_TEST_CASE(asks_for_a_token_where_others_share_the_host) {
  const std::string token(32, 't');
  const std::string file = realm.write("token", token + "\n").string();
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  const Codec carols(realm, "carol", trigger.url(), {"--token-file", file});
  BOOST_TEST(carols.post(body).status == 401);
  BOOST_TEST(carols.post(body, {{"Authorization", "Bearer " + token}}).status == 200);
  const Ended open = realm.waybill({"codec", "serve", "--listen", "0.0.0.0:0"}, "carol");
  BOOST_TEST(open.status == 2, open.err);
  const Ended bare = realm.waybill({"codec", "serve", "--listen", "192.0.2.1:0"}, "carol");
  BOOST_TEST(bare.status == 2, bare.err);
  const Ended star = realm.waybill({"codec", "serve", "--origin", "*"}, "carol");
  BOOST_TEST(star.status == 2, star.err);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::codec_test
