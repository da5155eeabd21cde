#include "ticket/adapters/realm_file.h"

#include <stdlib.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/files.h"

namespace waybill::test::realm_file_test {
namespace {

namespace bdata = boost::unit_test::data;

const std::string key(64, 'a');
const std::string right =
    "realm = \"DEMO.TEST\"\nkdc = [\"http://127.0.0.1:8088\", \"https://kdc.demo.test\"]\n"
    "root_key = \"" +
    key + "\"\n";

std::string without(std::string_view line) {
  std::string text = right;
  const auto at = text.find(line);
  return text.erase(at, text.find('\n', at) + 1 - at);
}

std::string instead_of(std::string_view what, std::string_view other) {
  std::string text = right;
  return text.replace(text.find(what), what.size(), other);
}

struct Wrong {
  const char* name;
  std::string text;
  const char* says;
};
const Wrong wrong[] = {
    {"empty", "", "realm ="},
    {"no TOML", "realm: DEMO\n", "line 1"},
    {"no realm", without("realm ="), "realm ="},
    {"no KDC", without("kdc ="), "kdc ="},
    {"no root key", without("root_key"), "root_key"},
    {"an empty list of KDCs",
     instead_of("\"http://127.0.0.1:8088\", \"https://kdc.demo.test\"", ""), "kdc ="},
    {"a KDC that is no list", "kdc = \"http://127.0.0.1:8088\"\n" + without("kdc ="), "kdc ="},
    {"a KDC that is a number", instead_of("\"http://127.0.0.1:8088\"", "7"), "http://host:port"},
    {"a KDC without a scheme", instead_of("http://127", "127"), "http://host:port"},
    {"a KDC with a blank in it", instead_of("127.0.0.1", "127.0 .1"), "http://host:port"},
    {"a KDC that would not be printed", instead_of("127.0.0.1", "127.0\\u00010.1"),
     "http://host:port"},
    {"a socket that stands nowhere", instead_of("http://127.0.0.1:8088", "unix:kdc.sock"),
     "unix:/path"},
    {"a realm with a slash", instead_of("DEMO.TEST", "DEMO/TEST"), "realm ="},
    {"a realm that is a number", instead_of("\"DEMO.TEST\"", "7"), "realm ="},
    {"a short root key", instead_of(key, std::string(62, 'a')), "64 digits"},
    {"a long root key", instead_of(key, std::string(66, 'a')), "64 digits"},
    {"a root key in capitals", instead_of(key, std::string(64, 'A')), "64 digits"},
    {"an empty name of authorities", right + "tls_ca = \"\"\n", "tls_ca ="},
    {"authorities that are a list", right + "tls_ca = [\"ca.pem\"]\n", "tls_ca ="},
    {"a feed that is no list", right + "feed = \"https://cdn.example/feed\"\n", "https://cdn"},
    {"a feed that is a number", right + "feed = [7]\n", "https://cdn"},
    {"a feed in a folder", right + "feed = [\"/srv/feed\"]\n", "https://cdn"},
    {"a key that nobody knows", right + "rootkey = 1\n", "rootkey"},
    {"a section that nobody knows", right + "[kdcs]\n", "kdcs"},
};
std::ostream& operator<<(std::ostream& out, const Wrong& row) { return out << row.name; }

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() {
    if (before_) ::setenv(name_, before_->c_str(), 1);
    if (!before_) ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_realm_file)

BOOST_AUTO_TEST_CASE(names_realm_kdcs_and_root_key) {
  const Scratch scratch;
  write_file_atomic(scratch / "realm.toml", bytes_of(right), 0644);
  const RealmFile file = RealmFile::load(scratch / "realm.toml");
  BOOST_TEST(file.realm.text() == "DEMO.TEST");
  BOOST_TEST_REQUIRE(file.kdcs.size() == 2U);
  BOOST_TEST(file.kdcs[0] == "http://127.0.0.1:8088");
  BOOST_TEST(file.kdcs[1] == "https://kdc.demo.test");
  BOOST_TEST(int{file.root.bytes[31]} == 0xaa);
}

BOOST_AUTO_TEST_CASE(may_name_the_authorities_of_https_beside_it) {
  const Scratch scratch;
  write_file_atomic(scratch / "realm.toml", bytes_of(right), 0644);
  BOOST_TEST(RealmFile::load(scratch / "realm.toml").tls_ca.empty());
  write_file_atomic(scratch / "realm.toml", bytes_of(right + "tls_ca = \"ca.pem\"\n"), 0644);
  BOOST_TEST((RealmFile::load(scratch / "realm.toml").tls_ca == scratch / "ca.pem"));
  write_file_atomic(scratch / "realm.toml", bytes_of(right + "tls_ca = \"/etc/ca.pem\"\n"), 0644);
  BOOST_TEST((RealmFile::load(scratch / "realm.toml").tls_ca == "/etc/ca.pem"));
}

BOOST_AUTO_TEST_CASE(reads_back_what_it_printed) {
  const Scratch scratch;
  const RealmFile file{*Realm::parse("DEMO.TEST"),
                       {"http://a:1", "https://b:2", "unix:/run/admin.sock"},
                       {},
                       {"https://cdn/feed"},
                       "a \"b\" \\ \n.pem"};
  write_file_atomic(scratch / "realm.toml", bytes_of(file.print()), 0644);
  const RealmFile again = RealmFile::load(scratch / "realm.toml");
  BOOST_TEST((again.realm == file.realm));
  BOOST_TEST(again.kdcs == file.kdcs);
  BOOST_TEST((again.root == file.root));
  BOOST_TEST((again.tls_ca == scratch.path() / file.tls_ca));
  BOOST_TEST(again.feed == file.feed);
}

BOOST_DATA_TEST_CASE(says_what_is_wrong_with_it, bdata::make(wrong), row) {
  const Scratch scratch;
  write_file_atomic(scratch / "realm.toml", bytes_of(row.text), 0644);
  BOOST_CHECK_EXCEPTION(RealmFile::load(scratch / "realm.toml"), FileError,
                        [&](const FileError& error) {
                          const std::string_view sentence = error.what();
                          BOOST_TEST_MESSAGE(sentence);
                          return sentence.find(row.says) != sentence.npos &&
                                 sentence.find("realm.toml") != sentence.npos;
                        });
}

BOOST_AUTO_TEST_CASE(is_the_one_that_the_environment_names_even_when_it_is_not_there) {
  const Variable named("WAYBILL_REALM", "/nowhere/realm.toml");
  const auto found = RealmFile::find();
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->string() == "/nowhere/realm.toml");
}

BOOST_AUTO_TEST_CASE(is_otherwise_the_users_own) {
  const Scratch home;
  const Variable none("WAYBILL_REALM", "");
  const Variable here("HOME", home.path().string());
  make_private_folder(home / ".config/waybill");
  write_file_atomic(home / ".config/waybill/realm.toml", bytes_of(right), 0644);
  const auto found = RealmFile::find();
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->string() == (home / ".config/waybill/realm.toml").string());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::realm_file_test
