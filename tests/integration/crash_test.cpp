#include <atomic>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"

namespace waybill::test::crash_test {
namespace {

using namespace std::chrono_literals;

// The handler says who ran: one line, written at once, so that lines of many never mix.
constexpr const char* notes_its_run =
    "echo \"$WAYBILL_WORKFLOW_ID $WAYBILL_RUN_ID $WAYBILL_ATTEMPT\" >>$HOME/ran; cat";

// A job that a killed process held waits for the end of its lease.
const std::vector<std::string> short_lease{"--lease", "4"};

/// Many clients, each with one piece of work; each insists until it is acknowledged. They begin
/// when they are admitted, so that a machine that is fast enough to serve all of them at once is
/// still killed in the middle.
class Crowd {
 public:
  struct Acknowledged {
    std::string workflow_id, run_id, ticket_id;
  };

  Crowd(const Person& person, const std::string& url, std::size_t size) : acknowledged_(size) {
    for (std::size_t i = 0; i < size; ++i) {
      clients_.emplace_back([this, &person, url, i] { insist(person, url, i); });
    }
  }
  ~Crowd() {
    given_up_ = true;
    wait();
  }
  /// Lets the first `count` of them begin, in all.
  void admit(std::size_t count) { admitted_ = count; }
  /// Returns when so many are acknowledged, or after `patience`.
  std::size_t wait_for(std::size_t count, std::chrono::seconds patience = 30s) {
    eventually([&] { return count_ >= count; }, patience);
    return count_;
  }
  const std::vector<Acknowledged>& wait() {
    for (std::thread& client : clients_) {
      if (client.joinable()) client.join();
    }
    return acknowledged_;
  }
  /// What was refused, as text; empty when nothing was.
  std::string refusals() {
    const std::scoped_lock guard(lock_);
    return refusals_;
  }

 private:
  void insist(const Person& person, const std::string& url, std::size_t i) {
    Errand errand;
    errand.input = "input of client " + std::to_string(i);
    const Buffer delegation = person.delegation(errand);
    FrontDoor door(url);
    while (!given_up_ && i >= admitted_) std::this_thread::sleep_for(2ms);
    while (!given_up_ && !try_once(door, delegation, errand, i)) std::this_thread::sleep_for(20ms);
  }
  bool try_once(FrontDoor& door, Bytes delegation, const Errand& errand, std::size_t i) {
    try {
      const DoorReply reply = door.submit(delegation, errand);
      if (reply.status == 202) {
        acknowledged_[i] = {reply.body.at("workflow_id"), reply.body.at("run_id"),
                            reply.body.at("ticket_id")};
        ++count_;
        return true;
      }
      if (reply.status >= 500 || reply.status == 429) return false;
      const std::scoped_lock guard(lock_);  // a refusal that lasts: the test fails by it
      refusals_ += std::to_string(reply.status) + " " + reply.code() + "; ";
      return true;
    } catch (const HttpError&) {
      return false;  // nobody is there at the moment
    }
  }

