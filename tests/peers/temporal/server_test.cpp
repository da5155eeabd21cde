// A real Temporal server between real daemons: what tests/temporal shows against a front end of our
// own, as far as a server decides it.
#include <chrono>
#include <thread>

#include "tests/peers/temporal/temporal_realm.h"
#include "tests/support/temporal_thief.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::server_test {
namespace {

using namespace std::chrono_literals;

struct Shared {
  TemporalRealm& all = TemporalRealm::shared();

  std::string completed(const Errand& errand = {}) {
    const std::string id = all.submit(errand);
    BOOST_TEST(all.end_of(id) == "completed");
    return id;
  }
};

Errand of_type(const std::string& type) {
  Errand errand;
  errand.type = type;
  return errand;
}

struct Attack {
  const char* what;
  const char* type;  // of the failure that ends it
  void (*change)(TemporalRealm&, temporal::NewWorkflow&);
};

const Attack attacks[] = {
    {"no ticket", "WB-MALFORMED",
     [](TemporalRealm&, temporal::NewWorkflow& start) { start.header.clear(); }},
    {"header and input copied to another workflow", "WB-TICKET-WORKFLOW",
     [](TemporalRealm&, temporal::NewWorkflow& start) { start.id += "-copy"; }},
    {"and to another type", "WB-TICKET-TYPE",
     [](TemporalRealm&, temporal::NewWorkflow& start) { start.type = "invoice-flaky"; }},
    {"one byte of the input", "WB-SEAL-INTEGRITY",
     [](TemporalRealm&, temporal::NewWorkflow& start) { start.input.front().data.back() ^= 1; }},
    {"another queue's ticket, good there", "WB-TICKET-QUEUE",
     [](TemporalRealm& all, temporal::NewWorkflow& start) {
       Person mallory(all.realm, "mallory"), trigger(all.realm, "trigger/orders");
       Errand errand;
       errand.queue = "queue-bob";
       const auto issued = trigger.exchange(mallory.delegation(errand), errand, start.id);
       BOOST_TEST_REQUIRE(bool(issued));
       start.header = temporal::header_with(issued->ticket);
       start.input = {temporal::payload_of(
           temporal::input_encoding,
           seal_input(issued->session, {"default", "queue-bob", errand.type, start.id},
                      bytes_of(errand.input)))};
     }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_real_temporal_server, Shared,
                         *boost::unit_test::precondition(DevServer::is_here))

BOOST_AUTO_TEST_CASE(has_work_done_and_sees_neither_input_nor_result_nor_who_asked) {
  const std::string id = completed();
  BOOST_TEST(all.result_of(id).out == Errand{}.input);
  BOOST_TEST(all.verdicts(id).size() == 1U);
  const std::string history =
      all.server.ask({"workflow", "show", "--workflow-id", id, "--output", "json"});
  BOOST_TEST(history.find("waybill-ticket-v1") != std::string::npos);
  for (const std::string& secret :
       {std::string("number,amount"), to_base64(bytes_of(Errand{}.input)), std::string("carol")}) {
    BOOST_TEST(history.find(secret) == std::string::npos, secret);
  }
}

BOOST_AUTO_TEST_CASE(ends_starts_that_are_not_as_their_ticket_says) {
  const temporal::NewWorkflow good = all.copy_of_start(completed());
  for (const Attack& attack : attacks) {
    BOOST_TEST_CONTEXT(attack.what) {
      temporal::NewWorkflow start = good;
      attack.change(all, start);
      const std::string run = all.start_as_stranger(start);
      BOOST_TEST(all.failure({start.id, run}) == attack.type);
    }
  }
}

BOOST_AUTO_TEST_CASE(is_refused_a_copy_of_work_that_is_done) {
  const std::string id = all.submit_without_report();
  const std::string run = all.start_as_stranger(all.copy_of_start(id));
  BOOST_TEST(all.failure({id, run}) == "WB-TICKET-REPLAY");
  all.trigger.start();
  BOOST_TEST(all.end_of(id) == "completed");
  BOOST_TEST(all.result_of(id).out == Errand{}.input);
}

BOOST_AUTO_TEST_CASE(tries_again_what_failed_under_the_same_ticket) {
  const std::string id = completed(of_type("invoice-flaky"));
  BOOST_TEST(all.verdicts(id) == (std::vector<std::string>(2, "accepted")),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(resets_a_run_and_the_owner_still_gets_his_result) {
  const std::string id = all.submit(of_type("invoice-held"));
  BOOST_TEST_REQUIRE(all.is_in_hand(id));
  const std::string before = all.stranger->describe({id})->run_id;
  all.server.ask({"workflow", "reset", "--workflow-id", id, "--type", "FirstWorkflowTask",
                  "--reason", "an operator's repair"});
  BOOST_TEST(all.stranger->describe({id})->run_id != before);
  all.let_go(id);
  BOOST_TEST(all.end_of(id) == "completed");
  BOOST_TEST(all.result_of(id).out == Errand{}.input);
}

// The thief has whatever the namespace shows, also a result that a worker has sealed for other
// work.
BOOST_AUTO_TEST_CASE(lets_a_second_poller_take_work_and_nobody_believes_what_he_reports) {
  const std::string other = completed();
  const temporal::Payload sealed = all.sealed_result(other).front();
  BOOST_TEST(all.worker.daemon().terminate() == 0);
  for (const temporal::Payload& forged :
       {sealed, temporal::payload_of(temporal::result_encoding, bytes_of("number,amount\n")),
        temporal::payload_of("json/plain", bytes_of("\"paid\""))}) {
    const std::string id = all.submit();
    steal(*all.stranger, "queue-alice", forged);
    BOOST_TEST(all.end_of(id) == "failed WB-RESULT");
    const Ended waited = all.result_of(id);
    BOOST_TEST(waited.status == 1);
    BOOST_TEST(waited.out.empty());
  }
  all.worker.daemon().start();
}

BOOST_AUTO_TEST_CASE(gives_the_work_of_a_killed_worker_to_the_next_one) {
  const std::string id = all.submit(of_type("invoice-held"));
  BOOST_TEST_REQUIRE(all.is_in_hand(id));
  all.worker.daemon().kill();
  all.let_go(id);
  all.worker.daemon().start();
  BOOST_TEST(all.end_of(id) == "completed");
  BOOST_TEST(all.verdicts(id).size() == 2U);
}

BOOST_AUTO_TEST_CASE(loses_nothing_by_a_restart_neither_what_ran_nor_what_came_meanwhile) {
  const std::string ran = all.submit(of_type("invoice-held"));
  BOOST_TEST_REQUIRE(all.is_in_hand(ran));
  all.server.daemon().kill();
  const std::string came = all.submit();
  all.let_go(ran);
  all.server.start();
  BOOST_TEST(all.end_of(came) == "completed");
  BOOST_TEST(all.end_of(ran) == "completed");
}

BOOST_AUTO_TEST_CASE(carries_two_hundred_workflows_at_once) {
  constexpr int doors = 4, each = 50;
  std::vector<Buffer> delegations;
  for (int n = 0; n < doors * each; ++n) delegations.push_back(all.carol.delegation({}));
  std::vector<std::string> ids(delegations.size());
  BOOST_TEST(all.worker.daemon().terminate() == 0);  // until all of them are there
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  {
    std::vector<std::jthread> senders;
    for (std::size_t from = 0; from < ids.size(); from += each) {
      senders.emplace_back([&, from] {
        FrontDoor door(all.trigger.url());
        for (std::size_t n = from; n < from + each; ++n) {
          ids[n] = door.submit(delegations[n], {}).body.value("workflow_id", "");
        }
      });
    }
  }
  const double sent = seconds();
  all.worker.daemon().start();
  for (const std::string& id : ids) BOOST_TEST(all.end_of(id) == "completed");
  BOOST_TEST_MESSAGE(ids.size() << " submitted in " << sent << " s, done after " << seconds());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::server_test
