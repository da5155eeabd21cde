#include "kdc/audit.h"

#include <functional>

#include <boost/test/unit_test.hpp>

#include "kdc/store_keys.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::audit_test {

using namespace waybill::kdc;

namespace {

struct Fixture : TestKdc {
  void record(std::string event, Fields fields = {}) {
    issuer.record({std::move(event), std::nullopt, std::move(fields)});
  }
  void records(int n) {
    for (int i = 1; i <= n; ++i) record("event", {{"n", std::to_string(i)}});
  }
  std::vector<AuditRow> rows() { return Audit::rows(store.view(), 0, 10'000); }
  AuditCheckpoint newest() {
    return *Audit::newest_checkpoint(store.view())->verify(epochs.document());
  }
};

using Rows = std::vector<AuditRow>;
using Fault = AuditFault::Kind;

// Somebody with the whole chain, and no signing key, makes the links fit again from `from` on.
void relink(Rows& rows, std::size_t from) {
  Digest at = from == 0 ? Digest{} : rows[from - 1].link;
  for (std::size_t i = from; i < rows.size(); ++i)
    rows[i].link = at = audit_link(at, rows[i].record);
}

Buffer rewritten(const AuditRow& row, const std::function<void(AuditRecord&)>& edit) {
  AuditRecord record = *AuditRecord::decode(row.record);
  edit(record);
  return record.encode();
}

void say_something_else(AuditRecord& record) { record.fields = {{"n", "never"}}; }

struct Tampering {
  const char* name;
  std::function<void(Rows&)> with;
  Fault kind;
  std::uint64_t sequence;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_audit_chain, Fixture)

BOOST_AUTO_TEST_CASE(numbers_and_links_records_as_they_come) {
  record("login", {{"principal", "carol@DEMO.TEST"}});
  clock.advance(7s);
  issuer.record({"ticket.issued", Errc::grant_missing, {{"subject", "carol@DEMO.TEST"}}});
  const Rows all = rows();
  BOOST_REQUIRE(all.size() == 2U);
  const AuditRecord first = *AuditRecord::decode(all[0].record);
  const AuditRecord second = *AuditRecord::decode(all[1].record);
  BOOST_TEST(first.sequence == 1U);
  BOOST_TEST(first.event == "login");
  BOOST_TEST(first.outcome == 0U);
  BOOST_TEST((first.time == noon));
  BOOST_TEST(second.outcome == 182U);
  BOOST_TEST((second.time == noon + 7s));
  BOOST_TEST(second.fields.get("subject") == "carol@DEMO.TEST");
  BOOST_TEST((all[0].link == audit_link(Digest{}, all[0].record)));
  BOOST_TEST((all[1].link == audit_link(all[0].link, all[1].record)));
}

BOOST_AUTO_TEST_CASE(is_signed_to_its_end_after_every_commit) {
  for (int i = 1; i <= 3; ++i) {
    record("event");
    const AuditCheckpoint end = newest();
    BOOST_TEST(end.sequence == static_cast<std::uint64_t>(i));
    BOOST_TEST((end.link == rows().back().link));
    BOOST_TEST((end.realm == realm()));
  }
  const auto report = Audit::verify(store.view(), epochs.document());
  BOOST_REQUIRE(outcome(report) == accepted);
  BOOST_TEST(!report->fault.has_value());
  BOOST_TEST(report->records == 3U);
  BOOST_TEST(report->signed_until == 3U);
}

BOOST_AUTO_TEST_CASE(keeps_one_checkpoint_for_each_interval_and_the_newest) {
  // Far fewer commits than records: the interval is passed inside commits.
  const int total = static_cast<int>(Audit::checkpoint_interval) + 40;
  std::vector<Issuer::Pending> waiting;
  for (int i = 0; i < total; ++i) {
    waiting.push_back(issuer.submit({{"event", std::nullopt, {}}, {}, std::nullopt}));
  }
  for (auto& pending : waiting) BOOST_TEST(outcome(pending.wait()) == accepted);
  record("event");
  const auto kept = Audit::checkpoints(store.view());
  BOOST_TEST(kept.size() <= 2U);
  BOOST_TEST(newest().sequence == static_cast<std::uint64_t>(total) + 1);
}

BOOST_AUTO_TEST_CASE(gives_its_rows_in_pages) {
  records(5);
  const auto view = store.view();
  BOOST_TEST(Audit::rows(view, 0, 2).size() == 2U);
  BOOST_TEST(Audit::rows(view, 2, 2).front().sequence == 3U);
  BOOST_TEST(Audit::rows(view, 4, 10).size() == 1U);
  BOOST_TEST(Audit::rows(view, 5, 10).empty());
  BOOST_TEST(Audit::rows(view, UINT64_MAX, 10).empty());
  BOOST_TEST(Audit::rows(view, 0, 0).empty());
}

BOOST_AUTO_TEST_CASE(can_be_read_again_whatever_came_in) {
  std::string overlong;
  for (int i = 0; i < 2000; ++i) overlong += "é";
  record("refused", {{"name", "\xff\xfe"}, {"reason", overlong}});
  const AuditRecord kept = *AuditRecord::decode(rows().front().record);
  BOOST_TEST(kept.fields.get("name") == "fffe");
  BOOST_TEST(kept.fields.get("reason").size() == 1024U + 3U);
  BOOST_TEST(is_utf8(kept.fields.get("reason")));
}

BOOST_AUTO_TEST_CASE(does_not_take_an_event_that_is_no_name) {
  BOOST_CHECK_THROW(record("an event"), std::logic_error);
  BOOST_CHECK_THROW(record("event", {{"a", "1"}, {"b", "2"}, {"a", "3"}}), std::logic_error);
  record("event");
  BOOST_TEST(rows().size() == 1U);
  BOOST_TEST(!Audit::verify(store.view(), epochs.document())->fault.has_value());
}

// Rules: R9.4, R9.5, R9.6, R9.7, R9.8
BOOST_AUTO_TEST_CASE(names_the_first_record_that_was_tampered_with) {
  records(8);
  const Tampering rows_of_tampering[] = {
      {"a record is changed", [](Rows& r) { r[3].record = rewritten(r[3], say_something_else); },
       Fault::changed, 4},
      {"one byte of a record is flipped", [](Rows& r) { r[0].record.back() ^= 1U; }, Fault::changed,
       1},
      {"a record is cut short", [](Rows& r) { r[4].record.pop_back(); }, Fault::changed, 5},
      {"a link is changed", [](Rows& r) { r[5].link[0] ^= 1U; }, Fault::changed, 6},
      {"the first record is dropped", [](Rows& r) { r.erase(r.begin()); }, Fault::dropped, 1},
      {"a record in the middle is dropped", [](Rows& r) { r.erase(r.begin() + 4); }, Fault::dropped,
       5},
      {"two are dropped", [](Rows& r) { r.erase(r.begin() + 2, r.begin() + 4); }, Fault::dropped,
       3},
      {"dropped, and the numbers closed up",
       [](Rows& r) {
         r.erase(r.begin() + 2);
         for (std::size_t i = 2; i < r.size(); ++i) r[i].sequence = i + 1;
       },
       Fault::dropped, 3},
      {"two records are swapped", [](Rows& r) { std::swap(r[2], r[3]); }, Fault::reordered, 3},
      {"the last is moved to the front",
       [](Rows& r) { std::rotate(r.begin(), r.begin() + 7, r.end()); }, Fault::reordered, 1},
      {"a record is repeated", [](Rows& r) { r.insert(r.begin() + 3, r[2]); }, Fault::changed, 4},
      {"the end is cut off", [](Rows& r) { r.resize(6); }, Fault::truncated, 7},
      {"all is gone", [](Rows& r) { r.clear(); }, Fault::truncated, 1},
      {"changed, and all links made to fit",
       [](Rows& r) {
         r[3].record = rewritten(r[3], say_something_else);
         relink(r, 3);
       },
       Fault::contradicted, 8},
      {"dropped, renumbered, and all links made to fit",
       [](Rows& r) {
         r.erase(r.begin() + 3);
         for (std::size_t i = 3; i < r.size(); ++i) {
           r[i].sequence = i + 1;
           r[i].record = rewritten(r[i], [&](AuditRecord& record) { record.sequence = i + 1; });
         }
         relink(r, 3);
       },
       Fault::truncated, 8},
      {"a record is put in, and all links made to fit",
       [](Rows& r) {
         r.insert(r.begin() + 3, r[3]);
         for (std::size_t i = 4; i < r.size(); ++i) {
           r[i].sequence = i + 1;
           r[i].record = rewritten(r[i], [&](AuditRecord& record) { record.sequence = i + 1; });
         }
         relink(r, 3);
       },
       Fault::contradicted, 8},
  };
  const AuditCheckpoint end = newest();
  BOOST_TEST(!verify_audit(rows(), {end}).has_value());
  for (const Tampering& row : rows_of_tampering) {
    Rows tampered = rows();
    row.with(tampered);
    const auto fault = verify_audit(tampered, {end});
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_REQUIRE(fault.has_value());
      BOOST_TEST((fault->kind == row.kind));
      BOOST_TEST(fault->sequence == row.sequence);
    }
  }
}

BOOST_AUTO_TEST_CASE(narrows_a_fault_down_to_the_records_between_two_checkpoints) {
  records(4);
  const AuditCheckpoint early = newest();
  records(4);
  Rows tampered = rows();
  tampered[5].record = rewritten(tampered[5], say_something_else);
  relink(tampered, 5);
  const auto fault = verify_audit(tampered, {newest(), early});
  BOOST_REQUIRE(fault.has_value());
  BOOST_TEST((fault->kind == Fault::contradicted));
  BOOST_TEST(fault->since == 4U);
  BOOST_TEST(fault->sequence == 8U);
}

BOOST_AUTO_TEST_CASE(says_how_far_a_signature_reaches) {
  records(3);
  const AuditCheckpoint early = newest();
  records(2);
  AuditVerifier verifier({early});
  for (const AuditRow& row : rows()) verifier.add(row);
  BOOST_TEST(!verifier.finish().has_value());
  BOOST_TEST(verifier.verified() == 5U);
  BOOST_TEST(verifier.signed_until() == 3U);
}

// Rules: R9.1, R9.2, R9.3
BOOST_AUTO_TEST_CASE(believes_no_checkpoint_that_this_realm_did_not_sign) {
  record("event");
  const SignedCheckpoint good = *Audit::newest_checkpoint(store.view());
  BOOST_TEST(outcome(good.verify(epochs.document())) == accepted);
  SignedCheckpoint bad = good;
  bad.signature[5] ^= 1U;
  BOOST_TEST(outcome(bad.verify(epochs.document())) == Errc::bad_proof);
  bad = good;
  bad.signer = KeyId{9};
  BOOST_TEST(outcome(bad.verify(epochs.document())) == Errc::unknown_signer);
  bad = good;
  bad.statement = AuditCheckpoint{*Realm::parse("OTHER.TEST"), 1, noon, {}}.statement();
  BOOST_TEST(outcome(bad.verify(epochs.document())) == Errc::wrong_realm);
  bad = good;
  bad.statement = AuditCheckpoint{realm(), 2, noon, {}}.statement();
  BOOST_TEST(outcome(bad.verify(epochs.document())) == Errc::bad_proof);
  bad = good;
  bad.statement.push_back(0);
  BOOST_TEST(outcome(bad.verify(epochs.document())) == Errc::malformed);
  const TestKdc other;
  BOOST_TEST(outcome(good.verify(other.epochs.document())) == Errc::bad_proof);
}

BOOST_AUTO_TEST_CASE(survives_its_own_encodings) {
  issuer.record({"ticket.issued", Errc::revoked, {{"action", "a"}, {"action", "b"}}});
  const Buffer wire = rows().front().record;
  BOOST_TEST(AuditRecord::decode(wire)->encode() == wire);
  const SignedCheckpoint checkpoint = *Audit::newest_checkpoint(store.view());
  BOOST_TEST(SignedCheckpoint::decode(checkpoint.encode())->encode() == checkpoint.encode());
}

// specs/audit.md, "Worked example".
BOOST_AUTO_TEST_CASE(is_as_its_worked_example_says) {
  const AuditRecord login{
      1, noon, "login", 24, {{"principal", "carol@DEMO.TEST"}, {"cause", "wrong_key"}}};
  const Digest first = audit_link(Digest{}, login.encode());
  BOOST_TEST(to_hex(first) == "d4be3697d3c2d4cb0c94b1b2e08de4fb7bab7198e1d3746a651fbb561cdb744d");
  const AuditRecord revoke{
      2,
      noon + 3s,
      "revoke",
      0,
      {{"by", "operator@DEMO.TEST"}, {"kind", "subject"}, {"value", "carol@DEMO.TEST"}}};
  const Digest link = audit_link(first, revoke.encode());
  BOOST_TEST(to_hex(link) == "ca6fcf1082349bb93bdff41285928929445b201bc0d56e0eda5fb8b1d9706896");
  FixedBytes<32> seed;
  seed.fill(0x22);
  const KdcSigningKey key = KdcSigningKey::from_seed(Secret<32>::copy(seed));
  const Buffer statement = AuditCheckpoint{realm(), 2, noon + 3s, link}.statement();
  BOOST_TEST(to_hex(sign(key, statement)) ==
             "118d335302b5605c414052f4ecf08a9424c5d7b136ceb149fdc3dfc2f483b525"
             "45144577b0e5f88d21d3daf6a3f457adb9c0087fdf0937ffaae122c621e3020c");
}

BOOST_AUTO_TEST_CASE(lets_a_claim_of_a_ticket_never_clash_with_a_field_that_is_there) {
  Fields fields{{"subject", "someone else"}};
  Body ticket = body("carol", "queue-alice");
  ticket.actions = {"a", "b"};
  add_ticket_fields(fields, ticket);
  BOOST_TEST(outcome(Fields::decode(fields.encode())) == accepted);
  BOOST_TEST(fields.get("subject") == "someone else");
  BOOST_TEST(fields.all("action").size() == 2U);
  BOOST_TEST(fields.get("ticket") == to_hex(ticket.id));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_test
