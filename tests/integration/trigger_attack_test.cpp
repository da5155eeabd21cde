#include <mutex>

#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "tests/support/rogue_engine.h"
#include "ticket/adapters/base64.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::trigger_attack_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const LiveWorker::Options reports_its_input{
    .handlers = {{"invoice-report", "echo ran >>$HOME/ran; cat"}}};

std::string result_text(const DoorReply& reply) {
  const auto bytes = from_base64(reply.body.value("result", ""));
  return bytes ? std::string(text_of(*bytes)) : "no base64";
}

void check_refusal(const DoorReply& reply, int status, Errc expected) {
  BOOST_TEST(reply.status == status, reply.status << " " << reply.body.dump());
  BOOST_TEST(reply.code() == describe(expected).name);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_real_trigger)

BOOST_AUTO_TEST_CASE(takes_a_delegation_for_one_piece_of_work_however_often_it_comes) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  LiveTrigger other(realm, "trigger/other");
  const LiveWorker worker(realm, trigger.url(), reports_its_input);
  ManInTheMiddle thief(trigger.url());
  Person carol(realm, "carol");
  const Errand errand;
  const Buffer delegation = carol.delegation(errand);
  const DoorReply first = FrontDoor(thief.url()).submit(delegation, errand);
  BOOST_TEST_REQUIRE(first.status == 202, first.body.dump());
  const auto stolen = thief.last("/v1/workflows");
  BOOST_TEST_REQUIRE(stolen.has_value());

  FrontDoor door(trigger.url());
  const DoorReply again =
      door.send(stolen->method, stolen->path, stolen->body, stolen->authorization);
  BOOST_TEST(again.status == 202);
  BOOST_TEST(again.body == first.body);

  using Change = void (*)(Errand&);
  struct Row {
    const char* name;
    Errc expected;
    Change change;
  };
  const Row rows[] = {
      {"another input", Errc::caveat_input, [](Errand& e) { e.input = "mine"; }},
      {"another type", Errc::caveat_workflow_type, [](Errand& e) { e.type = "invoice-delete"; }},
      {"another queue", Errc::caveat_queue, [](Errand& e) { e.queue = "queue-bob"; }},
      {"one more action", Errc::caveat_action,
       [](Errand& e) { e.actions.emplace_back("report:write"); }},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Errand changed = errand;
      row.change(changed);
      const DoorReply reply = door.submit(delegation, changed);
      BOOST_TEST((reply.status == 401 || reply.status == 403), reply.body.dump());
      BOOST_TEST(reply.code() == describe(row.expected).name);
    }
  }
  check_refusal(FrontDoor(other.url()).submit(delegation, errand), 401, Errc::wrong_addressee);
  const std::string workflow = first.body.at("workflow_id");
  BOOST_TEST(door.wait(carol, workflow).value("status", "") == "completed");
  BOOST_TEST(lines_of(realm.folder() / "ran").size() == 1U);
}

BOOST_AUTO_TEST_CASE(shows_a_workflow_and_its_result_to_its_subject_alone) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  const LiveWorker worker(realm, trigger.url(), reports_its_input);
  Person carol(realm, "carol");
  Person mallory(realm, "mallory");
  Person queue(realm, "queue-alice");
  FrontDoor door(trigger.url());
  const Errand errand;
  const DoorReply sent = door.submit(carol, errand);
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  const std::string path = "/v1/workflows/" + sent.body.at("workflow_id").get<std::string>();
  BOOST_TEST(door.wait(carol, sent.body.at("workflow_id")).value("status", "") == "completed");
  BOOST_TEST(result_text(door.ask(carol, "GET", path + "/result")) == errand.input);
  for (Person* stranger : {&mallory, &queue}) {
    check_refusal(door.ask(*stranger, "GET", path), 404, Errc::not_owner);
    check_refusal(door.ask(*stranger, "GET", path + "/result"), 404, Errc::not_owner);
    check_refusal(door.ask(*stranger, "POST", path + "/cancel", json::object()), 404,
                  Errc::not_owner);
  }
  check_refusal(door.ask(mallory, "GET", "/v1/workflows/there-is-none"), 404, Errc::not_owner);
}

