#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::submission_test {
namespace {

using nlohmann::json;

std::string name_of(Errc code) { return std::string(describe(code).name); }

/// A delegation, piece by piece, for a test that wants one of them otherwise.
struct Narrowing {
  explicit Narrowing(Workshop& shop, const Errand& errand = {}, const std::string& user = "carol")
      : tgt(duplicate(shop.tgt(user))),
        input(input_digest(bytes_of(errand.input))),
        authenticator{shop.realm.principal("trigger/orders"), std::nullopt, shop.clock.now(),
                      random_bytes<16>(), input},
        caveats{caveat::Delegation{random_bytes<16>()},
                caveat::Audience{shop.realm.principal("trigger/orders")},
                caveat::NotAfter{shop.clock.now() + 5min},
                caveat::Queue{errand.queue},
                caveat::WorkflowType{errand.type},
                caveat::Actions{errand.actions},
                caveat::Input{input}} {}

  Buffer wire() const {
    CaveatChain chain(tgt.ticket, tgt.session);
    BOOST_REQUIRE(bool(chain.add_all(caveats)));
    return chain.finish(authenticator).wire;
  }

  IssuedTicket tgt;
  Digest input;
  Authenticator authenticator;
  std::vector<Caveat> caveats;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_submission)

BOOST_AUTO_TEST_CASE(becomes_work_for_its_queue) {
  Workshop shop;
  const Errand errand;
  const Answered reply = shop.submit("carol", errand);
  BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
  const std::string ticket = reply.text("ticket_id");
  BOOST_TEST(reply.text("workflow_id") == "invoice-report-" + ticket.substr(0, 16));
  BOOST_TEST(reply.text("queue") == "queue-alice");
  BOOST_TEST(reply.text("start_by") == "2026-09-21T14:18:20Z");
  BOOST_TEST(reply.text("run_until") == "2026-09-21T15:13:20Z");
  BOOST_TEST(reply.body.size() == 6U);

  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST(job.at("workflow_id") == reply.body.at("workflow_id"));
  BOOST_TEST(job.at("run_id") == reply.body.at("run_id"));
  BOOST_TEST(job.at("namespace") == "default");
  BOOST_TEST(job.at("started_at") == noon.time_since_epoch().count());
  const VerifiedTicket opened = shop.opened(job);
  BOOST_TEST(to_hex(opened.body().id) == ticket);
  BOOST_TEST(opened.body().subject.text() == "carol@DEMO.TEST");
  BOOST_TEST((opened.body().work == Work{"default", job.at("workflow_id"), "invoice-report",
                                         input_digest(bytes_of(errand.input))}));
  const auto input = open_input(opened.session(),
                                {"default", "queue-alice", "invoice-report", job.at("workflow_id")},
                                *from_base64(job.at("input").get<std::string>()));
  BOOST_TEST_REQUIRE(bool(input));
  BOOST_TEST(text_of(*input) == errand.input);
}

BOOST_AUTO_TEST_CASE(may_name_its_workflow_when_the_user_did) {
  Workshop shop;
  Errand errand;
  errand.workflow_id = "march-2026";
  const Answered reply = shop.submit("carol", errand);
  BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
  BOOST_TEST(reply.text("workflow_id") == "march-2026");
  // The same name under another delegation is other work.
  const Answered other = shop.submit("mallory", errand);
  BOOST_TEST(other.status == 409);
  BOOST_TEST(other.code() == name_of(Errc::already_exists));
  BOOST_TEST(other.text("run_id") == reply.text("run_id"));
  // A name that the user did not put under his tag.
  Errand unnamed;
  json body = body_of(unnamed);
  body["workflow_id"] = "april-2026";
  const Answered chosen = shop.submit(shop.delegation("carol", unnamed), body);
  BOOST_TEST(chosen.status == 403);
  BOOST_TEST(chosen.code() == name_of(Errc::delegation_incomplete));
  // And one that he did, left out.
  errand.workflow_id = "may-2026";
  const Buffer delegation = shop.delegation("carol", errand);
  errand.workflow_id.reset();
  BOOST_TEST(shop.submit(delegation, body_of(errand)).code() == name_of(Errc::caveat_workflow));
}

BOOST_AUTO_TEST_CASE(keeps_to_the_namespace_that_the_user_named) {
  Workshop shop;
  const Errand errand;
  Narrowing delegated(shop, errand);
  delegated.caveats.emplace_back(caveat::Namespace{"payroll"});
  const Answered reply = shop.submit(delegated.wire(), body_of(errand));
  BOOST_TEST(reply.status == 403);
  BOOST_TEST(reply.code() == name_of(Errc::caveat_namespace));
  BOOST_TEST(shop.kdc.delegations == 0);
  delegated.caveats.back() = caveat::Namespace{"default"};
  BOOST_TEST(shop.submit(delegated.wire(), body_of(errand)).status == 202);
}

BOOST_AUTO_TEST_CASE(may_ask_for_a_shorter_run) {
  Workshop shop;
  const Errand errand;
  json body = body_of(errand);
  body["run_for_seconds"] = 60;
  const Answered reply = shop.submit(shop.delegation("carol", errand), body);
  BOOST_TEST(reply.text("run_until") == "2026-09-21T14:14:20Z");
}

BOOST_AUTO_TEST_CASE(of_a_type_with_a_slash_gets_an_id_without_one) {
  Workshop shop;
  Errand errand;
  errand.type = "billing/invoice-report";
  const Answered reply = shop.submit("carol", errand);
  BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
  const std::string id = reply.text("workflow_id");
  BOOST_TEST(id.starts_with("billing-invoice-report-"));
  BOOST_TEST(shop.ask("carol", "GET", "/v1/workflows/" + id).status == 200);
}

BOOST_AUTO_TEST_CASE(that_comes_again_is_the_same_work) {
  Workshop shop;
  const Errand errand;
  const Buffer delegation = shop.delegation("carol", errand);
  const Answered first = shop.submit(delegation, body_of(errand));
  BOOST_TEST_REQUIRE(first.status == 202);
  BOOST_TEST(shop.submit(delegation, body_of(errand)).body == first.body);
  BOOST_TEST(shop.kdc.delegations == 1);
  shop.kdc.away = true;  // the answer was lost, and now the KDC is
  BOOST_TEST(shop.submit(delegation, body_of(errand)).body == first.body);
  shop.restart();
  BOOST_TEST(shop.submit(delegation, body_of(errand)).body == first.body);
  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST(shop.poll("queue-alice").body.at("jobs").empty());
  BOOST_TEST(shop.complete(job, "r").status == 200);
  BOOST_TEST(shop.submit(delegation, body_of(errand)).body == first.body);  // ended or not
  shop.kdc.away = false;
  const Answered other = shop.submit("carol", errand);  // a delegation of its own: other work
  BOOST_TEST(other.status == 202);
  BOOST_TEST(other.text("run_id") != first.text("run_id"));
}

BOOST_AUTO_TEST_CASE(with_a_known_tag_on_other_bytes_learns_nothing) {
  Workshop shop;
  const Errand errand;
  const Narrowing known(shop, errand);
  BOOST_TEST(shop.submit(known.wire(), body_of(errand)).status == 202);
  // A delegation of the thief's own making that ends in the tag that he saw.
  const Narrowing own(shop, errand, "mallory");
  Buffer forged = own.wire();
  const Buffer seen = known.wire();
  std::copy(seen.end() - 32, seen.end(), forged.end() - 32);
  BOOST_TEST(shop.submit(forged, body_of(errand)).code() == name_of(Errc::bad_tag));
}

BOOST_AUTO_TEST_CASE(is_refused_when_the_body_is_not_what_was_delegated) {
  Workshop shop;
  const Errand errand;
  const Buffer delegation = shop.delegation("carol", errand);
  struct Row {
    const char* name;
    Errc expected;
    int status;
    void (*change)(Errand&);
  };
  const Row rows[] = {
      {"another input", Errc::caveat_input, 403, [](Errand& e) { e.input += "2,200\n"; }},
      {"no input", Errc::caveat_input, 403, [](Errand& e) { e.input.clear(); }},
      {"another queue", Errc::caveat_queue, 403, [](Errand& e) { e.queue = "queue-bob"; }},
      {"another type", Errc::caveat_workflow_type, 403, [](Errand& e) { e.type = "invoice-x"; }},
      {"one more action", Errc::caveat_action, 403,
       [](Errand& e) { e.actions.emplace_back("report:delete"); }},
      {"a queue that is no principal", Errc::bad_name, 400,
       [](Errand& e) { e.queue = "Queue-Alice"; }},
      {"a queue of a form that no name has", Errc::bad_name, 400,
       [](Errand& e) { e.queue = "queue alice"; }},
      {"a workflow id with a slash", Errc::bad_name, 400, [](Errand& e) { e.workflow_id = "a/b"; }},
      {"a workflow id that is a path", Errc::bad_name, 400,
       [](Errand& e) { e.workflow_id = ".."; }},
      {"an empty workflow id", Errc::bad_name, 400, [](Errand& e) { e.workflow_id = ""; }},
      {"an action twice", Errc::malformed, 400,
       [](Errand& e) {
         e.actions = {"invoice:read", "invoice:read"};
       }},
      {"too many actions", Errc::limit_exceeded, 413,
       [](Errand& e) {
         for (int i = 0; i < 33; ++i) e.actions.push_back("a" + std::to_string(i));
       }},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Errand changed = errand;
      row.change(changed);
      const Answered reply = shop.submit(delegation, body_of(changed));
      BOOST_TEST(reply.status == row.status, reply.body.dump());
      BOOST_TEST(reply.code() == name_of(row.expected));
    }
  }
  BOOST_TEST(shop.kdc.delegations == 0);
  Errand fewer = errand;
  fewer.actions = {"invoice:read"};
  BOOST_TEST(shop.submit(delegation, body_of(fewer)).status == 202);
}

