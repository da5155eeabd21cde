#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"

namespace waybill::test::front_door_test {
namespace {

using nlohmann::json;

std::string name_of(Errc code) { return std::string(describe(code).name); }

void check_refusal(const Answered& reply, int status, Errc expected) {
  BOOST_TEST(reply.status == status, reply.body.dump());
  BOOST_TEST(reply.code() == name_of(expected));
}

/// A door with one piece of carol's work behind it.
struct Visited : Workshop {
  Visited() : accepted(submit("carol")), path("/v1/workflows/" + accepted.text("workflow_id")) {}
  Answered accepted;
  std::string path;
};

// A presentation of a service ticket, piece by piece.
struct Shown {
  Shown(Visited& shop, const HttpRequest& request, const std::string& who = "carol")
      : ticket(duplicate(shop.ticket(who))),
        authenticator{shop.identity().self(), shop.identity().instance(), shop.clock.now(),
                      random_bytes<16>(),
                      request_digest({bytes_of(request.method), bytes_of(request.path),
                                      request.body_bytes()})} {}
  std::string header() const {
    CaveatChain chain(ticket.ticket, ticket.session);
    BOOST_REQUIRE(bool(chain.add_all(caveats)));
    return Workshop::header(chain.finish(authenticator).wire);
  }
  IssuedTicket ticket;
  Authenticator authenticator;
  std::vector<Caveat> caveats;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_front_door)

BOOST_AUTO_TEST_CASE(says_who_it_is_to_anyone) {
  Workshop shop;
  const Answered reply = shop.send(request_of("GET", "/v1/info"), "");
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.text("service") == "trigger/orders@DEMO.TEST");
  BOOST_TEST(reply.text("instance") == to_hex(shop.identity().instance()));
  BOOST_TEST(reply.text("namespace") == "default");
  BOOST_TEST(shop.send(request_of("GET", "/healthz"), "").status == 200);
}

BOOST_AUTO_TEST_CASE(has_no_other_doors) {
  Workshop shop;
  for (const char* path : {"/", "/v1", "/v1/", "/v1/info/", "/v1/workflows/", "/v1/workflows/a/b",
                           "/v1/workflows//result", "/v1/queues//poll", "/v1/queues/poll",
                           "/v1/jobs/00/steal", "/v1/jobs//fail", "/v2/info", "", "/healthz/x"}) {
    BOOST_TEST_CONTEXT(path) {
      check_refusal(shop.send(request_of("GET", path), ""), 404, Errc::unknown_operation);
    }
  }
  const Answered reply = shop.send(request_of("DELETE", "/v1/workflows/w-1"), "");
  check_refusal(reply, 405, Errc::unknown_operation);
  BOOST_TEST(reply.headers.at("Allow") == "GET");
  BOOST_TEST(shop.send(request_of("GET", "/v1/workflows"), "").headers.at("Allow") == "POST");
  BOOST_TEST(shop.send(request_of("HEAD", "/v1/info"), "").status == 405);
}

BOOST_AUTO_TEST_CASE(takes_no_credential_but_a_presentation) {
  Visited shop;
  const HttpRequest get = request_of("GET", shop.path);
  const std::string good = shop.presented("carol", get);
  const std::string token = good.substr(8);
  struct Row {
    const char* name;
    std::string header;
    Errc expected;
  };
  const Row rows[] = {
      {"none", "", Errc::malformed},
      {"the scheme alone", "Waybill", Errc::malformed},
      {"no token", "Waybill ", Errc::malformed},
      {"another scheme", "Bearer " + token, Errc::malformed},
      {"basic", "Basic Y2Fyb2w6c2VjcmV0", Errc::malformed},
      {"the scheme in capitals", "WAYBILL " + token, Errc::malformed},
      {"two blanks", "Waybill  " + token, Errc::malformed},
      {"a tab", "Waybill\t" + token, Errc::malformed},
      {"garbage", "Waybill !!!!", Errc::malformed},
      {"padding", "Waybill " + token + "=", Errc::malformed},
      {"standard base64", "Waybill ++//", Errc::malformed},
      {"bits left over", "Waybill AB", Errc::malformed},
      {"a line end", "Waybill " + token + "\n", Errc::malformed},
      {"a zero byte", "Waybill " + token + std::string(1, '\0'), Errc::malformed},
      {"two of them", good + ", " + good, Errc::malformed},
      {"cut off", "Waybill " + token.substr(0, token.size() - 4), Errc::malformed},
      {"not canonical", "Waybill " + to_base64url(Buffer{0xdc, 0, 4, 0xa0}), Errc::not_canonical},
      {"of another shape", "Waybill " + to_base64url(Buffer{0x90}), Errc::malformed},
      {"a ticket alone", "Waybill " + to_base64url(shop.ticket("carol").ticket), Errc::malformed},
      {"too long", "Waybill " + std::string(40'000, 'A'), Errc::limit_exceeded},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Answered reply = shop.send(get, row.header);
      check_refusal(reply, 401, row.expected);
      BOOST_TEST(reply.headers.at("WWW-Authenticate") == "Waybill");
      const HttpRequest post = request_of("POST", "/v1/workflows", body_of(Errand{}).dump());
      check_refusal(shop.send(post, row.header), 401, row.expected);
    }
  }
  BOOST_TEST(shop.send(get, good).status == 200);
}

BOOST_AUTO_TEST_CASE(opens_to_a_service_ticket_of_its_own_alone) {
  Visited shop;
  const HttpRequest get = request_of("GET", shop.path);
  TestRealm& realm = shop.realm;
  TestRealm elsewhere("OTHER.TEST");
  TestRealm impostor("DEMO.TEST");
  const auto changed = [&](auto change) {
    Body body = realm.service_body("carol", "trigger/orders");
    change(body);
    return realm.issue(std::move(body));
  };
  const auto unsigned_ticket = [&] {
    Pieces pieces = realm.pieces(realm.service_body("carol", "trigger/orders"));
    return realm.issued(pieces);
  };
  const auto minted = [&] {  // by the trigger's own key holder: sealed right, signed by nobody
    Pieces pieces = realm.pieces(realm.service_body("carol", "trigger/orders"));
    realm.prove({&pieces, 1}, noon);
    pieces.proof->signature[0] ^= 1;
    return realm.issued(pieces);
  };
  struct Row {
    const char* name;
    IssuedTicket ticket;
    Errc expected;
  };
  const Row rows[] = {
      {"a TGT", realm.tgt(realm.tgt_body("carol")), Errc::wrong_kind},
      {"for another trigger", realm.issue(realm.service_body("carol", "trigger/other")),
       Errc::wrong_audience},
      {"for a queue",
       realm.issue(realm.workflow_body("carol", "queue-alice", work_of("invoice-report", "x"))),
       Errc::wrong_audience},
      {"of another realm", elsewhere.issue(elsewhere.service_body("carol", "trigger/orders")),
       Errc::wrong_realm},
      {"of another realm of this name",
       impostor.issue(impostor.service_body("carol", "trigger/orders")), Errc::bad_integrity},
      {"without a proof", unsigned_ticket(), Errc::bad_proof},
      {"with a forged proof", minted(), Errc::bad_proof},
      {"over in this second", changed([](Body& b) { b.run_until = noon; }), Errc::ticket_expired},
      {"not begun", changed([](Body& b) { b.issued_at = noon + 121s; }), Errc::not_yet_valid},
      {"for work", changed([](Body& b) { b.work = work_of("invoice-report", "x"); }),
       Errc::wrong_kind},
      {"of an actor", changed([&](Body& b) { b.actors = {realm.principal("mallory")}; }),
       Errc::wrong_kind},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Shown shown(shop, get);
      shown.ticket = duplicate(row.ticket);
      check_refusal(shop.send(get, shown.header()), 401, row.expected);
    }
  }
  for (std::size_t at : {std::size_t{0}, std::size_t{3}, std::size_t{60}, std::size_t{200}}) {
    Shown shown(shop, get);
    shown.ticket.ticket[shown.ticket.ticket.size() - 1 - at] ^= 1;
    BOOST_TEST(shop.send(get, shown.header()).status == 401);
  }
}

BOOST_AUTO_TEST_CASE(takes_a_presentation_for_this_request_alone) {
  Visited shop;
  const HttpRequest get = request_of("GET", shop.path);
  using Change = std::function<void(Shown&)>;
  struct Row {
    const char* name;
    Errc expected;
    Change change;
  };
  const Row rows[] = {
      {"without the session key", Errc::bad_tag,
       [](Shown& s) { s.ticket.session = SessionKey::random(); }},
      {"for another service", Errc::wrong_addressee,
       [&](Shown& s) { s.authenticator.addressee = shop.realm.principal("trigger/other"); }},
      {"for another instance", Errc::wrong_instance,
       [](Shown& s) { s.authenticator.instance = InstanceId{1}; }},
      {"for no instance", Errc::wrong_instance, [](Shown& s) { s.authenticator.instance.reset(); }},
      {"too early", Errc::clock_skew, [](Shown& s) { s.authenticator.time -= 121s; }},
      {"too late", Errc::clock_skew, [](Shown& s) { s.authenticator.time += 121s; }},
      {"for another path", Errc::wrong_request,
       [&](Shown& s) {
         s.authenticator.request =
             request_digest({bytes_of("GET"), bytes_of(shop.path + "/result"), {}});
       }},
      {"for another method", Errc::wrong_request,
       [&](Shown& s) {
         s.authenticator.request = request_digest({bytes_of("POST"), bytes_of(shop.path), {}});
       }},
      {"for another body", Errc::wrong_request,
       [&](Shown& s) {
         s.authenticator.request =
             request_digest({bytes_of("GET"), bytes_of(shop.path), bytes_of("{}")});
       }},
      {"narrowed to a time that is over", Errc::caveat_expired,
       [](Shown& s) { s.caveats.emplace_back(caveat::NotAfter{noon}); }},
      {"narrowed to another workflow", Errc::caveat_workflow,
       [](Shown& s) { s.caveats.emplace_back(caveat::WorkflowId{"w-9"}); }},
      {"narrowed to another namespace", Errc::caveat_namespace,
       [](Shown& s) { s.caveats.emplace_back(caveat::Namespace{"payroll"}); }},
      {"narrowed to a queue", Errc::caveat_queue,
       [](Shown& s) { s.caveats.emplace_back(caveat::Queue{"queue-alice"}); }},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Shown shown(shop, get);
      row.change(shown);
      const Answered reply = shop.send(get, shown.header());
      BOOST_TEST((reply.status == 401 || reply.status == 403));
      BOOST_TEST(reply.code() == name_of(row.expected));
      const bool asked_elsewhere = row.expected == Errc::wrong_instance;
      BOOST_TEST(reply.text("instance") ==
                 (asked_elsewhere ? to_hex(shop.identity().instance()) : std::string()));
    }
  }
  Shown narrowed(shop, get);
  narrowed.caveats.emplace_back(caveat::WorkflowId{shop.accepted.text("workflow_id")});
  narrowed.caveats.emplace_back(caveat::NotAfter{noon + 1s});
  narrowed.caveats.emplace_back(caveat::Namespace{"default"});
  BOOST_TEST(shop.send(get, narrowed.header()).status == 200);
}

