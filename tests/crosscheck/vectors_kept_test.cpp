// The cases of specs/vectors about what is kept, shown or sent once, through the second
// implementation: realm documents, stored records, feeds, the audit chain, forms of a ticket,
// evidence, and the messages of a login.

#include <sstream>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/second/audit.h"
#include "tests/crosscheck/second/feed.h"
#include "tests/crosscheck/second/files.h"
#include "tests/crosscheck/second/login.h"
#include "tests/crosscheck/second/ticket.h"
#include "tests/crosscheck/vector_run.h"

namespace bdata = boost::unit_test::data;

namespace second {

namespace {

RealmDocument realm_in(const VectorCase& row) {
  return RealmDocument::read(row.hex("realm_document"), "DEMO.TEST", row.hex("root_key"));
}

std::vector<std::string> ids_of(const std::vector<RealmDocument::Key>& keys) {
  std::vector<std::string> out;
  for (const auto& key : keys) out.push_back(std::to_string(key.id));
  return out;
}

Follower::Place place_in(const VectorCase& row, const std::string& suffix) {
  return {{row.number("sequence" + suffix), first<32>(row.hex("link" + suffix))},
          row.number("goal" + suffix),
          row.number("known_sequence" + suffix),
          row.number("known_time" + suffix)};
}

/// Hands a follower what the case says, in order. All but the last are accepted.
struct FeedRun {
  explicit FeedRun(const VectorCase& vector) : row(vector) {
    for (const auto& line : row.lines) {
      if (line.first == "head" || line.first == "segment") pieces.push_back(line);
    }
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) take(pieces[i]);
  }
  void take(const std::pair<std::string, std::string>& piece) {
    wants.clear();
    const Bytes wire = from_hex(piece.second);
    if (piece.first == "head") {
      wants = follower.take_head(wire, realm, noon).value_or("");
    } else {
      believed += follower.take_segment(wire, realm, noon);
    }
  }
  static constexpr std::uint64_t noon = 1'790'000'000;
  const VectorCase& row;
  const RealmDocument realm = realm_in(row);
  Follower follower{place_in(row, "")};
  std::vector<std::pair<std::string, std::string>> pieces;
  std::size_t believed = 0;
  std::string wants;
};

AuditRow row_of(const std::string& line) {
  std::istringstream words(line);
  AuditRow out;
  std::string record, link;
  words >> out.sequence >> record >> link;
  out.record = from_hex(record);
  out.link = first<32>(from_hex(link));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_vector_of_what_is_kept_by_the_second_implementation)

BOOST_DATA_TEST_CASE(of_realm_documents_holds, bdata::make(cases("realm.txt")), row) {
  expect_of(row, [&] {
    const auto realm =
        RealmDocument::read(row.hex("document"), row.text("realm"), row.hex("root_key"));
    same_hex(row, "realm_id", realm.id);
    BOOST_TEST(realm.serial == row.number("serial"));
    BOOST_TEST(realm.issued_at == row.number("issued_at"));
    BOOST_TEST(ids_of(realm.epochs) == row.all("epoch"), boost::test_tools::per_element());
    BOOST_TEST(ids_of(realm.signers) == row.all("signer"), boost::test_tools::per_element());
  });
}

BOOST_DATA_TEST_CASE(of_stored_records_holds, bdata::make(cases("record.txt", "record")), row) {
  expect_of(row, [&] {
    same_hex(
        row, "value",
        stored_value(row.hex("master_key"), row.text("table"), row.hex("key"), row.hex("stored")));
  });
}

BOOST_DATA_TEST_CASE(of_wrapped_secrets_holds, bdata::make(cases("record.txt", "secret")), row) {
  expect_of(row, [&] {
    same_hex(row, "secret",
             unwrap(row.hex("master_key"), row.text("secret_name"), row.hex("wrapped")));
  });
}

BOOST_DATA_TEST_CASE(of_forms_of_a_ticket_holds, bdata::make(cases("renewal.txt")), row) {
  expect_of(row, [&] { check_form(Body::read(row.hex("before")), Body::read(row.hex("after"))); });
}

BOOST_DATA_TEST_CASE(of_evidence_holds, bdata::make(cases("ticket.txt", "evidence")), row) {
  expect_of(row, [&] {
    const Evidence evidence = Evidence::read(row.hex("evidence"));
    evidence.check(realm_in(row));
    same_hex(row, "evidence", evidence.encode());
  });
}

BOOST_DATA_TEST_CASE(of_envelopes_holds, bdata::make(cases("login.txt", "envelope")), row) {
  expect_of(row, [&] {
    const LoginEnvelope envelope = LoginEnvelope::read(row.hex("payload"));
    BOOST_TEST(envelope.realm == row.text("realm"));
    BOOST_TEST(envelope.epoch == row.number("epoch"));
    same_hex(row, "message", envelope.message);
    same_hex(row, "payload", envelope.encode());
  });
}

BOOST_DATA_TEST_CASE(of_requests_to_log_in_holds, bdata::make(cases("login.txt", "request")), row) {
  expect_of(row, [&] {
    const LoginRequest request = LoginRequest::read(row.hex("payload"));
    BOOST_TEST(request.principal == row.text("principal"));
    BOOST_TEST(request.life == row.number("life"));
    BOOST_TEST(request.renewable == row.number("renewable"));
    BOOST_TEST(request.time == row.number("time"));
    same_hex(row, "earlier", request.earlier);
    same_hex(row, "payload", request.encode());
  });
}

BOOST_DATA_TEST_CASE(of_answers_to_a_login_holds, bdata::make(cases("login.txt", "reply")), row) {
  expect_of(row, [&] {
    const LoginReply reply = LoginReply::read(row.hex("payload"));
    BOOST_TEST(reply.code == row.number("code"));
    BOOST_TEST(reply.time == row.number("time"));
    same_hex(row, "instance", reply.instance);
    BOOST_TEST(reply.ticket.empty() != row.has("ticket"));
    if (row.has("ticket")) same_hex(row, "ticket", reply.ticket);
    same_hex(row, "payload", reply.encode());
  });
}

BOOST_DATA_TEST_CASE(of_feeds_holds, bdata::make(cases("feed.txt")), sample) {
  const VectorCase& row = sample;
  FeedRun run(row);
  const Follower::Place before = run.follower.place();
  expect_of(row, [&] {
    run.take(run.pieces.back());
    BOOST_TEST(run.believed == row.number("believed"));
    BOOST_TEST(run.wants == (row.has("wants") ? row.text("wants") : ""));
    BOOST_TEST((run.follower.place() == place_in(row, "_after")));
  });
  if (row.text("expect") != "ok") BOOST_TEST((run.follower.place() == before));
}

BOOST_DATA_TEST_CASE(of_audit_records_holds, bdata::make(cases("audit.txt", "record")), row) {
  expect_of(row, [&] {
    const AuditRecord record = AuditRecord::read(row.hex("record"));
    BOOST_TEST(record.sequence == row.number("sequence"));
    BOOST_TEST(record.time == row.number("time"));
    BOOST_TEST(record.event == row.text("event"));
    BOOST_TEST(record.outcome == row.number("outcome"));
    BOOST_TEST(record.fields.size() == row.number("fields"));
    same_hex(row, "record", record.encode());
  });
}

BOOST_DATA_TEST_CASE(of_checkpoints_holds, bdata::make(cases("audit.txt", "checkpoint")), row) {
  expect_of(row, [&] {
    const Checkpoint checkpoint = Checkpoint::read(row.hex("checkpoint"), realm_in(row));
    BOOST_TEST(checkpoint.sequence == row.number("sequence"));
    BOOST_TEST(checkpoint.time == row.number("time"));
    same_hex(row, "link", checkpoint.link);
  });
}

BOOST_DATA_TEST_CASE(of_audit_chains_holds, bdata::make(cases("audit.txt", "chain")), sample) {
  const VectorCase& row = sample;
  const RealmDocument realm = realm_in(row);
  std::vector<Checkpoint> checkpoints;
  for (const std::string& wire : row.all("checkpoint")) {
    checkpoints.push_back(Checkpoint::read(from_hex(wire), realm));
  }
  std::vector<AuditRow> rows;
  for (const std::string& line : row.all("row")) rows.push_back(row_of(line));
  std::uint64_t signed_until = 0;
  const std::string fault = fault_of(rows, checkpoints, signed_until);
  BOOST_TEST(fault == (row.has("fault") ? row.text("fault") : ""));
  if (row.has("fault")) return;
  BOOST_TEST(rows.size() == row.number("verified"));
  BOOST_TEST(signed_until == row.number("signed_until"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace second
