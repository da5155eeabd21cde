// Every case of specs/vectors through the second implementation, as README.md there says under
// "Verification". The first one has the same in tests/ticket/vectors_verify_test.cpp. What is kept,
// shown or sent once is in vectors_kept_test.cpp.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/second/call.h"
#include "tests/crosscheck/second/files.h"
#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/login.h"
#include "tests/crosscheck/second/presentation.h"
#include "tests/crosscheck/second/primitives.h"
#include "tests/crosscheck/second/ticket.h"
#include "tests/crosscheck/vector_run.h"

namespace bdata = boost::unit_test::data;

namespace second {

namespace {

std::string notation(const Value& value) {
  switch (value.type) {
    case Value::Type::number:
      return std::to_string(value.integer);
    case Value::Type::bin:
      return "x'" + to_hex(value.bytes) + "'";
    case Value::Type::text: {
      std::string out = "\"";
      for (const std::uint8_t byte : value.bytes) {
        if (byte == '"' || byte == '\\') out += '\\';
        out += static_cast<char>(byte);
      }
      return out + '"';
    }
    case Value::Type::array:
      break;
  }
  std::string out = "[";
  for (const Value& item : value.items) out += (out.size() > 1 ? ", " : "") + notation(item);
  return out + "]";
}

void check_service_ticket(const VectorCase& row) {
  Receiver receiver{
      row.text("audience"),
      {{row.number("kvno"), first<32>(row.hex("secret"))}},
      RealmDocument::read(row.hex("realm_document"), "DEMO.TEST", row.hex("root_key"))};
  const Opened ticket = receiver.accept(row.hex("ticket"), row.number("now"));
  same_hex(row, "session", ticket.session);
  same_hex(row, "body", ticket.body_bytes);
  same_hex(row, "evidence", ticket.evidence());
  const Evidence evidence = Evidence::read(row.hex("evidence"));
  evidence.check(receiver.realm);
}

void check_batch(const VectorCase& row) {
  const Bytes wire = row.hex("proof");
  const auto proof = Proof::read(decode(wire, max_evidence));
  const Bytes32 leaf = batch_leaf(row.hex("header"), row.hex("body"));
  const Bytes32 top = batch_root(leaf, *proof);
  const Bytes statement = batch_statement(row.text("realm"), proof->batch_time, top);
  require(ed25519_verifies(row.hex("signer"), statement, proof->signature), Code::bad_proof);
  same_hex(row, "leaf", leaf);
  same_hex(row, "root", top);
}

void check_presentation(const VectorCase& row) {
  const Presentation read = Presentation::read(row.hex("presentation"));
  const Bytes32 chain = read.check(row.hex("session"));
  const auto input = first<32>(row.hex("input"));
  if (row.text("kind") == "delegation") {
    check_delegation(read.caveats);
  } else {
    read.authenticator.check(row.text("addressee"), row.hex("instance"), row.number("now"),
                             first<32>(row.hex("request")));
  }
  check_caveats(read.caveats,
                {row.number("now"), row.text("addressee"), row.text("queue"),
                 row.text("workflow_type"), row.text("workflow_id"), input, row.all("action"),
                 std::vector<Downstream>{}, row.text("namespace")});
  same_hex(row, "chain", chain);
  same_hex(row, "tag", read.tag);
  if (row.has("ticket_id")) same_hex(row, "ticket_id", delegated_id(read.tag));
}

void check_call(const VectorCase& row) {
  const Received received = Received::read(row.hex("call"));
  const auto opened = received.open(row.hex("session"));
  received.presentation.authenticator.check(row.text("addressee"), row.hex("instance"),
                                            row.number("now"), opened.request);
  std::vector<std::string> lines;
  for (const Operation& one : opened.operations) {
    lines.push_back(one.name + (one.arguments.empty() ? "" : " ") + to_hex(one.arguments));
  }
  BOOST_TEST(lines == row.all("operation"), boost::test_tools::per_element());
  same_hex(row, "reply_key", opened.reply_key);
}

void check_reply(const VectorCase& row) {
  std::vector<std::string> lines;
  for (const Answer& answer : open_reply(row.hex("reply_key"), row.hex("reply"))) {
    lines.push_back(std::to_string(answer.code) + " " +
                    (answer.detail.empty() ? "-" : to_hex(view(answer.detail))) + " " +
                    (answer.value.empty() ? "-" : to_hex(answer.value)));
  }
  BOOST_TEST(lines == row.all("answer"), boost::test_tools::per_element());
}

void check_keytab(const VectorCase& row) {
  const Keytab keytab = Keytab::read(row.hex("file"));
  BOOST_TEST(keytab.principal == row.text("principal"));
  std::vector<std::string> kvnos, publics;
  for (const Keytab::Entry& entry : keytab.entries) {
    kvnos.push_back(std::to_string(entry.kvno));
    publics.push_back(to_hex(x25519_public(entry.secret)));
  }
  BOOST_TEST(kvnos == row.all("kvno"), boost::test_tools::per_element());
  BOOST_TEST(publics == row.all("public"), boost::test_tools::per_element());
  same_hex(row, "file", keytab.encode());
}

void check_ccache(const VectorCase& row) {
  const CredentialCache cache = CredentialCache::read(row.hex("file"));
  BOOST_TEST(cache.principal == row.text("principal"));
  same_hex(row, "kdc", cache.kdc);
  BOOST_TEST(cache.serial == row.number("serial"));
  std::vector<std::string> audiences, sessions;
  for (const auto& [audience, issued] : cache.tickets) {
    audiences.push_back(audience);
    sessions.push_back(to_hex(Issued::read(issued).session));
  }
  BOOST_TEST(audiences == row.all("audience"), boost::test_tools::per_element());
  BOOST_TEST(sessions == row.all("session"), boost::test_tools::per_element());
  same_hex(row, "file", cache.encode());
}

void check_possession(const VectorCase& row) {
  const Bytes secret = row.hex("secret"), epoch = row.hex("epoch_secret");
  const Claim claim{row.text("principal"), row.number("kvno"), x25519_public(secret),
                    x25519_public(epoch)};
  const Bytes32 expected = possession(epoch, claim.key, claim);
  BOOST_TEST((expected == possession(secret, claim.epoch, claim)));
  require(same(expected, row.hex("proof")), Code::possession_unproven);
}

void check_payload(const VectorCase& row) {
  const Bytes session = row.hex("session"), sealed = row.hex("sealed");
  const bool is_input = row.text("kind") == "input";
  const Bytes payload =
      is_input ? open_input(session,
                            input_binding(row.text("namespace"), row.text("queue"),
                                          row.text("workflow_type"), row.text("workflow_id")),
                            sealed)
               : open_result(session,
                             result_binding(row.hex("ticket_id"), row.text("workflow_id"),
                                            row.text("run_chain")),
                             sealed);
  same_hex(row, "payload", payload);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_vector_by_the_second_implementation)

BOOST_DATA_TEST_CASE(of_the_codec_holds, bdata::make(cases("codec.txt")), row) {
  expect_of(row, [&] {
    const Bytes wire = row.hex("wire");
    const Value value = decode(wire, max_message);
    BOOST_TEST(notation(value) == row.text("value"));
    BOOST_TEST((encode(value) == wire));
  });
}

BOOST_DATA_TEST_CASE(of_seals_holds, bdata::make(cases("seal.txt")), row) {
  expect_of(row, [&] {
    same_hex(row, "message", open(row.hex("key"), row.hex("ad"), row.hex("sealed")));
    const Bytes sealed = row.hex("sealed");
    same_hex(row, "sealed",
             seal(row.hex("key"), row.hex("ad"), row.hex("message"), View(sealed).first(24)));
  });
}

BOOST_DATA_TEST_CASE(of_service_tickets_holds, bdata::make(cases("ticket.txt", "service")), row) {
  expect_of(row, [&] { check_service_ticket(row); });
}

BOOST_DATA_TEST_CASE(of_tgts_holds, bdata::make(cases("ticket.txt", "tgt")), row) {
  expect_of(row, [&] {
    const Opened ticket = open_tgt(row.hex("ticket"), row.hex("tgt_key"), row.number("now"));
    same_hex(row, "session", ticket.session);
    same_hex(row, "body", ticket.body_bytes);
  });
}

BOOST_DATA_TEST_CASE(of_batches_holds, bdata::make(cases("batch.txt")), row) {
  expect_of(row, [&] { check_batch(row); });
}

BOOST_DATA_TEST_CASE(of_presentations_holds, bdata::make(cases("presentation.txt")), row) {
  expect_of(row, [&] { check_presentation(row); });
}

BOOST_DATA_TEST_CASE(of_calls_holds, bdata::make(cases("call.txt", "call")), row) {
  expect_of(row, [&] { check_call(row); });
}

BOOST_DATA_TEST_CASE(of_answers_holds, bdata::make(cases("call.txt", "reply")), row) {
  expect_of(row, [&] { check_reply(row); });
}

BOOST_DATA_TEST_CASE(of_keytabs_holds, bdata::make(cases("keytab.txt", "keytab")), row) {
  expect_of(row, [&] { check_keytab(row); });
}

BOOST_DATA_TEST_CASE(of_credential_caches_holds, bdata::make(cases("keytab.txt", "ccache")), row) {
  expect_of(row, [&] { check_ccache(row); });
}

BOOST_DATA_TEST_CASE(of_possession_holds, bdata::make(cases("keytab.txt", "possession")), row) {
  expect_of(row, [&] { check_possession(row); });
}

BOOST_DATA_TEST_CASE(of_passwords_holds, bdata::make(cases("keytab.txt", "password")), row) {
  expect_of(row, [&] {
    same_hex(row, "public",
             x25519_public(key_from_password(row.hex("password"), row.hex("realm_id"),
                                             row.text("principal"))));
  });
}

BOOST_DATA_TEST_CASE(of_payloads_holds, bdata::make(cases("payload.txt")), row) {
  expect_of(row, [&] { check_payload(row); });
}

BOOST_DATA_TEST_CASE(of_noise_holds_for_the_initiator, bdata::make(cases("noise.txt")), row) {
  const auto payloads = row.all("payload"), messages = row.all("message");
  Initiator initiator(row.hex("init_static"), row.hex("init_remote_static"),
                      row.hex("init_prologue"), row.hex("init_ephemeral"));
  BOOST_TEST(to_hex(initiator.write(from_hex(payloads.at(0)))) == messages.at(0));
  BOOST_TEST(to_hex(initiator.read(from_hex(messages.at(1)))) == payloads.at(1));
  same_hex(row, "handshake_hash", initiator.handshake_hash());
  const auto [mine, theirs] = initiator.split();
  for (std::size_t i = 2; i < messages.size(); ++i) {
    const Bytes32& key = i % 2 == 0 ? mine : theirs;
    BOOST_TEST(to_hex(transport_seal(key, i / 2 - 1, from_hex(payloads.at(i)))) == messages.at(i));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace second