BOOST_AUTO_TEST_CASE(takes_a_presentation_once) {
  Visited shop;
  const HttpRequest get = request_of("GET", shop.path);
  const std::string once = shop.presented("carol", get);
  BOOST_TEST(shop.send(get, once).status == 200);
  check_refusal(shop.send(get, once), 401, Errc::request_replayed);
  shop.clock.advance(120s);
  check_refusal(shop.send(get, once), 401, Errc::request_replayed);
  shop.restart();
  check_refusal(shop.send(get, once), 401, Errc::wrong_instance);
}

BOOST_AUTO_TEST_CASE(takes_no_body_but_the_one_that_was_shown) {
  Visited shop;
  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  const std::string path = "/v1/jobs/" + job.at("run_id").get<std::string>() + "/fail";
  const json body{{"lease", job.at("lease")}, {"message", "m"}, {"retry", true}};
  const HttpRequest shown = request_of("POST", path, body.dump());
  const std::string header = shop.presented("queue-alice", shown);
  HttpRequest swapped = shown;
  swapped.body.replace(swapped.body.find("true"), 4, "false");
  check_refusal(shop.send(swapped, header), 401, Errc::wrong_request);
  swapped = shown;
  swapped.body += " ";
  check_refusal(shop.send(swapped, header), 401, Errc::wrong_request);
  BOOST_TEST(shop.send(shown, header).status == 200);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_request_of_ours) {
  Visited shop;
  HttpRequest query = request_of("GET", shop.path);
  query.query["wait"] = "1";
  check_refusal(shop.send(query, shop.presented("carol", query)), 400, Errc::malformed);
  HttpRequest text = request_of("POST", shop.path + "/cancel", "{}");
  for (const char* type : {"", "text/plain", "application/jsonx",
                           "application/x-www-form-urlencoded", "application/msgpack"}) {
    text.headers["Content-Type"] = type;
    check_refusal(shop.send(text, shop.presented("carol", text)), 400, Errc::malformed);
  }
  const HttpRequest bodied = request_of("GET", shop.path, "{}");
  check_refusal(shop.send(bodied, shop.presented("carol", bodied)), 413, Errc::limit_exceeded);
  const HttpRequest large =
      request_of("POST", shop.path + "/cancel", std::string(64 * 1024 + 1, ' '));
  check_refusal(shop.send(large, shop.presented("carol", large)), 413, Errc::limit_exceeded);
  const HttpRequest more = request_of("POST", shop.path + "/cancel", R"({"now":true})");
  check_refusal(shop.send(more, shop.presented("carol", more)), 400, Errc::malformed);
}

