#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "tests/integration/live_realm.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/realm_file.h"

namespace waybill::test::service_test {
namespace {

using namespace std::chrono_literals;

std::string text_of_file(const std::filesystem::path& file) {
  return std::string(text_of(read_file(file, 1 << 20)));
}

// Keys of all lines of an example, those in comments too.
std::set<std::string> keys_of(const std::string& toml) {
  std::set<std::string> keys;
  std::istringstream in(toml);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ")) line.erase(0, 2);
    const std::size_t equals = line.find(" = ");
    const std::string key = line.substr(0, equals);
    if (equals != std::string::npos && key.find(' ') == std::string::npos) keys.insert(key);
  }
  return keys;
}

// Long names of options, as keys, from a program's help.
std::set<std::string> options_of(const std::string& program, const std::string& command) {
  const std::string help = run({program, {command, "--help"}, "/tmp"}).out;
  std::set<std::string> names;
  std::istringstream in(help.substr(0, help.find("Examples:")));
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find("--");
    if (at == std::string::npos || line.find_first_not_of(' ') > 3) continue;
    std::string name = line.substr(at + 2, line.find_first_of(" ,", at) - at - 2);
    std::ranges::replace(name, '-', '_');
    names.insert(name);
  }
  for (const char* only_there : {"help", "once", "check_config"}) names.erase(only_there);
  return names;
}

