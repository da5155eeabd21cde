#include "kdc/audit_archive.h"

#include "tests/kdc/aged_realm.h"

namespace waybill::test::audit_archive_test {

using namespace waybill::kdc;

namespace {

std::string changed(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  BOOST_TEST_REQUIRE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

std::vector<std::string> lines_in(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_archive_of_the_audit_chain, AgedRealm)

BOOST_AUTO_TEST_CASE(says_what_the_records_said) {
  prune();
  BOOST_TEST(text(1).find(R"({"sequence":2,"time":1790000000,"event":"test","outcome":0,)"
                          R"("fields":[["subject","carol@DEMO.TEST"]]})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_refused_when_anything_in_it_was_changed) {
  prune();
  const std::string good = text(1);
  const auto lines = lines_in(good);
  BOOST_TEST_REQUIRE(lines.size() == 13U);
  const auto refused = [&](const std::string& text, const std::string& name) {
    BOOST_TEST_CONTEXT(name) { BOOST_CHECK_THROW(read(text), ArchiveUnsound); }
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string name = "line " + std::to_string(i + 1);
    auto other = lines;
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
    refused(joined(other), name + " is gone");
    other = lines;
    other.insert(other.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    refused(joined(other), name + " is there twice");
    other.resize(i);
    refused(joined(other), "all from " + name + " on is gone");
  }
  refused(good.substr(0, good.size() - 1), "the last line end is gone");
  refused(good + "\n", "an empty line follows");
  refused(changed(good, "carol", "mallory"), "a record says something else");
  refused(changed(good, R"("outcome":0)", R"("outcome":7)"), "an outcome is another one");
  refused(changed(good, R"("event":"test",)", R"("event":"other","event":"test",)"),
          "a member is there twice");
  refused(changed(good, R"("event":"test",)", R"("event":"test","note":"x",)"),
          "a member is there that nobody knows");
  refused(changed(good, R"({"sequence":3)", R"({ "sequence":3)"), "a blank");
  refused(changed(good, R"("signature":")", R"("signature":"00)"), "a longer signature");
  refused(changed(good, R"("after":0)", R"("after":1)"), "it begins elsewhere");
  refused(changed(good, "DEMO.TEST", "OTHER.TEST"), "another realm");
}

BOOST_AUTO_TEST_CASE(is_refused_when_another_realm_signed_it) {
  AgedRealm other;
  prune();
  other.prune();
  auto lines = lines_in(text(1));
  BOOST_CHECK_THROW(read(other.text(1)), ArchiveUnsound);
  lines.back() = lines_in(other.text(1)).back();
  BOOST_CHECK_THROW(read(joined(lines)), ArchiveUnsound);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_archive_test