BOOST_AUTO_TEST_CASE(says_why_it_cannot_answer_before_a_kdc_did) {
  Visited shop;
  shop.restart_without_realm();
  check_refusal(shop.ask("carol", "GET", shop.path), 503, Errc::kdc_unreachable);
  check_refusal(shop.poll("queue-alice"), 503, Errc::kdc_unreachable);
  check_refusal(shop.submit("carol"), 503, Errc::kdc_unreachable);
  BOOST_TEST(shop.send(request_of("GET", "/v1/info"), "").status == 200);
  shop.identity().update(shop.realm.document);
  BOOST_TEST(shop.ask("carol", "GET", shop.path).status == 200);
}

BOOST_AUTO_TEST_CASE(refuses_who_was_revoked) {
  Visited shop;
  const auto learn = [&](RevokedBy kind, const std::string& value) {
    shop.feed.revoke(kind, value, shop.clock.now());
    BOOST_TEST((shop.feed_sync().pull(shop.realm.document) == FeedSync::Pulled::fresh));
  };
  BOOST_TEST(shop.poll("queue-alice").status == 200);
  learn(RevokedBy::subject, "mallory@DEMO.TEST");
  BOOST_TEST(shop.ask("carol", "GET", shop.path).status == 200);
  learn(RevokedBy::subject, "carol@DEMO.TEST");
  check_refusal(shop.ask("carol", "GET", shop.path), 401, Errc::revoked);
  learn(RevokedBy::subject, "queue-alice@DEMO.TEST");
  check_refusal(shop.poll("queue-alice"), 401, Errc::revoked);
  // By the login that the ticket came from.
  Body body = shop.realm.service_body("dave", "trigger/orders");
  const std::string login = value_of(body.lineage.front());
  const IssuedTicket daves = shop.realm.issue(std::move(body));
  const HttpRequest get = request_of("GET", shop.path);
  Shown shown(shop, get);
  shown.ticket = duplicate(daves);
  check_refusal(shop.send(get, shown.header()), 404, Errc::not_owner);
  learn(RevokedBy::ticket, login);
  Shown again(shop, get);
  again.ticket = duplicate(daves);
  check_refusal(shop.send(get, again.header()), 401, Errc::revoked);
}

