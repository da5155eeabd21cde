#include "kdc/server.h"

#include <latch>
#include <thread>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"

namespace waybill::test::server_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

HttpRequest request_to(std::string method, std::string path, Bytes body = {},
                       std::string content_type = "application/msgpack") {
  HttpRequest out;
  out.method = std::move(method);
  out.path = std::move(path);
  out.body = std::string(text_of(body));
  out.headers["Content-Type"] = std::move(content_type);
  out.remote_address = "127.0.0.1";
  return out;
}

struct Fixture : WholeKdc {
  Server server{parts};

  HttpReply post(std::string path, Bytes body) {
    return server.answer(request_to("POST", std::move(path), body));
  }
  static Outcome refusal_in(const HttpReply& reply) {
    const auto refusal = Refusal::decode(bytes_of(reply.body));
    BOOST_REQUIRE(outcome(refusal) == accepted);
    return refusal->code;
  }
  std::uint64_t counted(std::string_view route, std::uint64_t Server::RouteCount::*what) const {
    for (const auto& row : server.counts()) {
      if (row.route == route) return row.*what;
    }
    return UINT64_MAX;
  }
};

struct Row {
  const char* name;
  HttpRequest request;
  int status;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};
const Buffer garbage(100, 0xff);
const std::vector<Row> rows{
    {"no such path", request_to("GET", "/"), 404, Errc::not_found},
    {"a path that goes on", request_to("POST", "/v1/as/"), 404, Errc::not_found},
    {"another method", request_to("GET", "/v1/as"), 405, Errc::malformed},
    {"a body for the feed", request_to("POST", "/v1/feed/head"), 405, Errc::malformed},
    {"a body for a segment", request_to("POST", "/v1/feed/segments/0/0"), 405, Errc::malformed},
    {"the feed in one piece", request_to("GET", "/v1/feed"), 404, Errc::not_found},
    {"segments without a name", request_to("GET", "/v1/feed/segments"), 404, Errc::not_found},
    {"JSON", request_to("POST", "/v1/call", garbage, "application/json"), 415, Errc::malformed},
    {"no content type", request_to("POST", "/v1/as", garbage, ""), 415, Errc::malformed},
    {"a type that begins alike", request_to("POST", "/v1/as", garbage, "application/msgpack2"), 415,
     Errc::malformed},
    {"an empty login", request_to("POST", "/v1/as"), 400, Errc::malformed},
    {"an empty call", request_to("POST", "/v1/call"), 400, Errc::malformed},
    {"garbage as a login", request_to("POST", "/v1/as", garbage), 400, Errc::not_canonical},
    {"garbage as a call", request_to("POST", "/v1/call", garbage), 400, Errc::not_canonical},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_server, Fixture)

BOOST_DATA_TEST_CASE(answers_bad_requests_with_a_refusal, bdata::make(rows), row) {
  const HttpReply reply = server.answer(row.request);
  BOOST_TEST(reply.status == row.status);
  BOOST_TEST(reply.content_type == "application/msgpack");
  BOOST_TEST(refusal_in(reply) == row.expect);
}

BOOST_AUTO_TEST_CASE(takes_a_content_type_with_a_parameter) {
  const auto reply =
      server.answer(request_to("POST", "/v1/as", garbage, "application/msgpack; charset=binary"));
  BOOST_TEST(reply.status == 400);
}

BOOST_AUTO_TEST_CASE(hands_out_the_realm_document) {
  const HttpReply reply = server.answer(request_to("GET", "/v1/realm"));
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(outcome(RealmDocument::parse(bytes_of(reply.body), realm(), root.public_key())) ==
             accepted);
}

BOOST_AUTO_TEST_CASE(logs_in_and_answers_calls) {
  auto login = Login::start(keytab("carol").newest().key, principal("carol"), epochs.document(),
                            usual, clock.now());
  const HttpReply message2 = post("/v1/as", login->request());
  BOOST_REQUIRE(message2.status == 200);
  const auto done = login->finish(bytes_of(message2.body), clock.now());
  BOOST_REQUIRE(outcome(done) == accepted);
  const PendingCall pending =
      *make_call(done->tgt.ticket, done->tgt.session, {{"self", Fields{}.encode()}},
                 {parts.krbtgt, done->kdc, clock.now()});
  const HttpReply sealed = post("/v1/call", pending.wire);
  BOOST_TEST(sealed.status == 200);
  BOOST_TEST(outcome(pending.open_reply(bytes_of(sealed.body))) == accepted);
}

BOOST_AUTO_TEST_CASE(tells_an_ended_ticket_from_a_malformed_one) {
  const IssuedTicket& ticket = tgt("carol");
  const auto status = [&](const SessionKey& session) {
    return post("/v1/call", make_call(ticket.ticket, session, {{"self", Fields{}.encode()}},
                                      {parts.krbtgt, instance, clock.now()})
                                ->wire)
        .status;
  };
  BOOST_TEST(status(SessionKey::random()) == 401);
  clock.set(ticket.times.run_until);
  BOOST_TEST(status(ticket.session) == 401);
}