BOOST_AUTO_TEST_CASE(takes_a_presentation_once_for_one_request_at_one_instance) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  LiveTrigger other(realm, "trigger/other");
  Person carol(realm, "carol");
  FrontDoor door(trigger.url());
  const DoorReply sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  const std::string path = "/v1/workflows/" + sent.body.at("workflow_id").get<std::string>();
  const Principal service = realm.principal("trigger/orders");
  const auto ticket = carol.ticket_for("trigger/orders");
  BOOST_TEST_REQUIRE(bool(ticket));
  const auto here = *fixed_from_hex<16>(door.info().at("instance").get<std::string>());
  const auto presented = [&](const InstanceId& instance, std::string_view method) {
    const Digest request = request_digest({bytes_of(method), bytes_of(path), bytes_of("")});
    return authorization(present(*ticket, {service, instance, request}, realm.now()));
  };
  const std::string once = presented(here, "GET");
  BOOST_TEST(door.send("GET", path, "", once).status == 200);
  check_refusal(door.send("GET", path, "", once), 401, Errc::request_replayed);
  check_refusal(door.send("POST", path + "/cancel", "{}", presented(here, "GET")), 401,
                Errc::wrong_request);
  check_refusal(FrontDoor(other.url()).send("GET", path, "", presented(here, "GET")), 401,
                Errc::wrong_audience);
  check_refusal(door.send("GET", path, "", ""), 401, Errc::malformed);
  check_refusal(door.send("GET", path, "", authorization(carol.delegation({}))), 401,
                Errc::wrong_kind);

  const std::string kept = presented(here, "GET");
  trigger.daemon().kill();
  trigger.start();
  const DoorReply restarted = door.send("GET", path, "", kept);
  check_refusal(restarted, 401, Errc::wrong_instance);
  BOOST_TEST(restarted.body.value("instance", "") == door.info().at("instance"));
}

BOOST_AUTO_TEST_CASE(gives_jobs_to_their_own_queue_alone) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  Person carol(realm, "carol");
  Person bobs(realm, "queue-bob");
  Person alices(realm, "queue-alice");
  FrontDoor door(trigger.url());
  const DoorReply sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  const std::string poll = "/v1/queues/queue-alice/poll";
  const json ask{{"wait_seconds", 0}, {"max", 1}};
  for (Person* stranger : {&bobs, &carol}) {
    const DoorReply reply = door.ask(*stranger, "POST", poll, ask);
    BOOST_TEST(reply.status == 403, reply.body.dump());
    BOOST_TEST(reply.code() == describe(Errc::not_permitted).name);
  }
  BOOST_TEST(door.ask(bobs, "POST", "/v1/queues/queue-bob/poll", ask).body.at("jobs").empty());
  const json jobs = door.ask(alices, "POST", poll, ask).body.at("jobs");
  BOOST_TEST_REQUIRE(jobs.size() == 1U);
  const json job = jobs.front();
  const std::string run = "/v1/jobs/" + job.at("run_id").get<std::string>();
  const json lease{{"lease", job.at("lease")}};
  const json refusal{{"lease", job.at("lease")}, {"code", "WB-TICKET-QUEUE"}, {"message", "no"}};
  BOOST_TEST(door.ask(bobs, "POST", run + "/heartbeat", lease).status >= 400);
  BOOST_TEST(door.ask(bobs, "POST", run + "/refuse", refusal).status >= 400);
  const json guessed{{"lease", to_hex(random_bytes<16>())}};
  check_refusal(door.ask(alices, "POST", run + "/heartbeat", guessed), 409, Errc::lease_lost);
  BOOST_TEST(door.ask(alices, "POST", run + "/heartbeat", lease).status == 200);
}