  std::vector<Acknowledged> acknowledged_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<std::size_t> admitted_ = 0;
  std::atomic<bool> given_up_ = false;
  std::mutex lock_;
  std::string refusals_;
  std::vector<std::thread> clients_;
};

/// What the handlers wrote: attempts by workflow. Two runs under one attempt number are a fault.
std::map<std::string, std::vector<std::string>> runs_of(const LiveRealm& realm) {
  std::map<std::string, std::vector<std::string>> runs;
  for (const std::string& line : lines_of(realm.folder() / "ran")) {
    const std::size_t space = line.find(' ');
    runs[line.substr(0, space)].push_back(line.substr(space + 1));
  }
  return runs;
}

void check_nothing_is_lost(Person& person, FrontDoor& door,
                           const std::vector<Crowd::Acknowledged>& acknowledged) {
  std::set<std::string> workflows;
  for (const auto& one : acknowledged) {
    BOOST_TEST_CONTEXT(one.workflow_id) {
      BOOST_TEST(workflows.insert(one.workflow_id).second);
      const auto state = door.wait(person, one.workflow_id, 60s);
      BOOST_TEST(state.value("status", "") == "completed", state.dump());
      BOOST_TEST(state.value("run_id", "") == one.run_id);
    }
  }
}

void check_nothing_ran_twice_unnoticed(const LiveRealm& realm, std::size_t workflows) {
  const auto runs = runs_of(realm);
  BOOST_TEST(runs.size() == workflows);
  for (const auto& [workflow, attempts] : runs) {
    const std::set<std::string> different(attempts.begin(), attempts.end());
    BOOST_TEST(different.size() == attempts.size(), workflow << " ran twice under one number");
  }
}

std::set<std::string> tickets_in_audit(LiveRealm& realm) {
  std::set<std::string> tickets;
  for (const Fields& row : realm.rows("audit.tail")) {
    const bool issued = row.get("event") == "tgs.delegate" && row.get("outcome") == "done";
    if (issued) tickets.emplace(row.get("ticket"));
  }
  return tickets;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_crash)

BOOST_AUTO_TEST_CASE(of_the_kdc_loses_nothing_that_was_acknowledged) {
  LiveRealm realm;
  LiveTrigger trigger(realm);
  const LiveWorker worker(realm, trigger.url(), {.handlers = {{"invoice-report", notes_its_run}}});
  Person carol(realm, "carol");
  constexpr std::size_t clients = 200;
  Crowd crowd(carol, trigger.url(), clients);
  for (const std::size_t mark : {10UL, 70UL, 130UL}) {
    crowd.admit(mark + 60);
    const std::size_t by_then = crowd.wait_for(mark);
    realm.kdc().kill();
    BOOST_TEST(by_then >= mark);
    BOOST_TEST(crowd.wait_for(clients, 0s) < clients, "the kill came too late");
    std::this_thread::sleep_for(200ms);
    realm.start_kdc();
  }
  crowd.admit(clients);
  const auto& acknowledged = crowd.wait();
  BOOST_TEST(crowd.refusals() == "");
  FrontDoor door(trigger.url());
  check_nothing_is_lost(carol, door, acknowledged);
  check_nothing_ran_twice_unnoticed(realm, clients);

  const auto logged = tickets_in_audit(realm);
  for (const auto& one : acknowledged) BOOST_TEST(logged.contains(one.ticket_id));
  realm.init("operator");
  const Ended verified = realm.waybill({"audit", "verify"}, "operator");
  BOOST_TEST(verified.status == 0, verified.out << verified.err);
}

BOOST_AUTO_TEST_CASE(of_the_trigger_loses_nothing_that_was_acknowledged) {
  LiveRealm realm;
  LiveTrigger trigger(realm, "trigger/orders", short_lease);
  const LiveWorker worker(realm, trigger.url(), {.handlers = {{"invoice-report", notes_its_run}}});
  Person carol(realm, "carol");
  constexpr std::size_t clients = 200;
  Crowd crowd(carol, trigger.url(), clients);
  for (const std::size_t mark : {10UL, 70UL, 130UL}) {
    crowd.admit(mark + 60);
    const std::size_t by_then = crowd.wait_for(mark);
    trigger.daemon().kill();
    BOOST_TEST(by_then >= mark);
    BOOST_TEST(crowd.wait_for(clients, 0s) < clients, "the kill came too late");
    std::this_thread::sleep_for(200ms);
    trigger.start();
  }
  crowd.admit(clients);
  const auto& acknowledged = crowd.wait();
  BOOST_TEST(crowd.refusals() == "");
  FrontDoor door(trigger.url());
  check_nothing_is_lost(carol, door, acknowledged);
  check_nothing_ran_twice_unnoticed(realm, clients);
}

BOOST_AUTO_TEST_CASE(of_a_worker_gives_its_job_to_the_next_attempt) {
  LiveRealm realm;
  LiveTrigger trigger(realm, "trigger/orders", short_lease);
  const std::string handler =
      std::string(notes_its_run) + "; [ $WAYBILL_ATTEMPT != 1 ] || sleep 60";
  LiveWorker worker(realm, trigger.url(), {.handlers = {{"invoice-report", handler}}});
  Person carol(realm, "carol");
  FrontDoor door(trigger.url());
  const DoorReply sent = door.submit(carol, {});
  BOOST_TEST_REQUIRE(sent.status == 202);
  const std::string workflow = sent.body.at("workflow_id");
  const std::string run_id = sent.body.at("run_id");
  BOOST_TEST_REQUIRE(eventually([&] { return !runs_of(realm).empty(); }));
  worker.daemon().kill();
  worker.daemon().start();
  const auto state = door.wait(carol, workflow, 60s);
  BOOST_TEST(state.value("status", "") == "completed", state.dump());
  // The first hand-out after the crash may go to the dead worker's last poll, and cost an attempt.
  const int attempt = state.value("attempt", 0);
  BOOST_TEST((attempt == 2 || attempt == 3), state.dump());
  const std::vector<std::string> expected{run_id + " 1", run_id + " " + std::to_string(attempt)};
  BOOST_TEST(runs_of(realm)[workflow] == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::crash_test
