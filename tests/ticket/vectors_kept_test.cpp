// The cases of specs/vectors about what is kept, shown or sent once, as vectors_verify_test.cpp has
// the others: realm documents, stored records, forms of a ticket, evidence, envelopes.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/test_realm.h"
#include "tests/support/vectors.h"
#include "ticket/exchange/renewal.h"
#include "ticket/records.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::vectors_kept_test {
namespace {

bool as_expected(const VectorCase& row, const auto& result) {
  BOOST_TEST(outcome(result) == row.expect());
  return bool(result);
}

template <class Entry>
std::vector<std::string> ids_of(const std::vector<Entry>& entries) {
  std::vector<std::string> out;
  for (const Entry& entry : entries) out.push_back(std::to_string(number(entry.id)));
  return out;
}

Checked check_evidence(const VectorCase& row) {
  const auto realm = RealmDocument::parse(row.hex("realm_document"), realm_of("DEMO.TEST"),
                                          RootPublic{row.bytes<32>("root_key")});
  TRY(evidence, Evidence::decode(row.hex("evidence")));
  CHECK_OK(evidence.verify_proof(*realm));
  BOOST_TEST((evidence.encode() == row.hex("evidence")));
  return ok();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_vector_of_what_is_kept)

BOOST_DATA_TEST_CASE(of_realm_documents_holds, bdata::make(load_vectors("realm.txt")), sample) {
  const VectorCase& row = sample;
  const auto read = RealmDocument::parse(row.hex("document"), realm_of(row.text("realm")),
                                         RootPublic{row.bytes<32>("root_key")});
  if (!as_expected(row, read)) return;
  BOOST_TEST((read->realm_id == row.bytes<32>("realm_id")));
  BOOST_TEST(read->serial == row.number("serial"));
  BOOST_TEST((read->issued_at == row.time("issued_at")));
  BOOST_TEST(ids_of(read->epochs) == row.all("epoch"), boost::test_tools::per_element());
  BOOST_TEST(ids_of(read->signers) == row.all("signer"), boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(of_stored_records_holds, bdata::make(load_vectors("record.txt", "record")),
                     sample) {
  const VectorCase& row = sample;
  const RecordGuard guard(MasterKey(row.secret("master_key")));
  const Buffer key = row.hex("key"), stored = row.hex("stored");
  const auto value = guard.check(row.text("table"), key, stored);
  if (!as_expected(row, value)) return;
  BOOST_TEST(equal(*value, row.hex("value")));
  BOOST_TEST((guard.protect(row.text("table"), key, *value) == stored));
}

BOOST_DATA_TEST_CASE(of_wrapped_secrets_holds, bdata::make(load_vectors("record.txt", "secret")),
                     sample) {
  const VectorCase& row = sample;
  const RecordGuard guard(MasterKey(row.secret("master_key")));
  const auto secret = guard.unwrap(row.text("secret_name"), row.hex("wrapped"));
  if (as_expected(row, secret)) BOOST_TEST(equal(*secret, row.hex("secret")));
}

BOOST_DATA_TEST_CASE(of_forms_of_a_ticket_holds, bdata::make(load_vectors("renewal.txt")), sample) {
  const VectorCase& row = sample;
  const auto before = Body::decode(row.hex("before"));
  const auto after = Body::decode(row.hex("after"));
  BOOST_REQUIRE(bool(before));
  BOOST_REQUIRE(bool(after));
  as_expected(row, check_renewal(*before, *after));
}

BOOST_DATA_TEST_CASE(of_evidence_holds, bdata::make(load_vectors("ticket.txt", "evidence")), row) {
  as_expected(row, check_evidence(row));
}

BOOST_DATA_TEST_CASE(of_envelopes_holds, bdata::make(load_vectors("login.txt", "envelope")),
                     sample) {
  const VectorCase& row = sample;
  const auto envelope = LoginEnvelope::decode(row.hex("payload"));
  if (!as_expected(row, envelope)) return;
  BOOST_TEST(envelope->realm.text() == row.text("realm"));
  BOOST_TEST(number(envelope->epoch) == row.number("epoch"));
  BOOST_TEST((envelope->message == row.hex("message")));
  BOOST_TEST((envelope->encode() == row.hex("payload")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::vectors_kept_test
