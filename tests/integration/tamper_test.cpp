#include <boost/test/unit_test.hpp>

#include "tests/integration/people.h"
#include "ticket/adapters/files.h"

namespace waybill::test::tamper_test {
namespace {

/// A realm whose KDC was ended in good order, for somebody with the disk but not the master key.
class StolenStore {
 public:
  StolenStore() {
    realm.init("operator");
    realm.must("admin.principal.disable", {{"name", "mallory"}});
    BOOST_TEST(verify_audit().status == 0);
    BOOST_TEST(realm.kdc().terminate() == 0, realm.kdc().log());
    BOOST_TEST(check().status == 0);
  }
  Ended verify_audit() { return realm.waybill({"audit", "verify"}, "operator"); }
  /// `waybill-kdc store check`.
  Ended check() {
    return run(realm.program(WAYBILL_KDC_PROGRAM, {"store", "check", "--dir", "kdc"}));
  }
  /// Changes a bit of these bytes wherever the store has them, in pages that it let go too.
  void deface(std::string_view bytes) {
    const auto file = realm.folder() / "kdc" / "store" / "data.mdb";
    std::string all(text_of(read_file(file, std::size_t{1} << 30)));
    int found = 0;
    for (std::size_t at = 0; (at = all.find(bytes, at)) != std::string::npos; ++found) all[at] ^= 1;
    BOOST_TEST(found > 0);
    write_file_atomic(file, bytes_of(all), 0600);
  }

  LiveRealm realm;
};

bool says(const Ended& outcome, std::string_view words) {
  return (outcome.out + outcome.err).find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_tampered_store)

BOOST_AUTO_TEST_CASE(does_not_start_when_the_end_of_its_audit_chain_was_changed) {
  StolenStore stolen;
  stolen.deface("admin.principal.disable");
  const Ended damaged = stolen.check();
  BOOST_TEST(damaged.status == 1, damaged.err);
  BOOST_TEST(says(damaged, "audit"), damaged.err);
  const Ended start = run(stolen.realm.program(WAYBILL_KDC_PROGRAM, {"serve", "--dir", "kdc"}));
  BOOST_TEST(start.status == 1, start.err);
  BOOST_TEST(says(start, "audit"), start.err);
}

BOOST_AUTO_TEST_CASE(is_noticed_by_who_reads_the_audit) {
  StolenStore stolen;
  stolen.deface("admin.queue.add");
  BOOST_TEST(stolen.check().status == 1);
  stolen.realm.start_kdc();
  const Ended verified = stolen.verify_audit();
  BOOST_TEST(verified.status != 0, verified.out);
}

BOOST_AUTO_TEST_CASE(lets_nobody_in_under_a_key_that_was_put_into_it) {
  StolenStore stolen;
  const PrincipalPublic key = stolen.realm.keytab("carol").newest().key.public_key();
  stolen.deface(text_of(key.bytes));
  const Ended damaged = stolen.check();
  BOOST_TEST(damaged.status == 1);
  BOOST_TEST(says(damaged, "principals"), damaged.err);
  stolen.realm.start_kdc();
  BOOST_CHECK_THROW(Person(stolen.realm, "carol"), std::exception);
  BOOST_TEST(bool(Person(stolen.realm, "alice").call("tickets", Fields{})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::tamper_test