BOOST_AUTO_TEST_CASE(names_each_refusal_for_the_log) {
  Visited shop;
  const Answered reply = shop.send(request_of("GET", shop.path), "");
  const json error = reply.body.at("error");
  BOOST_TEST(error.at("number") == 128);
  BOOST_TEST(error.at("request_id").get<std::string>().size() == 16U);
  BOOST_TEST(error.at("message").get<std::string>().find(' ') != std::string::npos);
  BOOST_TEST(reply.headers.at("Cache-Control") == "no-store");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_workflow)

BOOST_AUTO_TEST_CASE(is_shown_to_its_subject) {
  Visited shop;
  Answered seen = shop.ask("carol", "GET", shop.path);
  BOOST_TEST(seen.status == 200);
  BOOST_TEST(seen.text("status") == "queued");
  BOOST_TEST(seen.text("subject") == "carol@DEMO.TEST");
  BOOST_TEST(seen.text("queue") == "queue-alice");
  BOOST_TEST(seen.text("workflow_type") == "invoice-report");
  BOOST_TEST(seen.text("submitted_at") == "2026-09-21T14:13:20Z");
  BOOST_TEST(seen.body.at("attempt") == 0);
  BOOST_TEST(!seen.body.contains("ended_at"));
  BOOST_TEST(!seen.body.contains("error"));
  check_refusal(shop.ask("carol", "GET", shop.path + "/result"), 409, Errc::not_ended);

  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST(shop.ask("carol", "GET", shop.path).text("status") == "running");
  shop.clock.advance(7s);
  BOOST_TEST(shop.complete(job, "the report").status == 200);
  seen = shop.ask("carol", "GET", shop.path);
  BOOST_TEST(seen.text("status") == "completed");
  BOOST_TEST(seen.body.at("attempt") == 1);
  BOOST_TEST(seen.text("ended_at") == "2026-09-21T14:13:27Z");
  const Answered result = shop.ask("carol", "GET", shop.path + "/result");
  BOOST_TEST(result.status == 200);
  BOOST_TEST(text_of(*from_base64(result.text("result"))) == "the report");
}