/// What systemd would hear.
class ServiceSocket {
 public:
  explicit ServiceSocket(const std::filesystem::path& path) : path_(path.string()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    BOOST_REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                  0);
  }
  ServiceSocket(const ServiceSocket&) = delete;
  ServiceSocket& operator=(const ServiceSocket&) = delete;
  ~ServiceSocket() { ::close(socket_); }

  const std::string& path() const { return path_; }
  /// Whether it says this next, but for that it is alive.
  bool hears(std::string_view state) {
    std::string said;
    return eventually([&] {
             said = next();
             return !said.empty() && said != "WATCHDOG=1";
           }) &&
           said == state;
  }
  bool hears_of_life() {
    return eventually([&] { return next() == "WATCHDOG=1"; });
  }

 private:
  std::string next() const {
    std::array<char, 256> text{};
    const ssize_t size = ::recv(socket_, text.data(), text.size(), MSG_DONTWAIT);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  const std::string path_;
  const int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

struct Fixture : LiveRealm {
  Ended check_trigger(const std::string& more = "") {
    write("trigger.toml",
          "dir = \"trigger\"\nkeytab = \"trigger-orders.keytab\"\n"
          "listen = \"127.0.0.1:0\"\n" +
              more);
    return run(
        program(WAYBILL_TRIGGER_PROGRAM, {"serve", "--config", "trigger.toml", "--check-config"}));
  }
  Ended check_worker(const std::string& more = "") {
    write("worker.toml",
          "dir = \"worker\"\nkeytab = \"queue-alice.keytab\"\n"
          "trigger = \"http://127.0.0.1:1\"\nhandler = [\"a=cat\"]\n" +
              more);
    return run(
        program(WAYBILL_WORKER_PROGRAM, {"run", "--config", "worker.toml", "--check-config"}));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_settings_of_a_daemon)

BOOST_FIXTURE_TEST_CASE(are_looked_at_without_a_start, Fixture) {
  const std::string sound = "The configuration is sound.\n";
  const Command kdc_check =
      program(WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc", "--check-config"});
  for (const Ended& ended : {run(kdc_check), check_trigger(), check_worker()}) {
    BOOST_TEST(ended.status == 0, ended.err);
    BOOST_TEST(ended.out == sound);
  }
  BOOST_TEST(!std::filesystem::exists(folder() / "trigger"));
  BOOST_TEST(!std::filesystem::exists(folder() / "worker"));
}

BOOST_FIXTURE_TEST_CASE(are_refused_with_file_and_line, Fixture) {
  for (const Ended& ended : {check_trigger("leese = 30\n"), check_worker("trigr = \"x\"\n")}) {
    BOOST_TEST(ended.status == 2);
    BOOST_TEST(ended.err.find(".toml, line ") != std::string::npos, ended.err);
    BOOST_TEST(ended.err.find("there is no setting") != std::string::npos, ended.err);
  }
  BOOST_TEST(check_trigger("tls_certificate = \"a.pem\"\n").status == 2);
  BOOST_TEST(check_trigger("tls_certificate = \"a.pem\"\ntls_key = \"a.key\"\n").status == 5);
  BOOST_TEST(check_worker("require_action = [\"b=x\"]\n").status == 2);
  BOOST_TEST(check_worker("realm_file = \"none.toml\"\n").status == 5);
  kdc().kill();
  write_file_atomic(folder() / "kdc" / "kdc.toml",
                    bytes_of(text_of_file(folder() / "kdc" / "kdc.toml") + "log_lever = \"x\"\n"),
                    0600);
  const Ended ended =
      run(program(WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc", "--check-config"}));
  BOOST_TEST(ended.status == 5);
  BOOST_TEST(ended.err.find("kdc.toml, line ") != std::string::npos, ended.err);
}

BOOST_AUTO_TEST_CASE(are_all_in_the_examples_and_nothing_else_is) {
  const std::filesystem::path examples = WAYBILL_EXAMPLES;
  auto trigger = options_of(WAYBILL_TRIGGER_PROGRAM, "serve");
  BOOST_TEST(trigger.size() > 15U);
  BOOST_TEST(keys_of(text_of_file(examples / "trigger.toml")) == trigger,
             boost::test_tools::per_element());
  BOOST_TEST(
      keys_of(text_of_file(examples / "worker.toml")) == options_of(WAYBILL_WORKER_PROGRAM, "run"),
      boost::test_tools::per_element());
  const RealmFile realm = RealmFile::load(examples / "realm.toml");
  BOOST_TEST(realm.kdcs.size() == 2U);
  BOOST_TEST(realm.feed.size() == 1U);
  BOOST_TEST(realm.tls_ca == examples / "ca.pem");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_daemon_as_a_service)

BOOST_FIXTURE_TEST_CASE(tells_its_manager_how_it_stands, Fixture) {
  check_trigger("log_format = \"text\"\n");
  check_worker();
  struct Service {
    std::string program;
    std::vector<std::string> arguments;
    bool wants_a_kdc;
  };
  kdc().kill();
  for (const Service& service :
       {Service{WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc"}, false},
        Service{WAYBILL_TRIGGER_PROGRAM, {"serve", "--config", "trigger.toml"}, false},
        Service{WAYBILL_WORKER_PROGRAM, {"run", "--config", "worker.toml"}, true}}) {
    const std::string name = std::filesystem::path(service.program).filename().string();
    ServiceSocket systemd(folder() / (name + ".socket"));
    if (service.wants_a_kdc) start_kdc();  // a worker wants a realm document
    Command command = program(service.program, service.arguments);
    command.environment["NOTIFY_SOCKET"] = systemd.path();
    Daemon daemon(command, folder() / (name + ".log"));
    daemon.start();
    BOOST_TEST(systemd.hears("READY=1"), name);
    BOOST_TEST(systemd.hears_of_life(), name);
    ::kill(daemon.pid(), SIGHUP);
    BOOST_TEST(systemd.hears("RELOADING=1"), name);
    BOOST_TEST(systemd.hears("READY=1"), name);
    BOOST_TEST(daemon.says("reloaded"), name);
    BOOST_TEST(daemon.terminate() == 0, name);
    BOOST_TEST(systemd.hears("STOPPING=1"), name);
  }
  BOOST_TEST(lines_of(folder() / "waybill-trigger.log").front().find("Z info ") !=
             std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(takes_its_master_key_from_where_the_manager_puts_it, Fixture) {
  kdc().kill();
  const auto handed_out = folder() / "credentials";
  std::filesystem::create_directory(handed_out);
  std::filesystem::rename(folder() / "kdc" / "master.key", handed_out / "master.key");
  std::filesystem::permissions(handed_out, std::filesystem::perms(0500));
  const auto as_a_unit = [&](std::vector<std::string> arguments) {
    Command command = program(WAYBILL_KDC_PROGRAM, std::move(arguments));
    command.environment["CREDENTIALS_DIRECTORY"] = handed_out.string();
    return command;
  };
  const std::vector<std::string> check{"serve", "--dir", "kdc", "--check-config"};
  const Ended without = run(program(WAYBILL_KDC_PROGRAM, check));
  BOOST_TEST(without.status == 5);
  BOOST_TEST(without.err.find("there is no master key") != std::string::npos, without.err);
  BOOST_TEST(run(as_a_unit(check)).status == 0);

  Daemon daemon(as_a_unit({"serve", "--dir", "kdc"}), folder() / "unit.log");
  daemon.start();
  BOOST_TEST(daemon.says("\"event\":\"ready\""));
  // A person beside it has no credential, and names the file.
  const std::string key = (handed_out / "master.key").string();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"store", "check"}, {"epoch", "list"}, {"epoch", "rotate"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--dir", "kdc"});
    BOOST_TEST(run(program(WAYBILL_KDC_PROGRAM, arguments)).status == 5, command[1]);
    arguments.insert(arguments.end(), {"--master-key", key});
    const Ended named = run(program(WAYBILL_KDC_PROGRAM, arguments));
    BOOST_TEST(named.status == 0, command[1] + named.err);
  }
  BOOST_TEST(daemon.terminate() == 0);

  write("kdc/master.key", std::string(32, 'x'));  // which of the two?
  const Ended two = run(as_a_unit(check));
  BOOST_TEST(two.status == 5);
  BOOST_TEST(two.err.find("there are two master keys") != std::string::npos, two.err);
  std::filesystem::permissions(handed_out, std::filesystem::perms(0700));  // to be removed
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::service_test