BOOST_AUTO_TEST_CASE(is_refused_when_the_delegation_is_not_what_it_must_be) {
  Workshop shop;
  const Errand errand;
  using Change = std::function<void(Narrowing&)>;
  const auto without = [](std::size_t index) {
    return [index](Narrowing& n) {
      n.caveats.erase(n.caveats.begin() + static_cast<std::ptrdiff_t>(index));
    };
  };
  struct Row {
    const char* name;
    Errc expected;
    int status;
    Change change;
  };
  const Principal other = shop.realm.principal("trigger/other");
  const IssuedTicket service = duplicate(shop.ticket("carol"));
  TestRealm elsewhere("OTHER.TEST");
  const IssuedTicket foreign = elsewhere.tgt(elsewhere.tgt_body("carol"));
  const Row rows[] = {
      {"no delegation caveat", Errc::delegation_incomplete, 403, without(0)},
      {"no audience", Errc::delegation_incomplete, 403, without(1)},
      {"no end", Errc::delegation_incomplete, 403, without(2)},
      {"no queue", Errc::delegation_incomplete, 403, without(3)},
      {"no type", Errc::delegation_incomplete, 403, without(4)},
      {"no actions", Errc::delegation_incomplete, 403, without(5)},
      {"no input", Errc::delegation_incomplete, 403, without(6)},
      {"the delegation caveat is not the first", Errc::delegation_incomplete, 403,
       [](Narrowing& n) { std::swap(n.caveats[0], n.caveats[1]); }},
      {"over in this second", Errc::caveat_expired, 401,
       [&](Narrowing& n) { n.caveats.emplace_back(caveat::NotAfter{shop.clock.now()}); }},
      {"for another service", Errc::caveat_audience, 401,
       [&](Narrowing& n) { n.caveats.emplace_back(caveat::Audience{other}); }},
      {"narrowed to no actions", Errc::caveat_action, 403,
       [](Narrowing& n) { n.caveats.emplace_back(caveat::Actions{}); }},
      {"addressed to another service", Errc::wrong_addressee, 401,
       [&](Narrowing& n) { n.authenticator.addressee = other; }},
      {"addressed to an instance", Errc::wrong_instance, 401,
       [](Narrowing& n) { n.authenticator.instance = InstanceId{1}; }},
      {"from the future", Errc::clock_skew, 401,
       [](Narrowing& n) { n.authenticator.time += 121s; }},
      {"made for another request", Errc::wrong_request, 401,
       [](Narrowing& n) { n.authenticator.request = Digest{1}; }},
      {"of a service ticket", Errc::wrong_kind, 401,
       [&](Narrowing& n) { n.tgt = duplicate(service); }},
      {"of another realm", Errc::wrong_realm, 401,
       [&](Narrowing& n) { n.tgt = duplicate(foreign); }},
      {"of no ticket", Errc::malformed, 400,
       [](Narrowing& n) {
         n.tgt.ticket = Buffer{1, 2};
       }},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Narrowing narrowing(shop, errand);
      row.change(narrowing);
      const Answered reply = shop.submit(narrowing.wire(), body_of(errand));
      BOOST_TEST(reply.status == row.status, reply.body.dump());
      BOOST_TEST(reply.code() == name_of(row.expected));
    }
  }
  BOOST_TEST(shop.kdc.delegations == 0);  // none of it was worth the KDC's time
  Narrowing early(shop, errand);
  early.authenticator.time += 120s;
  BOOST_TEST(shop.submit(early.wire(), body_of(errand)).status == 202);
}

