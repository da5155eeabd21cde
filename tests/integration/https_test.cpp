#include <boost/test/unit_test.hpp>

#include "tests/adapters/throwaway_ca.h"
#include "tests/support/daemon.h"
#include "tests/support/unsanitized.h"

namespace waybill::test::https_test {
namespace {

using namespace std::chrono_literals;

// A realm of which every door speaks https, by an authority that its realm file names.
constexpr std::string_view session = R"(
waybill-kdc init --dir kdc --realm DEMO.TEST --listen 127.0.0.1:$KDC --tls-certificate server.pem --tls-key server.key --tls-ca ca.pem
start waybill-kdc serve --dir kdc
export WAYBILL_REALM=$PWD/kdc/realm.toml
waybill init -k -t kdc/operator.keytab operator
for name in carol queue-alice trigger/orders; do
  waybill keygen --principal $name --out $(basename $name).keytab
done
waybill admin principal add carol --keytab carol.keytab
waybill admin queue add queue-alice --owner alice --keytab queue-alice.keytab
waybill admin principal add trigger/orders --service --keytab orders.keytab
waybill admin grant add --subject carol --queue queue-alice --workflow '*' --action a --max-run 1h
waybill admin grant add --trigger trigger/orders --queue 'queue-*'
start waybill-trigger serve --dir trigger --keytab orders.keytab --listen 127.0.0.1:$TRIGGER --tls-certificate server.pem --tls-key server.key
waybill-worker run --dir worker --keytab queue-alice.keytab --trigger https://127.0.0.1:$TRIGGER --handler 'shout=tr a-z A-Z' &
daemons="$daemons $!"
waybill init -k -t carol.keytab carol
echo over tls | waybill submit shout --queue queue-alice --action a --input - --wait
waybill submit shout --queue queue-alice --action a --trigger http://127.0.0.1:$TRIGGER || echo "in clear: $?"
cp other.pem kdc/ca.pem
waybill init -k -t carol.keytab carol || echo "another authority: $?"
kill $daemons
for daemon in $daemons; do wait $daemon; done
)";

constexpr std::string_view before = R"(
set -eu
daemons=
trap 'cat *.log >&2' EXIT
start() {
  "$@" > $1.log 2>&1 &
  daemons="$daemons $!"
  until grep -q '"event":"ready"' $1.log; do kill -0 $!; sleep 0.05; done
}
)";

std::string search_path() {
  std::string path;
  for (const char* program :
       {WAYBILL_KDC_PROGRAM, WAYBILL_TRIGGER_PROGRAM, WAYBILL_WORKER_PROGRAM, WAYBILL_PROGRAM}) {
    path += std::filesystem::path(program).parent_path().string() + ":";
  }
  return path + "/usr/bin:/bin";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_realm_behind_https)

BOOST_AUTO_TEST_CASE(does_work_for_those_who_trust_its_authority) {
  ThrowawayCa ca;
  const ThrowawayCa other;
  const auto server = ca.issue("server");
  const Scratch folder;
  namespace fs = std::filesystem;
  fs::copy_file(ca.certificate(), folder / "ca.pem");
  fs::copy_file(other.certificate(), folder / "other.pem");
  fs::copy_file(server.certificate, folder / "server.pem");
  fs::copy_file(server.key, folder / "server.key");
  const Command shell{"/bin/sh",
                      {"-c", std::string(before) + std::string(session)},
                      folder.path(),
                      {no_search_for_leaks,
                       {"PATH", search_path()},
                       {"XDG_RUNTIME_DIR", folder.path().string()},
                       {"KDC", std::to_string(free_port())},
                       {"TRIGGER", std::to_string(free_port())}}};
  const Ended done = run(shell, {}, 60s);
  BOOST_TEST_REQUIRE(done.status == 0, done.out << done.err);
  const auto said = [&](const std::string& text, std::string_view words) {
    BOOST_TEST(text.find(words) != std::string::npos, "not said: " << words << "\n"
                                                                   << done.out << done.err);
  };
  said(done.out, "OVER TLS\n");
  said(done.out, "in clear: 3\n");
  said(done.err, "write https:// for http://");
  said(done.out, "another authority: 3\n");
  said(done.err, "is not trusted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::https_test
