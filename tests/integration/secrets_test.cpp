#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include <boost/test/unit_test.hpp>
#include <sodium.h>

#include "kdc/open_realm.h"
#include "kdc/rotation.h"
#include "tests/integration/people.h"
#include "tests/support/process_memory.h"
#include "tests/support/unsanitized.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/files.h"
#include "ticket/crypto.h"
#include "ticket/exchange/audience.h"
#include "ticket/exchange/ccache.h"

namespace waybill::test::secrets_test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr std::string_view password = "staple battery horse correct";

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

Ended must(Ended ended) {
  if (ended.status != 0) throw std::runtime_error("a command was refused: " + ended.err);
  return ended;
}

/// A realm with dave in it, who logs in with a password and may start work.
struct Told {
  LiveRealm realm;

  Told() {
    realm.init("operator");
    realm.write("dave.pw", password);
    as("operator", {"admin", "principal", "add", "dave", "--password-file", "dave.pw"});
    realm.grant(Fields{{"subject", "dave"}, {"queue", "queue-alice"}, {"workflow", "invoice-*"}}
                    .add("action", "invoice:read")
                    .add("max_run", "3600"));
    as("dave", {"init", "--password-file", "dave.pw", "dave"});
  }
  Ended as(const std::string& cache, Names words) const {
    return must(realm.waybill(std::move(words), cache));
  }
};

/// Every secret of a realm that a test can come by.
class Learned {
 public:
  explicit Learned(LiveRealm& realm) : realm_(realm), document_(*realm.client().fetch_realm()) {
    learn_of_the_kdc();
    for (const char* name : {"carol", "trigger/orders", "queue-alice"}) {
      learn_pair(name, realm.keytab(name).newest().key);
    }
    const fs::path operators = realm.folder() / "kdc" / "operator.keytab";
    learn_pair("operator", Keytab::decode(read_secret_file(operators).expose())->newest().key);
    known.add_text("dave's password", password);
    learn_pair("dave", key_from_password(bytes_of(password), document_.realm_id,
                                         realm.principal("dave").text()));
    learn_caches();
  }

  KnownSecrets known;

  void learn_caches() {
    for (const auto& file : fs::recursive_directory_iterator(realm_.folder() / "caches")) {
      const std::string bytes = content_of(file.path());
      const auto cache = CredentialCache::decode(bytes_of(bytes));
      if (!cache) continue;
      for (const auto& credential : cache->credentials()) {
        known.add_key(cache->principal().text() + "'s session key with " + credential.audience,
                      credential.issued.session.secret().expose());
      }
    }
  }

  // What is in a ticket for queue-alice.
  void learn_ticket(Bytes ticket) {
    const Keytab keytab = realm_.keytab("queue-alice");
    const auto opened = Audience(keytab, document_).open(ticket);
    BOOST_REQUIRE(bool(opened));
    known.add_key("the work's session key", opened->session().secret().expose());
    const auto pairwise = pairwise_key(keytab.newest().key, opened->header());
    known.add_key("the ticket's pairwise key", pairwise->secret().expose());
  }

 private:
  // A key, and what it makes with the KDC's key in each login.
  void learn_pair(const std::string& name, const PrincipalKey& key) {
    known.add_key("the key of " + name, key.secret().expose());
    const auto shared = shared_secret(key.secret(), document_.epochs.front().key.bytes);
    known.add_key("the DH of " + name + " and the KDC", shared->expose());
  }

  void learn_of_the_kdc() {
    const kdc::Folder folder{realm_.folder() / "kdc"};
    const auto master = kdc::read_key_file(folder.master_key());
    known.add_key("the master key", master.expose());
    learn_seed("the root key", kdc::read_key_file(folder.root_key()).expose());
    const kdc::Store store = kdc::open_to_read(folder);
    for (const char* kind : {"epoch", "tgt"}) {
      const std::string name = kdc::secret_name(kind, KeyId{1});
      known.add_key(name, *store.view().secret(name));
    }
    learn_seed("the signing key", *store.view().secret(kdc::secret_name("signer", KeyId{1})));
  }