BOOST_AUTO_TEST_CASE(is_refused_as_the_kdc_refuses_it) {
  Workshop shop;
  const Errand errand;
  struct Row {
    Errc code;
    int status;
  };
  for (const Row& row : {Row{Errc::grant_missing, 403},
                         {Errc::grant_action, 403},
                         {Errc::grant_duration, 403},
                         {Errc::ceiling_missing, 403},
                         {Errc::queue_unknown, 403},
                         {Errc::revoked, 401},
                         {Errc::busy, 429},
                         {Errc::internal, 503},
                         {Errc::policy_denied, 403}}) {
    shop.kdc.policy = row.code;
    const Answered reply = shop.submit("carol", errand);
    BOOST_TEST(reply.status == row.status);
    BOOST_TEST(reply.code() == name_of(row.code));
  }
  // A stolen TGT without its session key: only the KDC can tell.
  shop.kdc.policy.reset();
  Narrowing stolen(shop, errand);
  stolen.tgt.session = SessionKey::random();
  BOOST_TEST(shop.submit(stolen.wire(), body_of(errand)).code() == name_of(Errc::bad_tag));
  BOOST_TEST(shop.poll("queue-alice").body.at("jobs").empty());
}

BOOST_AUTO_TEST_CASE(waits_for_nobody_when_the_kdc_is_away) {
  Workshop shop;
  shop.kdc.away = true;
  const Answered reply = shop.submit("carol");
  BOOST_TEST(reply.status == 503);
  BOOST_TEST(reply.code() == name_of(Errc::kdc_unreachable));
  BOOST_TEST(reply.headers.at("Retry-After") == "1");
  shop.kdc.away = false;
  BOOST_TEST(shop.submit("carol").status == 202);
}

