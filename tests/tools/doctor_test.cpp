#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/file_server.h"
#include "tests/tools/desk.h"
#include "ticket/adapters/feed_mirror.h"

namespace waybill::test::doctor_test {

using namespace tools;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct Clinic : Desk {
  /// The findings of one name.
  json findings(const std::string& check, const Arguments& more = {}) const {
    Arguments words{"--json"};
    words.insert(words.end(), more.begin(), more.end());
    json out = json::array();
    for (const json& finding : run(doctor_main, words).json()) {
      if (finding.at("check") == check) out.push_back(finding);
    }
    return out;
  }
  void check(const std::string& check, const std::string& verdict, std::string_view words,
             const Arguments& more = {}) const {
    const json found = findings(check, more);
    BOOST_TEST_REQUIRE(found.size() == 1U, found.dump());
    BOOST_TEST(found.at(0).at("verdict") == verdict, found.dump());
    BOOST_TEST(found.dump().find(words) != std::string::npos, found.dump());
    const bool has_mend = !found.at(0).at("mend").get<std::string>().empty();
    BOOST_TEST(has_mend == (verdict != "ok"), found.dump());
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(the_doctor)

BOOST_AUTO_TEST_CASE(finds_nothing_where_nothing_is_wrong) {
  const Clinic clinic;
  BOOST_TEST_REQUIRE(clinic.log_in("carol").status == 0);
  const Desk::Seen seen = clinic.run(doctor_main, {"--keytab", clinic.keytab("queue-alice")});
  BOOST_TEST(seen.status == 0, seen.out + seen.err);
  BOOST_TEST(!seen.says("WRONG"), seen.out);
  BOOST_TEST(!seen.says("note"), seen.out);
  for (const char* words : {"realm file: ", "KDC: http://", "realm: logins under epoch",
                            "feed: ", "clock: agrees", "carol@DEMO.TEST", "kvno 1, logs in"}) {
    BOOST_TEST(seen.says(words), words << " is not in " << seen.out);
  }
}

BOOST_AUTO_TEST_CASE(says_who_could_mislead_me) {
  const Clinic clinic;
  BOOST_TEST_REQUIRE(::chmod(clinic.file("realm.toml").c_str(), 0664) == 0);
  clinic.check("realm file", "WRONG", "chmod go-w");
  BOOST_TEST(clinic.run(doctor_main, {}).status == 5);
}

BOOST_AUTO_TEST_CASE(says_that_there_is_no_realm_file) {
  const Clinic clinic;
  std::filesystem::remove(clinic.file("realm.toml"));
  clinic.check("realm file", "WRONG", "realm.toml");
  BOOST_TEST(clinic.findings("KDC").empty());
}

BOOST_AUTO_TEST_CASE(says_which_kdc_does_not_answer) {
  Clinic clinic;
  RealmFile file = clinic.kdc.realm_file();
  file.kdcs.push_back("http://127.0.0.1:1");
  clinic.write("realm.toml", file.print(), 0644);
  const json found = clinic.findings("KDC");
  BOOST_TEST_REQUIRE(found.size() == 2U, found.dump());
  BOOST_TEST(found.at(0).at("verdict") == "ok");
  BOOST_TEST(found.at(1).at("verdict") == "WRONG");
  BOOST_TEST(clinic.run(doctor_main, {}).status == 3);
}

BOOST_AUTO_TEST_CASE(tells_another_realm_of_the_same_name) {
  Clinic clinic;
  RealmFile file = clinic.kdc.realm_file();
  file.root = RootKey::random().public_key();
  clinic.write("realm.toml", file.print(), 0644);
  clinic.check("KDC", "WRONG", "root key");
  BOOST_TEST(clinic.findings("feed").empty());  // nobody says who may sign it
}

BOOST_AUTO_TEST_CASE(tells_a_clock_that_is_behind) {
  Clinic clinic;
  clinic.kdc.clock.advance(1h);
  clinic.kdc.feed.head();
  clinic.kdc.clock.advance(-1h);
  clinic.check("clock", "WRONG", "behind the KDC");
}

BOOST_AUTO_TEST_CASE(tells_a_feed_that_stands_still) {
  Clinic clinic;
  const FileServer site(clinic.kdc.scratch / "feed");
  RealmFile file = clinic.kdc.realm_file();
  file.feed = {site.url()};
  clinic.write("realm.toml", file.print(), 0644);
  const auto verdicts = [&] {
    std::string out;
    for (const json& finding : clinic.findings("feed")) {
      out += finding.at("verdict").get<std::string>() + " ";
    }
    return out;
  };
  BOOST_TEST(verdicts() == "ok ok ");
  clinic.kdc.clock.advance(5min);
  BOOST_TEST(verdicts() == "WRONG ok ");  // the KDC, asked, publishes
  BOOST_TEST(verdicts() == "ok ok ");
}

BOOST_AUTO_TEST_CASE(tells_that_no_epoch_is_open) {
  Clinic clinic;
  clinic.check("realm", "ok", "epoch 1");
  clinic.kdc.clock.advance(24h * 365 * 2);
  clinic.check("realm", "WRONG", "nobody can log in");
}

BOOST_AUTO_TEST_CASE(tells_credentials_that_are_over) {
  Clinic clinic;
  clinic.check("credentials", "note", "waybill init");
  const Arguments renewable{"-k", "-t", clinic.keytab("carol"), "-r", "7d", "carol"};
  BOOST_TEST_REQUIRE(clinic.run(init_main, renewable).status == 0);
  clinic.check("credentials", "ok", "carol@DEMO.TEST");
  clinic.kdc.clock.advance(24h);
  clinic.check("credentials", "note", "waybill init -R");
  BOOST_TEST_REQUIRE(::chmod(clinic.file("cache").c_str(), 0755) == 0);
  const json found = clinic.findings("credentials");
  BOOST_TEST(found.at(0).at("verdict") == "WRONG", found.dump());
}

BOOST_AUTO_TEST_CASE(tries_a_keytab) {
  const Clinic clinic;
  const auto given = [](const std::string& path) { return Arguments{"--keytab", path}; };
  const std::string good = clinic.keytab("queue-alice");
  clinic.check("keytab", "ok", "logs in", given(good));
  BOOST_TEST_REQUIRE(::chmod(good.c_str(), 0640) == 0);
  BOOST_TEST(clinic.findings("keytab", given(good)).at(0).at("verdict") == "WRONG");
  const Keytab other(clinic.kdc.principal("queue-alice"),
                     {Kvno{1}, clinic.kdc.clock.now(), PrincipalKey::random()});
  write_file_atomic(clinic.file("other"), other.encode(), 0600);
  clinic.check("keytab", "WRONG", "another key", given(clinic.file("other")));
}

BOOST_AUTO_TEST_CASE(looks_at_a_mirror_and_makes_none) {
  Clinic clinic;
  const std::string folder = clinic.file("mirror");
  const Arguments words{"--mirror", folder};
  clinic.check("mirror", "WRONG", "no mirror", words);
  BOOST_TEST(!std::filesystem::exists(folder));
  const auto mirror = [&] {  // a process has it open once
    return std::make_unique<FeedMirror>(folder, clinic.kdc.realm_file(), clinic.kdc.clock);
  };
  mirror().reset();
  clinic.check("mirror", "WRONG", "nothing yet", words);
  const auto source = open_kdc_feed(clinic.kdc.url);
  BOOST_TEST_REQUIRE(bool(mirror()->follow(*source, clinic.kdc.epochs.document())));
  clinic.check("mirror", "ok", "entry 0", words);
  clinic.kdc.clock.advance(5min);
  clinic.check("mirror", "WRONG", "nobody follows", words);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::doctor_test