// A thief who polls with the queue's key can keep a job, but cannot end it with a result of his.
BOOST_AUTO_TEST_CASE(believes_no_result_that_was_not_sealed_under_the_ticket) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  Person carol(realm, "carol");
  Person thief(realm, "queue-alice");
  FrontDoor door(trigger.url());
  const DoorReply sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  const std::string workflow = sent.body.at("workflow_id");
  const json ask{{"wait_seconds", 0}, {"max", 1}};
  const json job =
      door.ask(thief, "POST", "/v1/queues/queue-alice/poll", ask).body.at("jobs").at(0);
  const Buffer sealed = seal_result(SessionKey::random(), {{}, workflow, job.at("run_id")},
                                    bytes_of("all invoices are paid"));
  const std::string complete = "/v1/jobs/" + job.at("run_id").get<std::string>() + "/complete";
  const json forged{{"lease", job.at("lease")}, {"result", to_base64(sealed)}};
  const DoorReply refused = door.ask(thief, "POST", complete, forged);
  BOOST_TEST(refused.code() == describe(Errc::bad_result).name);
  BOOST_TEST(refused.status >= 400);
  const std::string path = "/v1/workflows/" + workflow;
  BOOST_TEST(door.ask(carol, "GET", path).body.value("status", "") != "completed");
  BOOST_TEST(door.ask(carol, "GET", path + "/result").status == 409);
}

// Between worker and trigger: what the worker sealed arrives with a flipped bit.
BOOST_AUTO_TEST_CASE(believes_no_result_that_was_changed_on_the_way) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  std::mutex lock;
  std::string answer;
  ManInTheMiddle forger(
      trigger.url(),
      [&](HttpRequest& request) {
        if (!request.path.ends_with("/complete")) return;
        json body = json::parse(request.body);
        Buffer result = *from_base64(body.at("result").get<std::string>());
        result.back() ^= 1;
        body["result"] = to_base64(result);
        request.body = body.dump();
      },
      [&](const HttpRequest& request, const HttpReply& reply) {
        if (!request.path.ends_with("/complete")) return;
        const std::scoped_lock guard(lock);
        answer = reply.body;
      });
  const LiveWorker worker(realm, forger.url(), reports_its_input);
  Person carol(realm, "carol");
  FrontDoor door(trigger.url());
  const DoorReply sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202, sent.body.dump());
  const auto heard = [&] {
    const std::scoped_lock guard(lock);
    return answer;
  };
  BOOST_TEST(eventually([&] { return !heard().empty(); }));
  BOOST_TEST(heard().find("WB-") != std::string::npos, heard());
  const std::string path = "/v1/workflows/" + sent.body.at("workflow_id").get<std::string>();
  BOOST_TEST(door.ask(carol, "GET", path).body.value("status", "") != "completed");
  trigger.daemon().kill();  // or the forger waits for the end of the worker's last poll
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_real_kdc)