BOOST_AUTO_TEST_CASE(hands_out_the_feed) {
  BOOST_TEST(ask("operator", "revoke", Fields{{"kind", "subject"}, {"value", "carol"}}).outcome ==
             accepted);
  const HttpReply head = server.answer(request_to("GET", "/v1/feed/head"));
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.headers.at("Cache-Control") == "no-cache");
  FeedFollower follower;
  const auto wanted = follower.take_head(bytes_of(head.body), epochs.document(), clock.now());
  BOOST_REQUIRE(outcome(wanted) == accepted);
  BOOST_REQUIRE(wanted->has_value());
  const HttpReply segment =
      server.answer(request_to("GET", "/v1/feed/segments/" + (*wanted)->path()));
  BOOST_TEST(segment.status == 200);
  BOOST_TEST(segment.headers.at("Cache-Control") == "public, max-age=31536000, immutable");
  const auto entries = follower.take_segment(*FeedSegment::decode(bytes_of(segment.body)),
                                             epochs.document(), clock.now());
  BOOST_REQUIRE(outcome(entries) == accepted);
  BOOST_TEST(entries->front().value == "carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(hands_out_segments_by_their_names_and_nothing_else_of_that_folder) {
  for (const char* name :
       {"", "0", "0/", "0/0", "0/1", "1/0", "0/0.1", "0/00", "0/0.0", "2/0", "head", "../head",
        "0/../head", "0/../../high-water", "/etc/passwd", "0/0/", "0/0.1.tmp"}) {
    const HttpReply reply =
        server.answer(request_to("GET", std::string("/v1/feed/segments/") + name));
    BOOST_TEST(reply.status == 404, name);
    BOOST_TEST(refusal_in(reply) == Errc::not_found);
    BOOST_TEST(reply.headers.at("Cache-Control") == "no-store");
  }
}

BOOST_AUTO_TEST_CASE(says_that_it_is_well) {
  const HttpReply reply = server.answer(request_to("GET", "/healthz"));
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == "ok\n");
}

BOOST_AUTO_TEST_CASE(counts_what_it_answered) {
  server.answer(request_to("GET", "/healthz"));
  server.answer(request_to("GET", "/healthz"));
  post("/v1/call", garbage);
  server.answer(request_to("GET", "/nowhere"));
  BOOST_TEST(counted("GET /healthz", &Server::RouteCount::done) == 2U);
  BOOST_TEST(counted("POST /v1/call", &Server::RouteCount::refused) == 1U);
  BOOST_TEST(counted("POST /v1/call", &Server::RouteCount::done) == 0U);
  BOOST_TEST(counted("other", &Server::RouteCount::refused) == 1U);
  server.answer(request_to("GET", "/v1/feed/segments/0/7"));
  BOOST_TEST(counted("GET /v1/feed/segments/", &Server::RouteCount::refused) == 1U);
}

BOOST_AUTO_TEST_CASE(goes_on_when_a_record_was_damaged) {
  const auto ask_of = [&](const char* who) {
    auto login = Login::start(keytab(who).newest().key, principal(who), epochs.document(), usual,
                              clock.now());
    return post("/v1/as", login->request());
  };
  {
    WriteTxn txn(store.env());
    txn.put(store.tables().principals.table, bytes_of("carol"), Buffer(80, 0x41));
    std::move(txn).commit();
  }
  const HttpReply reply = ask_of("carol");
  BOOST_TEST(reply.status == 503);
  BOOST_TEST(refusal_in(reply) == Errc::internal);
  BOOST_TEST(counted("POST /v1/as", &Server::RouteCount::failed) == 1U);
  BOOST_TEST(ask_of("dave").status == 200);
}

BOOST_AUTO_TEST_CASE(turns_logins_away_when_too_many_are_under_way) {
  std::latch entered{1};
  std::latch opened{1};
  auto gate = issuer.submit({{"gate", std::nullopt, {}},
                             [&](StoreChange&, Fields&) {
                               entered.count_down();
                               opened.wait();
                               return ok();
                             },
                             std::nullopt});
  entered.wait();
  std::vector<Buffer> messages;
  for (std::size_t i = 0; i <= Server::max_logins; ++i) {
    const auto login = Login::start(keytab("carol").newest().key, principal("carol"),
                                    epochs.document(), usual, clock.now());
    messages.push_back(copy_of(login->request()));
  }
  std::vector<std::thread> waiting;
  std::atomic<int> answered = 0;
  for (std::size_t i = 0; i < Server::max_logins; ++i) {
    waiting.emplace_back([&, i] { answered += post("/v1/as", messages[i]).status == 200 ? 1 : 0; });
  }
  while (issuer.counts().waiting < Server::max_logins) std::this_thread::yield();
  const HttpReply turned_away = post("/v1/as", messages.back());
  opened.count_down();
  for (std::thread& thread : waiting) thread.join();
  BOOST_TEST(turned_away.status == 429);
  BOOST_TEST(refusal_in(turned_away) == Errc::busy);
  BOOST_TEST(answered == static_cast<int>(Server::max_logins));
  BOOST_TEST(post("/v1/as", messages.back()).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::server_test