  // The seed, and what it is expanded to for each signature.
  void learn_seed(const std::string& name, Bytes seed) {
    known.add_key(name, seed);
    FixedBytes<64> expanded{};
    crypto_hash_sha512(expanded.data(), seed.data(), seed.size());
    known.add_key(name + ", expanded", expanded);
  }

  LiveRealm& realm_;
  const RealmDocument document_;
};

/// The same realm after a piece of work was done in it from the login to the result.
struct Worked : Told {
  LiveTrigger trigger{realm};
  Learned learned{realm};
  std::unique_ptr<LiveWorker> worker;

  Worked() {
    realm.write("invoices.csv", "number,amount\n1,10\n");
    const Ended sent = as("dave", {"submit", "invoice-report", "--queue", "queue-alice", "--action",
                                   "invoice:read", "--input", "invoices.csv"});
    learn_the_work();
    worker = std::make_unique<LiveWorker>(
        realm, trigger.url(),
        LiveWorker::Options{
            // The handler leaves what it was given.
            .handlers = {{"invoice-report",
                          "env >$HOME/given; cat $WAYBILL_CLAIMS_FILE >>$HOME/given; cat"}}});
    const std::string id = sent.out.substr(0, sent.out.find('\n'));
    BOOST_TEST(as("dave", {"wait", id}).out == "number,amount\n1,10\n");
    learned.learn_caches();
  }

  std::vector<Daemon*> daemons() { return {&realm.kdc(), &trigger.daemon(), &worker->daemon()}; }

 private:
  // As the queue itself: the job is looked at and handed back.
  void learn_the_work() {
    Person queue(realm, "queue-alice");
    FrontDoor door(trigger.url());
    const auto polled =
        door.ask(queue, "POST", "/v1/queues/queue-alice/poll", {{"wait_seconds", 5}, {"max", 1}});
    const auto& job = polled.body.at("jobs").at(0);
    learned.learn_ticket(*from_base64(job.at("ticket").get<std::string>()));
    const auto back =
        door.ask(queue, "POST", "/v1/jobs/" + job.at("run_id").get<std::string>() + "/hand-back",
                 {{"lease", job.at("lease")}, {"message", "only looking"}});
    BOOST_REQUIRE(back.status == 200);
  }
};

// Names of the files below a folder that hold a secret.
std::set<std::string> holders(const fs::path& folder, const KnownSecrets& known) {
  std::set<std::string> found;
  for (const auto& file : fs::recursive_directory_iterator(folder)) {
    if (!file.is_regular_file() || known.found_in(content_of(file.path())).empty()) continue;
    found.insert(fs::relative(file.path(), folder).string());
  }
  return found;
}

// Starts a command that asks the KDC, which is silent until we look at the command.
InMemory at_the_end(Told& told, const KnownSecrets& known, const std::string& cache,
                    const Names& words) {
  LiveRealm& realm = told.realm;
  Daemon command(realm.program(WAYBILL_PROGRAM, words, cache), realm.folder() / "command.log");
  InMemory seen;
  realm.kdc().pause();
  command.start();
  const bool looked = look_at_the_end(
      command.pid(), [&] { realm.kdc().resume(); },
      [&] { seen = look_into(command.pid(), known); });
  BOOST_TEST(looked);
  BOOST_TEST(command.terminate() == 0, command.log());
  return seen;
}

std::string told_of(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

boost::test_tools::assertion_result as_root(boost::unit_test::test_unit_id) {
  return ::geteuid() == 0;
}

const Names nothing;

}  // namespace

BOOST_AUTO_TEST_SUITE(a_secret)

