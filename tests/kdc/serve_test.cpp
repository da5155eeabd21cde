#include "kdc/serve.h"

#include <future>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "kdc/high_water.h"
#include "kdc/store_check.h"
#include "tests/adapters/throwaway_ca.h"
#include "tests/kdc/feed_files.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/adapters/files.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/realm_file.h"

namespace waybill::test::serve_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

// A realm in a throw-away folder, and the daemon's own start, checks and stop, in this process.
struct Fixture {
  Fixture() { init_realm(new_realm(), clock); }

  InitPlan new_realm() const {
    return {.folder = plan.folder, .realm = *Realm::parse("DEMO.TEST"), .listen = {"127.0.0.1", 0}};
  }

  Scratch scratch;
  ManualClock clock;
  ServePlan plan{{scratch / "kdc"}};
  const Folder& folder = plan.folder;

  Store open() { return Store(folder.store(), MasterKey(read_key_file(folder.master_key()))); }
  void set(const std::string& settings) {
    write_file_atomic(folder.config(), bytes_of(settings), 0600);
  }
  /// Starts, asks, stops.
  void serving(const std::function<void(const std::string& address)>& ask) {
    Shutdown shutdown;
    std::promise<std::string> address;
    std::thread daemon([&] {
      try {
        serve(plan, clock, shutdown, [&](const std::string& at) { address.set_value(at); });
      } catch (...) {
        address.set_exception(std::current_exception());
      }
    });
    struct Stop {
      Shutdown& wish;
      std::thread& thread;
      ~Stop() {
        wish.request();
        thread.join();
      }
    } const stop{shutdown, daemon};
    ask(address.get_future().get());
  }
  template <class Failure>
  std::string refusal() {
    try {
      serving([](const std::string&) {});
    } catch (const Failure& error) {
      return error.what();
    }
    return "it serves";
  }
  RealmDocument realm_document(const std::string& address) {
    const RealmFile pinned = RealmFile::load(folder.realm_file());
    const HttpReply reply = HttpClient("http://" + address).get("/v1/realm");
    return *RealmDocument::parse(bytes_of(reply.body), pinned.realm, pinned.root);
  }
  std::uint64_t records() {
    const Store store = open();
    return Audit::position(store.view()).sequence;
  }
};

void ignore(const std::string&) {}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(serving_a_realm, Fixture)

BOOST_AUTO_TEST_CASE(answers_at_the_address_that_it_says) {
  serving([&](const std::string& address) {
    BOOST_TEST(address.starts_with("127.0.0.1:"));
    HttpClient client("http://" + address);
    BOOST_TEST(client.get("/healthz").status == 200);
    const RealmFile pinned = RealmFile::load(folder.realm_file());
    const HttpReply reply = client.get("/v1/realm");
    BOOST_TEST(outcome(RealmDocument::parse(bytes_of(reply.body), pinned.realm, pinned.root)) ==
               accepted);
  });
}

BOOST_AUTO_TEST_CASE(writes_into_the_audit_chain_that_it_started) {
  const std::uint64_t before = records();
  serving(ignore);
  serving(ignore);
  BOOST_TEST(records() == before + 2);
  BOOST_TEST(check_store(folder).faults.empty());
}

BOOST_AUTO_TEST_CASE(raises_the_high_water_mark_to_its_last_record) {
  serving(ignore);
  const Buffer mark = read_file(folder.high_water(), 1000);
  serving(ignore);
  BOOST_TEST(mark != read_file(folder.high_water(), 1000));
}

BOOST_AUTO_TEST_CASE(publishes_the_feed_as_files_and_by_itself) {
  serving([&](const std::string& address) {
    const RealmDocument document = realm_document(address);
    HttpClient client("http://" + address);
    BOOST_TEST(client.get("/v1/feed/head").body ==
               text_of(read_file(folder.feed() / "head", 4096)));
    clock.advance(2s);
    while (published_head(folder.feed(), document).time != clock.now()) {
      std::this_thread::sleep_for(1ms);
    }
  });
}

BOOST_AUTO_TEST_CASE(takes_another_address_when_it_is_told_one) {
  plan.listen = ListenAddress{"127.0.0.2", 0};
  serving([](const std::string& address) { BOOST_TEST(address.starts_with("127.0.0.2:")); });
}

BOOST_AUTO_TEST_CASE(is_refused_an_address_that_is_taken) {
  serving([&](const std::string& address) {
    Fixture other;
    other.plan.listen = ListenAddress::parse(address);
    BOOST_TEST(other.refusal<HttpError>().find(address.substr(address.rfind(':') + 1)) !=
               std::string::npos);
  });
}

