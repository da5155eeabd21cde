#include <signal.h>

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/throwaway_ca.h"
#include "tests/integration/live_realm.h"
#include "ticket/adapters/http.h"

// What the daemons read again at a SIGHUP, and what stays as it was when that is not right.

namespace waybill::test::reload_test {
namespace {

using namespace std::chrono_literals;

std::string address(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }
std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++count;
  return count;
}

/// The last line that it writes when it has read everything again.
std::string reloaded(Daemon& daemon) {
  const std::string mark = "\"event\":\"reloaded\"";
  const std::size_t before = count_of(daemon.log(), mark);
  ::kill(daemon.pid(), SIGHUP);
  if (!eventually([&] { return count_of(daemon.log(), mark) > before; })) return "not reloaded";
  const std::string log = daemon.log();
  const std::size_t at = log.rfind(mark);
  return log.substr(at, log.find('\n', at) - at);
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

/// Daemons whose settings are in files.
struct Fixture : LiveRealm {
  const std::uint16_t trigger_port = free_port();

  void write_worker(const std::string& lines) const {
    write("worker.toml", "dir = \"worker\"\nkeytab = \"queue-alice.keytab\"\ntrigger = " +
                             quoted("http://" + address(trigger_port)) + "\n" + lines);
  }
  void write_trigger(const std::string& lines) const {
    write("trigger.toml", "dir = \"trigger\"\nkeytab = \"trigger-orders.keytab\"\nlisten = " +
                              quoted(address(trigger_port)) + "\n" + lines);
  }
  std::unique_ptr<Daemon> worker() const { return daemon(WAYBILL_WORKER_PROGRAM, "run", "worker"); }
  std::unique_ptr<Daemon> trigger() const {
    return daemon(WAYBILL_TRIGGER_PROGRAM, "serve", "trigger");
  }
  std::unique_ptr<Daemon> daemon(const char* path, const char* command,
                                 const std::string& name) const {
    auto daemon = std::make_unique<Daemon>(program(path, {command, "--config", name + ".toml"}),
                                           folder() / (name + ".log"));
    daemon->start();
    BOOST_TEST_REQUIRE(daemon->says("\"ready\""), daemon->log());
    return daemon;
  }
  Ended submit() const {
    return waybill(
        {"submit", "invoice-report", "--queue", "queue-alice", "--action", "invoice:read",
         "--trigger", "http://" + address(trigger_port), "--input", "-", "--wait"},
        "carol", "x\n");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_hangup, Fixture)

BOOST_AUTO_TEST_CASE(gives_a_worker_new_handlers_if_they_are_right) {
  write_trigger("");
  write_worker("handler = [\"invoice-report=echo old\"]\n");
  const auto door = trigger();
  const auto busy = worker();
  init("carol");
  BOOST_TEST(submit().out == "old\n");
  write_worker("handler = [\"invoice-report=echo new\"]\nconcurrency = 2\n");
  const std::string line = reloaded(*busy);
  BOOST_TEST(says(line, R"("what":"settings,realm_file")"), line);
  BOOST_TEST(says(line, R"("needs_restart":"concurrency")"), line);
  BOOST_TEST(submit().out == "new\n");

  write_worker("handler = [\"invoice-report\"]\n");
  BOOST_TEST(says(reloaded(*busy), R"("what":"realm_file")"));
  BOOST_TEST(says(busy->log(), R"("reload_failed","what":"settings")"), busy->log());
  BOOST_TEST(submit().out == "new\n");
  write_worker(
      "handler = [\"invoice-report=echo newer\"]\nrequire_action = "
      "[\"invoice-report=invoice:pay\"]\n");
  BOOST_TEST(says(reloaded(*busy), R"("what":"settings,realm_file")"));
  BOOST_TEST(submit().status == 1);  // the ticket does not allow it
}

BOOST_AUTO_TEST_CASE(leads_trigger_and_worker_to_a_kdc_that_has_moved) {
  write_trigger("");
  write_worker("handler = [\"invoice-report=cat\"]\n");
  const auto door = trigger();
  const auto busy = worker();
  RealmFile realm = RealmFile::load(realm_file());
  const std::uint16_t elsewhere = free_port();
  kdc().kill();
  change_settings({{"listen", quoted(address(elsewhere))}});
  kdc().start();
  kdc().wait_until_listening(elsewhere);
  BOOST_TEST(door->says("\"kdc_away\""));

  const RootPublic root = realm.root;
  realm.kdcs = {"http://" + address(elsewhere)};
  realm.root.bytes[0] ^= 1U;  // another root key, which has signed nothing
  write("kdc/realm.toml", realm.print());
  for (Daemon* daemon : {door.get(), busy.get()}) {
    BOOST_TEST(says(reloaded(*daemon), R"("what":"settings")"));
    BOOST_TEST(says(daemon->log(), R"("reload_failed","what":"realm_file")"), daemon->log());
  }
  realm.root = root;
  write("kdc/realm.toml", realm.print());
  for (Daemon* daemon : {door.get(), busy.get()}) {
    const std::string line = reloaded(*daemon);
    BOOST_TEST(says(line, R"("what":"settings,realm_file")"), line);
  }
  BOOST_TEST(door->says("\"kdc_is_back\""));
  init("carol");
  const Ended done = submit();
  BOOST_TEST(done.out == "x\n", done.err << door->log() << busy->log());
}

BOOST_AUTO_TEST_CASE(is_said_to_change_what_it_changes) {
  write_trigger("lease = 30\n");
  const auto door = trigger();
  const auto refused = [&](const std::string& path) {
    BOOST_TEST(HttpClient("http://" + address(trigger_port)).get(path).status == 404);
  };
  refused("/nowhere");
  write_trigger("lease = 31\nlog_level = \"debug\"\n");
  const std::string line = reloaded(*door);
  BOOST_TEST(says(line, R"("needs_restart":"lease")"), line);
  refused("/nowhere/else");
  BOOST_TEST(door->says(R"("path":"/nowhere/else")"));
  BOOST_TEST(!says(door->log(), R"("path":"/nowhere",)"));

  change_settings({{"max_threads", "7"}});
  const std::string kdcs = reloaded(kdc());
  BOOST_TEST(says(kdcs, R"("what":"settings","needs_restart":"max_threads")"), kdcs);
  change_settings({{"max_threads", "3"}});  // too few
  BOOST_TEST(says(reloaded(kdc()), R"("what":"")"));
  BOOST_TEST(kdc().says("max_threads is a whole number"));
}

BOOST_AUTO_TEST_SUITE_END()

#ifdef WAYBILL_EXAMPLE_GRPC
BOOST_FIXTURE_TEST_SUITE(a_hangup_of_a_trigger_with_certificates, Fixture)

BOOST_AUTO_TEST_CASE(renews_them_at_both_doors_if_they_are_right) {
  namespace fs = std::filesystem;
  ThrowawayCa before, after;
  const std::uint16_t grpc_port = free_port();
  const auto install = [&](const ThrowawayCa::Files& files) {
    fs::copy_file(files.certificate, folder() / "door.pem", fs::copy_options::overwrite_existing);
    fs::copy_file(files.key, folder() / "door.key", fs::copy_options::overwrite_existing);
  };
  const auto is_known_to = [&](std::uint16_t port, const ThrowawayCa& ca) {
    return run_openssl({"s_client", "-connect", address(port), "-alpn", "h2", "-CAfile",
                        ca.certificate(), "-verify_return_error", "-brief"}) == 0;
  };
  const auto are_known_to = [&](const ThrowawayCa& ca) {
    return is_known_to(trigger_port, ca) && is_known_to(grpc_port, ca);
  };
  install(before.issue("door"));
  write_trigger("tls_certificate = \"door.pem\"\ntls_key = \"door.key\"\ngrpc_listen = " +
                quoted(address(grpc_port)) + "\n");
  const auto door = trigger();
  BOOST_TEST(are_known_to(before));
  BOOST_TEST(!is_known_to(grpc_port, after));

  install(after.issue("door"));
  const std::string line = reloaded(*door);
  BOOST_TEST(says(line, R"("what":"settings,realm_file,certificate,grpc_certificate")"), line);
  BOOST_TEST(are_known_to(after));
  BOOST_TEST(!is_known_to(trigger_port, before));
  BOOST_TEST(!is_known_to(grpc_port, before));

  write("door.pem", "no certificate");
  BOOST_TEST(says(reloaded(*door), R"("what":"settings,realm_file")"));
  BOOST_TEST(says(door->log(), R"("reload_failed","what":"grpc_certificate")"), door->log());
  BOOST_TEST(are_known_to(after));
}

BOOST_AUTO_TEST_SUITE_END()
#endif

}  // namespace waybill::test::reload_test
