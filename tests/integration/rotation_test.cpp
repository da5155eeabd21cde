#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "tests/support/unsanitized.h"
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

namespace {

/// The KDC's machine and the one with the root key, as two folders.
struct TwoMachines {
  Scratch scratch;
  std::filesystem::path here = scratch / "kdc-machine";
  std::filesystem::path vault = scratch / "vault";
  const std::uint16_t port = free_port();

  TwoMachines() {
    for (const auto& machine : {here, vault}) std::filesystem::create_directory(machine);
  }
  static Ended on(const std::filesystem::path& machine, std::vector<std::string> arguments) {
    return run({WAYBILL_KDC_PROGRAM, std::move(arguments), machine});
  }
  static std::string must(const std::filesystem::path& machine, std::vector<std::string> words) {
    const std::string what = words.at(0) + " " + words.at(1);
    const Ended ended = on(machine, std::move(words));
    BOOST_TEST_REQUIRE(ended.status == 0, what + ": " + ended.out + ended.err);
    return ended.out;
  }
  std::string make_root_key() const {
    const std::string said = must(vault, {"realm", "root-key", "--out", "root.key"});
    const std::string before = "--root-key-elsewhere ";
    return said.substr(said.find(before) + before.size(), 64);
  }
  void init(const std::string& root) const {
    must(here, {"init", "--dir", "kdc", "--realm", "TEST.WAYBILL", "--listen",
                "127.0.0.1:" + std::to_string(port), "--root-key-elsewhere", root});
  }
  Ended install() const {
    return on(here, {"realm", "install", "--dir", "kdc", "--signed", "first.realm"});
  }
  /// A file goes from one machine to the other.
  static void carry(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
  }
  void sign(const char* root_key = "root.key") const {
    must(vault, {"realm", "sign", "--request", "realm.request", "--root-key", root_key, "--out",
                 "first.realm", "--yes"});
    carry(vault / "first.realm", here / "first.realm");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_realm_whose_root_key_was_never_at_the_kdc, TwoMachines)

BOOST_AUTO_TEST_CASE(begins_with_the_signature_that_comes_back) {
  const std::string root = make_root_key();
  init(root);
  BOOST_TEST(!std::filesystem::exists(here / "kdc/root.key"));
  const Ended early = on(here, {"serve", "--dir", "kdc"});
  BOOST_TEST(early.status == 5);
  BOOST_TEST(early.err.find("waits for its first signature") != std::string::npos, early.err);
  BOOST_TEST(on(here, {"epoch", "list", "--dir", "kdc"}).status == 5);

  carry(here / "kdc/realm.request", vault / "realm.request");
  sign();
  const Ended done = install();
  BOOST_TEST_REQUIRE(done.status == 0, done.err);
  Daemon daemon({WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc"}, here, {no_search_for_leaks}},
                scratch / "kdc.log");
  daemon.start();
  daemon.wait_until_listening(port);
  const Ended operating = run({WAYBILL_PROGRAM,
                               {"init", "-k", "-t", "kdc/operator.keytab", "operator"},
                               here,
                               {{"WAYBILL_REALM", "kdc/realm.toml"}, {"WAYBILL_CACHE", "cache"}}});
  BOOST_TEST(operating.status == 0, operating.err);
  must(here, {"store", "check", "--dir", "kdc"});
  must(here, {"realm", "request", "--dir", "kdc", "--in", "1h", "--out", "second.request"});
  BOOST_TEST(install().status == 1);  // once
  BOOST_TEST(daemon.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(takes_no_other_document_than_it_asked_for) {
  init(make_root_key());
  must(vault, {"realm", "root-key", "--out", "other.key"});
  carry(here / "kdc/realm.request", vault / "realm.request");
  sign("other.key");  // another root key
  BOOST_TEST(install().status == 1);
  // The keys of another KDC: somebody changed the file on its way.
  std::filesystem::rename(here / "kdc", here / "first-kdc");
  init(std::string(64, 'a'));
  carry(here / "kdc/realm.request", vault / "realm.request");
  std::filesystem::remove_all(here / "kdc");
  std::filesystem::rename(here / "first-kdc", here / "kdc");
  sign();
  const Ended refused = install();
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(refused.err.find("not what this KDC has asked for") != std::string::npos, refused.err);

  must(here, {"realm", "request", "--dir", "kdc", "--out", "again.request"});
  carry(here / "again.request", vault / "realm.request");
  sign();
  BOOST_TEST(install().status == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::rotation_test
