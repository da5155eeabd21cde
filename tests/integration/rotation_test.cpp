#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "ticket/ticket.h"

namespace waybill::test::rotation_test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// A realm at work. The handler waits for the file `go`, and then hands back its input.
struct Fixture {
  LiveRealm realm{LiveRealm::Settings{{"feed_interval", "1"}}};
  LiveTrigger trigger{realm};
  LiveWorker worker{
      realm,
      trigger.url(),
      {.handlers = {{"invoice-report", "while [ ! -e $HOME/go ]; do sleep 0.1; done; cat"}}}};
  Person carol{realm, "carol"};
  FrontDoor door{trigger.url()};

  Ended kdc(std::vector<std::string> arguments) const {
    return run(realm.program(WAYBILL_KDC_PROGRAM, std::move(arguments)));
  }
  void must(std::vector<std::string> arguments) const {
    const std::string what = arguments.at(0) + " " + arguments.at(1);
    const Ended ended = kdc(std::move(arguments));
    BOOST_TEST_REQUIRE(ended.status == 0, what + ": " + ended.out + ended.err);
  }
  std::string submit() {
    const auto reply = door.submit(carol, Errand{});
    BOOST_TEST_REQUIRE(reply.status == 202, reply.body.dump());
    return reply.body.at("workflow_id");
  }
  json epochs() const { return json::parse(kdc({"epoch", "list", "--dir", "kdc", "--json"}).out); }
  std::uint64_t serial() { return realm.client().fetch_realm()->serial; }
  /// Once new keys sign, everybody's tickets name them.
  bool opens_within(std::chrono::seconds patience, std::uint64_t id) {
    return eventually(
        [&] { return number(realm.client().fetch_realm()->epoch_at(realm.now())->id) == id; },
        patience);
  }
  std::vector<std::string> verdicts() const {
    std::vector<std::string> out;
    for (const std::string& line : lines_of(realm.folder() / "worker-queue-alice/verdicts.jsonl")) {
      out.push_back(json::parse(line).value("verdict", ""));
    }
    return out;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_rotation_beside_daemons_that_serve, Fixture)

BOOST_AUTO_TEST_CASE(costs_no_ticket_and_no_restart) {
  const std::string before = submit();  // waits in the handler
  must({"epoch", "rotate", "--dir", "kdc", "--in", "15s"});
  BOOST_TEST(eventually([&] { return serial() == 2U; }));  // the daemon has taken it
  const std::string ahead = submit();
  BOOST_TEST_REQUIRE(opens_within(30s, 3));
  const std::string after = submit();
  const auto ticket = carol.ticket_for("trigger/orders");
  BOOST_REQUIRE(bool(ticket));
  BOOST_TEST(number(Evidence::decode(ticket->evidence)->header.key) == 3U);
  realm.write("go", "");
  for (const std::string& id : {before, ahead, after}) {
    BOOST_TEST(door.wait(carol, id).at("status") == "completed");
  }
  BOOST_TEST((verdicts() == std::vector<std::string>{"accepted", "accepted", "accepted"}));

  must({"epoch", "retire", "--dir", "kdc", "1"});
  BOOST_TEST(eventually([&] { return serial() == 3U; }));
  const auto refused = carol.call("tgs", Fields{});
  BOOST_TEST((!refused && refused.error().code == Errc::unknown_epoch));
  Person again(realm, "carol");
  const auto reply = door.submit(again, Errand{});
  BOOST_TEST(reply.status == 202);
  BOOST_TEST(door.wait(again, reply.body.at("workflow_id")).at("status") == "completed");
  must({"store", "check", "--dir", "kdc"});
  BOOST_TEST(realm.kdc().terminate() == 0);
  realm.start_kdc();
  Person{realm, "carol"};
}

BOOST_AUTO_TEST_CASE(is_refused_without_the_root_key) {
  std::filesystem::rename(realm.folder() / "kdc/root.key", realm.folder() / "root.key");
  BOOST_TEST(kdc({"epoch", "rotate", "--dir", "kdc", "--in", "1h"}).status == 5);
  realm.write("wrong.key", std::string(32, 'x'));
  BOOST_TEST(
      kdc({"epoch", "rotate", "--dir", "kdc", "--in", "1h", "--root-key", "wrong.key"}).status ==
      1);
  BOOST_TEST(epochs().size() == 2U);
  const Ended idle = kdc({"epoch", "rotate", "--dir", "kdc"});
  BOOST_TEST(idle.status == 0);
  BOOST_TEST(idle.out.starts_with("Nothing to do: epoch 2 is published"), idle.out);
  must({"epoch", "rotate", "--dir", "kdc", "--in", "1h", "--root-key", "root.key"});
  BOOST_TEST(epochs().size() == 3U);
}

BOOST_AUTO_TEST_CASE(takes_a_root_key_that_never_comes_near_the_kdc) {
  std::filesystem::create_directory(realm.folder() / "vault");
  std::filesystem::rename(realm.folder() / "kdc/root.key", realm.folder() / "vault/root.key");
  must({"realm", "request", "--dir", "kdc", "--in", "1h", "--out", "next.request"});
  const std::vector<std::string> sign{"realm",      "sign",           "--request", "next.request",
                                      "--root-key", "vault/root.key", "--out",     "next.realm"};
  BOOST_TEST(kdc(sign).status == 2);  // nobody is at the terminal
  BOOST_TEST(serial() == 1U);
  std::vector<std::string> yes = sign;
  yes.emplace_back("--yes");
  must(yes);
  must({"realm", "install", "--dir", "kdc", "--signed", "next.realm"});
  BOOST_TEST(eventually([&] { return serial() == 2U; }));
  BOOST_TEST(kdc({"realm", "install", "--dir", "kdc", "--signed", "next.realm"}).status == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::rotation_test