BOOST_AUTO_TEST_CASE(is_nobody_elses_business) {
  Visited shop;
  for (const char* stranger : {"mallory", "queue-alice", "queue-bob", "trigger/orders", "carole"}) {
    BOOST_TEST_CONTEXT(stranger) {
      check_refusal(shop.ask(stranger, "GET", shop.path), 404, Errc::not_owner);
      check_refusal(shop.ask(stranger, "GET", shop.path + "/result"), 404, Errc::not_owner);
      check_refusal(shop.ask(stranger, "POST", shop.path + "/cancel", json::object()), 404,
                    Errc::not_owner);
    }
  }
  const Answered other = shop.ask("mallory", "GET", shop.path);
  const Answered none = shop.ask("mallory", "GET", "/v1/workflows/there-is-none");
  BOOST_TEST(other.code() == none.code());
  BOOST_TEST(other.body.at("error").at("message") == none.body.at("error").at("message"));
  BOOST_TEST(shop.ask("carol", "GET", shop.path).text("status") == "queued");
}

BOOST_AUTO_TEST_CASE(is_cancelled_by_its_subject) {
  Visited shop;
  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST(shop.ask("carol", "POST", shop.path + "/cancel").status == 200);
  BOOST_TEST(shop.ask("carol", "GET", shop.path).text("status") == "cancelled");
  check_refusal(shop.ask("carol", "POST", shop.path + "/cancel", json::object()), 409,
                Errc::already_ended);
  check_refusal(shop.ask("carol", "GET", shop.path + "/result"), 409, Errc::already_ended);
  check_refusal(shop.complete(job, "late"), 409, Errc::already_ended);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::front_door_test
