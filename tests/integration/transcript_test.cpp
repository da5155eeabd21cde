#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "tests/support/daemon.h"
#include "tests/support/unsanitized.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/bytes.h"

namespace waybill::test::transcript_test {
namespace {

using namespace std::chrono_literals;

// What the section "By hand" of README.md must say, word for word.
constexpr std::string_view transcript = R"(
waybill-kdc init --dir kdc --realm DEMO.TEST --listen 127.0.0.1:8088
waybill-kdc serve --dir kdc &
export WAYBILL_REALM=$PWD/kdc/realm.toml
waybill init -k -t kdc/operator.keytab operator
waybill admin principal add carol --password-file carol.pw
waybill keygen --principal queue-alice --out alice.keytab
waybill admin queue add queue-alice --owner alice --keytab alice.keytab          # sends the public half only
waybill keygen --principal trigger/orders --out trigger.keytab
waybill admin principal add trigger/orders --service --keytab trigger.keytab
waybill admin grant add --subject carol --queue queue-alice --workflow 'invoice-*' --action invoice:read --action report:write --max-run 1h
waybill admin grant add --trigger trigger/orders --queue 'queue-*'
waybill-trigger serve --dir trigger --keytab trigger.keytab --listen 127.0.0.1:8090 &
waybill-worker run --dir worker --keytab alice.keytab --trigger http://127.0.0.1:8090 --handler 'invoice-report=./make-report' &
waybill init --password-file carol.pw carol
waybill submit invoice-report --queue queue-alice --action invoice:read --action report:write --input invoices.csv --wait
waybill list
waybill revoke --subject carol --reason 'left the company'
)";

// The code blocks of that section: the session, and how to make the files that it needs.
std::vector<std::string> blocks_of_the_readme() {
  const std::string text(text_of(read_file(WAYBILL_README, 1 << 20)));
  std::vector<std::string> blocks;
  for (std::size_t at = text.find("\n## By hand\n"); blocks.size() < 2;) {
    const std::size_t begin = text.find("\n```\n", at);
    const std::size_t end = text.find("\n```\n", begin + 1);
    if (begin == text.npos || end == text.npos) return {};
    blocks.push_back(text.substr(begin + 4, end + 1 - (begin + 4)));
    at = end + 1;
  }
  return blocks;
}

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// A person waits until a daemon says that it is ready; the shell is told how. At the end the
// daemons are told to end, and must do so in good order.
std::string as_script(std::string_view session, std::uint16_t kdc, std::uint16_t trigger) {
  const auto then_wait_for = [](std::uint16_t port) {
    return "&\ndaemons=\"$daemons $!\"\nuntil bash -c ': </dev/tcp/127.0.0.1/" +
           std::to_string(port) + "' 2>/dev/null; do sleep 0.05; done\n";
  };
  std::string text(session);
  text = replaced(text, "report' &\n", "report' &\ndaemons=\"$daemons $!\"\n");
  text = replaced(text, "--dir kdc &\n", "--dir kdc " + then_wait_for(kdc));
  text = replaced(text, ":8090 &\n", ":8090 " + then_wait_for(trigger));
  text = replaced(text, ":8088", ":" + std::to_string(kdc));
  text = replaced(text, ":8090", ":" + std::to_string(trigger));
  return "set -eu\ndaemons=\n" + text +
         "waybill submit invoice-report --queue queue-alice --action invoice:read --input "
         "invoices.csv --wait || echo \"submit afterwards: $?\"\n"
         "kill $daemons\nfor daemon in $daemons; do wait $daemon; done\n";
}

std::string search_path() {
  std::string path;
  for (const char* program :
       {WAYBILL_KDC_PROGRAM, WAYBILL_TRIGGER_PROGRAM, WAYBILL_WORKER_PROGRAM, WAYBILL_PROGRAM}) {
    path += std::filesystem::path(program).parent_path().string() + ":";
  }
  return path + "/usr/bin:/bin";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_session_of_the_readme)

BOOST_AUTO_TEST_CASE(works_word_for_word) {
  const auto blocks = blocks_of_the_readme();
  BOOST_TEST_REQUIRE(blocks.size() == 2U);
  BOOST_TEST(blocks[0] == transcript);
  const Scratch folder;
  const std::string script = blocks[1] + as_script(blocks[0], free_port(), free_port());
  const Command shell{
      "/bin/sh",
      {"-c", script},
      folder.path(),
      {no_search_for_leaks, {"PATH", search_path()}, {"XDG_RUNTIME_DIR", folder.path().string()}}};
  const Ended session = run(shell, {}, 60s);
  BOOST_TEST_REQUIRE(session.status == 0, session.out << session.err);
  const auto said = [&](const std::string& text, std::string_view words) {
    BOOST_TEST(text.find(words) != std::string::npos, "not said: " << words << "\n"
                                                                   << session.out << session.err);
  };
  said(session.out, "\n200\n");  // what the handler makes of the two invoices
  said(session.out, "carol@DEMO.TEST");
  said(session.out, "krbtgt");
  said(session.out, "submit afterwards: 1\n");
  said(session.err, "WB-TICKET-REVOKED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::transcript_test
