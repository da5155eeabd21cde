// Every case of specs/vectors/audit.txt through the chain as the KDC and the verifier have it.

#include <sstream>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "kdc/audit_chain.h"
#include "tests/support/test_realm.h"
#include "tests/support/vectors.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::audit_vectors_test {

using namespace waybill::kdc;

namespace {

bool as_expected(const VectorCase& row, const auto& result) {
  BOOST_TEST(outcome(result) == row.expect());
  return bool(result);
}

RealmDocument document(const VectorCase& row) {
  return *RealmDocument::parse(row.hex("realm_document"), realm_of("DEMO.TEST"),
                               RootPublic{row.bytes<32>("root_key")});
}

Result<AuditCheckpoint> read_checkpoint(Bytes wire, const RealmDocument& realm) {
  TRY(read, SignedCheckpoint::decode(wire));
  BOOST_TEST((read.encode() == copy_of(wire)));
  return read.verify(realm);
}

AuditRow row_of(const std::string& line) {
  std::istringstream words(line);
  std::uint64_t sequence = 0;
  std::string record, link;
  words >> sequence >> record >> link;
  return {sequence, *from_hex(record), fixed<32>(*from_hex(link))};
}

std::string text_of(const AuditFault& fault) {
  using Kind = AuditFault::Kind;
  const std::string at = " " + std::to_string(fault.sequence);
  switch (fault.kind) {
    case Kind::changed:
      return "changed" + at;
    case Kind::dropped:
      return "dropped" + at;
    case Kind::reordered:
      return "reordered" + at;
    case Kind::truncated:
      return "truncated" + at;
    case Kind::headless:
      return "headless" + at;
    case Kind::contradicted:
      return "contradicted" + at + " " + std::to_string(fault.since);
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_vector_of_the_audit_chain)

BOOST_DATA_TEST_CASE(about_a_record_holds, bdata::make(load_vectors("audit.txt", "record")),
                     sample) {
  const VectorCase& row = sample;
  const auto record = AuditRecord::decode(row.hex("record"));
  if (!as_expected(row, record)) return;
  BOOST_TEST(record->sequence == row.number("sequence"));
  BOOST_TEST((record->time == row.time("time")));
  BOOST_TEST(record->event == row.text("event"));
  BOOST_TEST(record->outcome == row.number("outcome"));
  BOOST_TEST(record->fields.entries().size() == row.number("fields"));
  BOOST_TEST((record->encode() == row.hex("record")));
}

BOOST_DATA_TEST_CASE(about_a_checkpoint_holds, bdata::make(load_vectors("audit.txt", "checkpoint")),
                     sample) {
  const VectorCase& row = sample;
  const auto checkpoint = read_checkpoint(row.hex("checkpoint"), document(row));
  if (!as_expected(row, checkpoint)) return;
  BOOST_TEST(checkpoint->sequence == row.number("sequence"));
  BOOST_TEST((checkpoint->time == row.time("time")));
  BOOST_TEST((checkpoint->link == row.bytes<32>("link")));
}

BOOST_DATA_TEST_CASE(about_a_chain_holds, bdata::make(load_vectors("audit.txt", "chain")), sample) {
  const VectorCase& row = sample;
  const RealmDocument realm = document(row);
  std::vector<AuditCheckpoint> checkpoints;
  for (const Buffer& wire : row.all_hex("checkpoint")) {
    checkpoints.push_back(*read_checkpoint(wire, realm));
  }
  AuditVerifier verifier(std::move(checkpoints));
  for (const std::string& line : row.all("row")) verifier.add(row_of(line));
  const auto fault = verifier.finish();
  if (row.has("fault")) {
    BOOST_REQUIRE(fault.has_value());
    BOOST_TEST(text_of(*fault) == row.text("fault"));
    return;
  }
  BOOST_TEST(!fault.has_value());
  BOOST_TEST(verifier.verified() == row.number("verified"));
  BOOST_TEST(verifier.signed_until() == row.number("signed_until"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_vectors_test