BOOST_AUTO_TEST_CASE(lies_in_locked_memory_alone_of_whatever_daemon_used_it,
                     *boost::unit_test::precondition(as_root) *
                         boost::unit_test::precondition(unsanitized)) {
  Worked worked;
  KnownSecrets no_secrets;
  no_secrets.add_text("dave's name", "dave@TEST.WAYBILL");
  for (Daemon* daemon : worked.daemons()) {
    BOOST_TEST_CONTEXT(fs::read_symlink("/proc/" + std::to_string(daemon->pid()) + "/exe")) {
      const InMemory seen = look_into(daemon->pid(), worked.learned.known);
      BOOST_TEST(seen.outside == nothing, boost::test_tools::per_element());
      // Or this test would see nothing.
      BOOST_TEST(!seen.locked.empty());
      BOOST_TEST(!look_into(daemon->pid(), no_secrets).outside.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(is_found_where_a_program_does_not_look_after_it,
                     *boost::unit_test::precondition(as_root)) {
  const Scratch scratch;
  KnownSecrets known;
  known.add_text("a password", password);
  Daemon careless(
      {"/bin/sh", {"-c", "read -r secret </dev/null; echo read; sleep 600 & wait"}, scratch.path()},
      scratch.path() / "log");
  careless.start();
  BOOST_REQUIRE(careless.says("read"));  // before, it may still be a copy of this test
  BOOST_TEST(look_into(careless.pid(), known).outside.empty());
  careless.kill();
  write_file_atomic(scratch.path() / "secret", bytes_of(password), 0600);
  Daemon reader(
      {"/bin/sh", {"-c", "read -r secret <secret; echo read; sleep 600 & wait"}, scratch.path()},
      scratch.path() / "log");
  reader.start();
  BOOST_REQUIRE(reader.says("read"));
  BOOST_TEST(!look_into(reader.pid(), known).outside.empty());
}

BOOST_AUTO_TEST_CASE(is_gone_when_a_command_ends, *boost::unit_test::precondition(as_root) *
                                                      boost::unit_test::precondition(unsanitized)) {
  Told told;
  told.as("operator", {"admin", "principal", "show", "carol"});
  told.realm.init("carol");
  const Learned learned(told.realm);
  const std::vector<std::pair<std::string, Names>> commands{
      {"dave", {"init", "--password-file", "dave.pw", "dave"}},
      {"carol", {"init", "-k", "-t", "carol.keytab", "carol"}},
      {"operator", {"admin", "principal", "show", "carol"}},
      {"operator", {"admin", "principal", "add", "fred", "--password-file", "dave.pw"}}};
  for (const auto& [cache, words] : commands) {
    BOOST_TEST_CONTEXT("waybill " << words.front() << " of " << words.back()) {
      const InMemory seen = at_the_end(told, learned.known, cache, words);
      BOOST_TEST(seen.outside == nothing, "outside of locked memory: " << told_of(seen.outside));
      BOOST_TEST(seen.locked == nothing, "in locked memory: " << told_of(seen.locked));
    }
  }
}

BOOST_AUTO_TEST_CASE(is_in_no_log_argument_environment_or_store) {
  Worked worked;
  const KnownSecrets& known = worked.learned.known;
  const std::set<std::string> keys{"kdc/master.key",
                                   "kdc/root.key",
                                   "kdc/operator.keytab",
                                   "carol.keytab",
                                   "trigger-orders.keytab",
                                   "queue-alice.keytab",
                                   "dave.pw",
                                   "caches/dave/dave@TEST.WAYBILL.cache",
                                   "caches/operator/operator@TEST.WAYBILL.cache"};
  // Stores, feed, logs, what the handler was given; and the files that are there to hold one.
  BOOST_TEST(holders(worked.realm.folder(), known) == keys, boost::test_tools::per_element());
  for (Daemon* daemon : worked.daemons()) {
    BOOST_TEST(!daemon->log().empty());
    const fs::path process = "/proc/" + std::to_string(daemon->pid());
    BOOST_TEST(known.found_in(content_of(process / "cmdline")) == nothing);
    BOOST_TEST(known.found_in(content_of(process / "environ")) == nothing);
  }
  BOOST_TEST(content_of(worked.realm.folder() / "given").find("WAYBILL_SUBJECT=dave") !=
             std::string::npos);
  const std::string audit = worked.as("operator", {"audit", "tail", "--json"}).out;
  BOOST_TEST(audit.find("dave@TEST.WAYBILL") != std::string::npos);
  BOOST_TEST(known.found_in(audit) == nothing);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::secrets_test