BOOST_AUTO_TEST_CASE(is_not_enqueued_under_a_ticket_for_something_else) {
  Workshop shop;
  using Change = void (*)(Body&);
  struct Row {
    const char* name;
    Change change;
  };
  const Row rows[] = {
      {"another id", [](Body& b) { b.id = {1}; }},
      {"another queue",
       [](Body& b) { b.audience = *Principal::make("queue-bob", b.audience.realm()); }},
      {"no work", [](Body& b) { b.work.reset(); }},
      {"another namespace", [](Body& b) { b.work->space = "other"; }},
      {"another workflow", [](Body& b) { b.work->id = "w-9"; }},
      {"another type", [](Body& b) { b.work->type = "invoice-x"; }},
      {"another input", [](Body& b) { b.work->input = {1}; }},
      {"more actions", [](Body& b) { b.actions.emplace_back("payroll:read"); }},
      {"fewer actions", [](Body& b) { b.actions.pop_back(); }},
      {"no actor", [](Body& b) { b.actors.clear(); }},
      {"another actor",
       [](Body& b) { b.actors = {*Principal::make("trigger/other", b.audience.realm())}; }},
      {"signed by nobody in the document",
       [](Body& b) { b.issued_at = noon - 30 * 24h; }},  // before the signer's first second
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      shop.kdc.tamper = row.change;
      const Answered reply = shop.submit("carol");
      BOOST_TEST(reply.status == 503, reply.body.dump());
      BOOST_TEST(reply.code() == name_of(Errc::internal));
    }
  }
  BOOST_TEST(shop.poll("queue-alice").body.at("jobs").empty());
  BOOST_TEST(shop.poll("queue-bob").body.at("jobs").empty());
}

BOOST_AUTO_TEST_CASE(may_be_as_large_as_an_input_may_be_and_no_larger,
                     *boost::unit_test::label("slow")) {
  Workshop shop;
  Errand errand;
  errand.input.assign(limits::max_input, 'x');
  const Answered reply = shop.submit("carol", errand);
  BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST(job.at("input").get<std::string>().size() > limits::max_input);
  errand.input += 'x';
  const Answered larger = shop.submit("carol", errand);
  BOOST_TEST(larger.status == 413);
  BOOST_TEST(larger.code() == name_of(Errc::limit_exceeded));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::submission_test