BOOST_AUTO_TEST_CASE(holds_its_folder_for_itself) {
  serving([&](const std::string&) {
    BOOST_TEST(refusal<FileError>().find("in use by another process") != std::string::npos);
  });
  serving(ignore);
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_without_a_realm) {
  plan.folder = {scratch / "nowhere"};
  BOOST_TEST(refusal<FileError>().find("waybill-kdc init --dir") != std::string::npos);
  BOOST_TEST(!fs::exists(plan.folder.path));
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_or_a_key_that_others_can_read) {
  fs::permissions(folder.path, fs::perms(0750));
  BOOST_TEST(refusal<FileError>().find("chmod 700") != std::string::npos);
  fs::permissions(folder.path, fs::perms(0700));
  fs::permissions(folder.master_key(), fs::perms(0404));
  BOOST_TEST(refusal<FileError>().find("master.key") != std::string::npos);
  fs::permissions(folder.master_key(), fs::perms(0400));
  serving(ignore);
}

BOOST_AUTO_TEST_CASE(refuses_a_master_key_that_is_missing_or_another_one) {
  fs::rename(folder.master_key(), scratch / "kept");
  BOOST_TEST(refusal<FileError>().find("master.key") != std::string::npos);
  create_file(folder.master_key(), random_bytes<32>(), 0400);
  BOOST_TEST(refusal<StoreUnusable>().find("master key is not the one") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_settings_that_it_does_not_know) {
  set("listen = \"127.0.0.1:0\"\nfeed_intervall = 2\n");
  BOOST_TEST(refusal<ConfigError>().find("feed_intervall") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_when_no_epoch_is_open) {
  clock.advance(24h * 365 * 3);
  BOOST_TEST(refusal<StoreUnusable>().find("epochs have ended") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_a_store_whose_chain_does_not_end_as_signed) {
  {
    Store store = open();
    WriteTxn txn(store.env());
    StoreChange change(store, txn);
    Audit::append(change, {"by.the.back.door", std::nullopt, {}}, noon);
    std::move(txn).commit();
  }
  BOOST_TEST(refusal<StoreUnusable>().find("newest checkpoint") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(refuses_an_older_store_until_it_is_told_to_accept_it) {
  const fs::path backup = scratch / "backup";
  {
    Store store = open();
    store.env().copy_to(backup);
  }
  serving(ignore);
  fs::remove_all(folder.store());
  fs::rename(backup, folder.store());
  BOOST_TEST(refusal<StoreWentBack>().find("--accept-older-store") != std::string::npos);
  plan.accept_older_store = true;
  serving(ignore);
  plan.accept_older_store = false;
  serving(ignore);  // once is enough
  const Store store = open();
  const auto rows = Audit::rows(store.view(), 1, 1);
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(AuditRecord::decode(rows[0].record)->fields.get("older_store_accepted") == "yes");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(serving_a_realm_over_https, Fixture)

BOOST_AUTO_TEST_CASE(is_settled_when_the_realm_is_made) {
  ThrowawayCa ca;
  const auto files = ca.issue("kdc");
  InitPlan made = new_realm();
  made.folder = plan.folder = {scratch / "secure"};
  made.tls_certificate = files.certificate;
  made.tls_key = files.key;
  made.tls_ca = ca.certificate();
  init_realm(made, clock);
  const RealmFile pinned = RealmFile::load(folder.realm_file());
  BOOST_TEST(pinned.kdcs.at(0) == "https://127.0.0.1:0");
  BOOST_TEST((pinned.tls_ca == folder.tls_ca()));
  serving([&](const std::string& address) {
    HttpClient client("https://" + address, {.ca_file = pinned.tls_ca.string()});
    BOOST_TEST(client.get("/v1/realm").status == 200);
    HttpClient stranger("https://" + address);
    BOOST_CHECK_THROW(stranger.get("/v1/realm"), HttpError);
    HttpClient clear("http://" + address);
    BOOST_CHECK_THROW(clear.get("/v1/realm"), HttpError);
  });
  fs::permissions(files.key, fs::perms(0640));
  BOOST_TEST(refusal<FileError>().find("kdc.key") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_not_settled_with_half_of_what_it_needs) {
  ThrowawayCa ca;
  const auto files = ca.issue("kdc"), other = ca.issue("other");
  const auto refused = [&](auto change) {
    InitPlan made = new_realm();
    made.folder = {scratch / "half"};
    change(made);
    try {
      init_realm(made, clock);
    } catch (const std::runtime_error& error) {
      BOOST_TEST(!fs::exists(made.folder.root_key()));
      return std::string(error.what());
    }
    return std::string("made");
  };
  BOOST_TEST(refused([&](InitPlan& p) { p.tls_key = files.key; }).find("go together") !=
             std::string::npos);
  BOOST_TEST(refused([&](InitPlan& p) {
               p.tls_certificate = files.certificate;
             }).find("go together") != std::string::npos);
  BOOST_TEST(refused([&](InitPlan& p) { p.tls_ca = ca.certificate(); }).find("--tls-ca") !=
             std::string::npos);
  BOOST_TEST(refused([&](InitPlan& p) {
               p.tls_certificate = files.certificate;
               p.tls_key = other.key;
             }).find("is not the key of") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::serve_test