// A trigger that was taken over, at the KDC with its own keytab.
BOOST_AUTO_TEST_CASE(gives_a_trigger_no_more_than_user_and_policy_allow) {
  LiveRealm realm;
  Person carol(realm, "carol");
  Person orders(realm, "trigger/orders");
  Person other(realm, "trigger/other");
  Person mallory(realm, "mallory");
  const Errand errand;
  const Buffer delegation = carol.delegation(errand);
  const auto check = [&](const char* name, Person& asker, const Buffer& shown, const Errand& asked,
                         Errc expected) {
    const auto issued = asker.exchange(shown, asked, "w-1");
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST_REQUIRE(!issued);
      BOOST_TEST(describe(issued.error().code).name == describe(expected).name);
    }
  };
  const auto changed = [&](auto change) {
    Errand copy = errand;
    change(copy);
    return copy;
  };
  check("another trigger", other, delegation, errand, Errc::wrong_addressee);
  check("a user", mallory, delegation, errand, Errc::not_permitted);
  check("one more action", orders, delegation,
        changed([](Errand& e) { e.actions.emplace_back("report:write"); }), Errc::caveat_action);
  check("another queue", orders, delegation, changed([](Errand& e) { e.queue = "queue-bob"; }),
        Errc::caveat_queue);
  check("another type", orders, delegation, changed([](Errand& e) { e.type = "invoice-delete"; }),
        Errc::caveat_workflow_type);
  check("another input", orders, delegation, changed([](Errand& e) { e.input = "x"; }),
        Errc::wrong_request);
  const Errand ungranted = changed([](Errand& e) { e.actions = {"payroll:read"}; });
  check("more than the grant", orders, carol.delegation(ungranted), ungranted, Errc::grant_action);
  const Errand foreign = changed([](Errand& e) { e.queue = "queue-bob"; });
  check("a queue without a grant", orders, carol.delegation(foreign), foreign, Errc::grant_missing);
  Buffer stripped = delegation;
  stripped[stripped.size() - 40] ^= 1;
  check("a changed authenticator", orders, stripped, errand, Errc::bad_tag);
  check("no delegation at all", orders, orders.tgt().ticket, errand, Errc::malformed);

  // A stolen TGT without its session key: the thief makes a chain of his own.
  CaveatChain chain(carol.tgt().ticket, SessionKey::random());
  const Digest input = input_digest(bytes_of(errand.input));
  const std::vector<Caveat> caveats{caveat::Delegation{random_bytes<16>()},
                                    caveat::Audience{orders.principal()},
                                    caveat::NotAfter{realm.now() + 60s},
                                    caveat::Queue{errand.queue},
                                    caveat::WorkflowType{errand.type},
                                    caveat::Actions{errand.actions},
                                    caveat::Input{input}};
  BOOST_REQUIRE(bool(chain.add_all(caveats)));
  const Presented stolen =
      chain.finish({orders.principal(), std::nullopt, realm.now(), random_bytes<16>(), input});
  check("a stolen TGT", orders, stolen.wire, errand, Errc::bad_tag);

  const auto first = orders.exchange(delegation, errand, "w-1");
  BOOST_TEST_REQUIRE(bool(first));
  const auto again = orders.exchange(delegation, errand, "w-1");
  BOOST_TEST_REQUIRE(bool(again));
  BOOST_TEST(to_hex(id_of(*first)) == to_hex(id_of(*again)));
}

namespace {
struct LoginAnswer {
  int status;
  std::size_t size;
  std::string code;
  friend bool operator==(const LoginAnswer&, const LoginAnswer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const LoginAnswer& answer) {
    return out << answer.status << ", " << answer.size << " bytes, " << answer.code;
  }
};

LoginAnswer try_to_log_in(LiveRealm& realm, const char* name, const PrincipalKey& key) {
  HttpClient kdc(realm.client().realm_file().kdcs.front());
  const auto document = realm.client().fetch_realm();
  auto login = Login::start(key, realm.principal(name), *document, {1h, 0s}, realm.now());
  const HttpReply reply =
      kdc.send("POST", "/v1/as", "application/msgpack", std::string(text_of(login->request())));
  const auto done = login->finish(bytes_of(reply.body), realm.now());
  return {reply.status, reply.body.size(),
          done ? "let in" : std::string(describe(done.error().code).name)};
}
}  // namespace

// On the wire too: the same status, the same number of bytes, the same code inside.
BOOST_AUTO_TEST_CASE(answers_every_login_that_it_refuses_alike) {
  LiveRealm realm;
  realm.must("admin.principal.disable", {{"name", "mallory"}});
  const Keytab carols = realm.keytab("carol");
  const Keytab mallorys = realm.keytab("mallory");
  const PrincipalKey& right = carols.newest().key;
  BOOST_TEST(try_to_log_in(realm, "carol", right).code == "let in");
  const LoginAnswer wrong_key = try_to_log_in(realm, "carol", PrincipalKey::random());
  BOOST_TEST(wrong_key.code == describe(Errc::login_failed).name);
  BOOST_TEST(try_to_log_in(realm, "nobody", right) == wrong_key);
  BOOST_TEST(try_to_log_in(realm, "alice", right) == wrong_key);
  BOOST_TEST(try_to_log_in(realm, "mallory", mallorys.newest().key) == wrong_key);
  for (int i = 0; i < 8; ++i) {
    BOOST_TEST(try_to_log_in(realm, "carol", PrincipalKey::random()) == wrong_key);
  }
  BOOST_TEST(try_to_log_in(realm, "carol", right) == wrong_key);  // locked out for a while
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::trigger_attack_test
