// Every case of specs/vectors through the public functions, as README.md there says under
// "Verification". Nothing here knows how the cases were made.

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/test_realm.h"
#include "tests/support/vectors.h"
#include "ticket/call.h"
#include "ticket/exchange/audience.h"
#include "ticket/exchange/ccache.h"
#include "ticket/exchange/feed_follower.h"
#include "ticket/payload.h"
#include "ticket/possession.h"
#include "ticket/presentation.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::vectors_verify_test {
namespace {

RealmDocument document(const VectorCase& row, const Realm& realm) {
  return *RealmDocument::parse(row.hex("realm_document"), realm,
                               RootPublic{row.bytes<32>("root_key")});
}

// The outcome of the file; and where that is "ok", go on to compare what came out.
bool as_expected(const VectorCase& row, const auto& result) {
  BOOST_TEST(outcome(result) == row.expect());
  return bool(result);
}

void check_service_ticket(const VectorCase& row) {
  const Principal who = principal_of(row.text("audience"));
  const Keytab keytab(who, {Kvno{static_cast<std::uint32_t>(row.number("kvno"))}, noon,
                            PrincipalKey(row.secret("secret"))});
  Audience audience(keytab, document(row, who.realm()));
  const auto ticket = audience.accept(row.hex("ticket"), row.time("now"));
  if (!as_expected(row, ticket)) return;
  BOOST_TEST(equal(ticket->session().secret().expose(), row.hex("session")));
  BOOST_TEST((ticket->body().encode() == row.hex("body")));
  BOOST_TEST((ticket->evidence().encode() == row.hex("evidence")));
  const auto evidence = Evidence::decode(row.hex("evidence"));
  BOOST_REQUIRE(bool(evidence));
  BOOST_TEST(outcome(evidence->verify_proof(*audience.realm())) == accepted);
}

Result<VerifiedTicket> open_tgt(const VectorCase& row) {
  TRY(sealed, SealedTicket::parse(row.hex("ticket")));
  TRY(opened, sealed.open(TgtKey(row.secret("tgt_key"))));
  return std::move(opened).verify_tgt(row.time("now"));
}

Checked check_proof(const VectorCase& row, std::optional<Digest>& root) {
  const Buffer wire = row.hex("proof");
  Reader in(wire, limits::max_ticket);
  const auto proof = Proof::read(in);
  CHECK_OK(in.finish());
  const Digest leaf = batch_leaf(row.hex("header"), row.hex("body"));
  const Digest top = batch_root(leaf, proof->index, proof->path);
  const Buffer statement = batch_statement(realm_of(row.text("realm")), proof->batch_time, top);
  if (!verify(KdcPublic{row.bytes<32>("signer")}, statement, proof->signature)) {
    return Errc::bad_proof;
  }
  BOOST_TEST((leaf == row.bytes<32>("leaf")));
  root = top;
  return ok();
}

CaveatRequest caveat_request(const VectorCase& row) {
  return {row.time("now"),         principal_of(row.text("addressee")),
          row.text("queue"),       row.text("workflow_type"),
          row.text("workflow_id"), row.bytes<32>("input"),
          row.all("action"),       std::vector<Downstream>{},
          row.text("namespace")};
}

Result<ChainKey> check_presentation(const VectorCase& row) {
  TRY(read, Presentation::parse(row.hex("presentation")));
  TRY(chain, read.check(SessionKey(row.secret("session"))));
  if (row.text("kind") == "delegation") {
    CHECK_OK(check_delegation(read.caveats()));
  } else {
    const Principal addressee = principal_of(row.text("addressee"));
    const InstanceId instance = row.bytes<16>("instance");
    CHECK_OK(check_authenticator(read.authenticator(),
                                 {addressee, instance, row.time("now"), row.bytes<32>("request")}));
  }
  CHECK_OK(check_caveats(read.caveats(), caveat_request(row)));
  return chain;
}

Result<ReceivedCall::Opened> open_call(const VectorCase& row) {
  TRY(received, ReceivedCall::parse(row.hex("call")));
  TRY(opened, received.open(SessionKey(row.secret("session"))));
  const Principal addressee = principal_of(row.text("addressee"));
  const InstanceId instance = row.bytes<16>("instance");
  CHECK_OK(check_authenticator(received.presentation.authenticator(),
                               {addressee, instance, row.time("now"), opened.request}));
  return opened;
}

void check_keytab(const VectorCase& row) {
  const auto keytab = Keytab::decode(row.hex("file"));
  if (!as_expected(row, keytab)) return;
  BOOST_TEST(keytab->principal().text() == row.text("principal"));
  const auto kvnos = row.all("kvno"), publics = row.all("public");
  BOOST_REQUIRE(keytab->entries().size() == kvnos.size());
  for (std::size_t i = 0; i < kvnos.size(); ++i) {
    BOOST_TEST(std::to_string(number(keytab->entries()[i].kvno)) == kvnos[i]);
    BOOST_TEST(to_hex(keytab->entries()[i].key.public_key().bytes) == publics[i]);
  }
  BOOST_TEST(equal(keytab->encode(), row.hex("file")));
}

void check_ccache(const VectorCase& row) {
  const auto cache = CredentialCache::decode(row.hex("file"));
  if (!as_expected(row, cache)) return;
  BOOST_TEST(cache->principal().text() == row.text("principal"));
  BOOST_TEST((cache->kdc == row.bytes<16>("kdc")));
  BOOST_TEST(cache->realm_serial == row.number("serial"));
  const auto audiences = row.all("audience"), sessions = row.all("session");
  BOOST_REQUIRE(cache->credentials().size() == audiences.size());
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    const auto& [audience, issued] = cache->credentials()[i];
    BOOST_TEST(audience == audiences[i]);
    BOOST_TEST(to_hex(issued.session.secret().expose()) == sessions[i]);
  }
  BOOST_TEST(equal(cache->encode(), row.hex("file")));
}

Checked check_possession(const VectorCase& row) {
  const EpochKey epoch(row.secret("epoch_secret"));
  const PrincipalKey key(row.secret("secret"));
  const Principal who = principal_of(row.text("principal"));
  const KeyClaim claim{who, Kvno{static_cast<std::uint32_t>(row.number("kvno"))}};
  const auto expected = expected_possession(epoch, key.public_key(), claim);
  if (!expected || !same_secret(*expected, row.hex("proof"))) return Errc::possession_unproven;
  BOOST_TEST((prove_possession(key, epoch.public_key(), claim) == expected));
  return ok();
}

FeedFollower::Place place_in(const VectorCase& row, const std::string& suffix) {
  return {{row.number("sequence" + suffix), row.bytes<32>("link" + suffix)},
          row.number("goal" + suffix),
          {row.number("known_sequence" + suffix), row.time("known_time" + suffix)}};
}

/// What came of one piece: how many entries, or which segment is wanted next.
struct Step {
  std::size_t believed = 0;
  std::string wants;
};

Result<Step> take_piece(FeedFollower& follower, std::string_view what, Bytes wire,
                        const RealmDocument& realm) {
  if (what == "head") {
    TRY(wants, follower.take_head(wire, realm, noon));
    return Step{0, wants ? wants->path() : ""};
  }
  TRY(segment, FeedSegment::decode(wire));
  TRY(fresh, follower.take_segment(segment, realm, noon));
  return Step{fresh.size(), ""};
}

void check_feed(const VectorCase& row) {
  const RealmDocument realm = document(row, realm_of("DEMO.TEST"));
  FeedFollower follower(place_in(row, ""));
  Step all;
  const auto pieces = row.all_of({"head", "segment"});
  BOOST_REQUIRE(!pieces.empty());
  for (const auto& [what, wire] : pieces) {
    const FeedFollower::Place before = follower.place();
    const auto step = take_piece(follower, what, wire, realm);
    const bool last = &wire == &pieces.back().second;
    if (!last) BOOST_REQUIRE(bool(step));
    if (last && !as_expected(row, step)) {
      BOOST_TEST((follower.place() == before));
      return;
    }
    all = {all.believed + step->believed, step->wants};
  }
  BOOST_TEST(all.believed == row.number("believed"));
  BOOST_TEST(all.wants == (row.has("wants") ? row.text("wants") : ""));
  BOOST_TEST((follower.place() == place_in(row, "_after")));
}

Result<Buffer> open_payload(const VectorCase& row) {
  const SessionKey session(row.secret("session"));
  if (row.text("kind") == "input") {
    return open_input(session,
                      {row.text("namespace"), row.text("queue"), row.text("workflow_type"),
                       row.text("workflow_id")},
                      row.hex("sealed"));
  }
  return open_result(session,
                     {row.bytes<16>("ticket_id"), row.text("workflow_id"), row.text("run_chain")},
                     row.hex("sealed"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(every_vector)

// Rules: R1.13, R1.14
BOOST_DATA_TEST_CASE(of_seals_holds, bdata::make(load_vectors("seal.txt")), sample) {
  const VectorCase& row = sample;
  const auto opened = open(TgtKey(row.secret("key")), row.hex("ad"), row.hex("sealed"));
  if (as_expected(row, opened)) BOOST_TEST((*opened == row.hex("message")));
}

BOOST_DATA_TEST_CASE(of_service_tickets_holds, bdata::make(load_vectors("ticket.txt", "service")),
                     row) {
  check_service_ticket(row);
}

BOOST_DATA_TEST_CASE(of_tgts_holds, bdata::make(load_vectors("ticket.txt", "tgt")), row) {
  const auto ticket = open_tgt(row);
  if (!as_expected(row, ticket)) return;
  BOOST_TEST(equal(ticket->session().secret().expose(), row.hex("session")));
  BOOST_TEST((ticket->body().encode() == row.hex("body")));
}

BOOST_DATA_TEST_CASE(of_batches_holds, bdata::make(load_vectors("batch.txt")), sample) {
  const VectorCase& row = sample;
  std::optional<Digest> root;
  if (as_expected(row, check_proof(row, root))) BOOST_TEST((root == row.bytes<32>("root")));
}

BOOST_DATA_TEST_CASE(of_presentations_holds, bdata::make(load_vectors("presentation.txt")),
                     sample) {
  const VectorCase& row = sample;
  const auto chain = check_presentation(row);
  if (!as_expected(row, chain)) return;
  BOOST_TEST(equal(chain->secret().expose(), row.hex("chain")));
  if (row.has("ticket_id")) {
    BOOST_TEST((delegated_ticket_id(row.bytes<32>("tag")) == row.bytes<16>("ticket_id")));
  }
}

BOOST_DATA_TEST_CASE(of_calls_holds, bdata::make(load_vectors("call.txt", "call")), row) {
  const auto opened = open_call(row);
  if (!as_expected(row, opened)) return;
  std::vector<std::string> operations;
  for (const Operation& op : opened->operations) {
    operations.push_back(op.name + (op.arguments.empty() ? "" : " ") + to_hex(op.arguments));
  }
  BOOST_TEST(operations == row.all("operation"), boost::test_tools::per_element());
  BOOST_TEST(equal(opened->reply_key.secret().expose(), row.hex("reply_key")));
}

BOOST_DATA_TEST_CASE(of_answers_holds, bdata::make(load_vectors("call.txt", "reply")), row) {
  const PendingCall pending{{}, ReplyKey(row.secret("reply_key"))};
  const auto answers = pending.open_reply(row.hex("reply"));
  if (!as_expected(row, answers)) return;
  std::vector<std::string> lines;
  for (const Answer& answer : *answers) {
    lines.push_back(std::to_string(answer.refusal ? static_cast<unsigned>(*answer.refusal) : 0U) +
                    " " + (answer.detail.empty() ? "-" : to_hex(bytes_of(answer.detail))) + " " +
                    (answer.value.empty() ? "-" : to_hex(answer.value)));
  }
  BOOST_TEST(lines == row.all("answer"), boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(of_requests_to_log_in_holds, bdata::make(load_vectors("login.txt", "request")),
                     row) {
  const auto request = LoginRequest::decode(row.hex("payload"));
  if (!as_expected(row, request)) return;
  BOOST_TEST(request->principal.text() == row.text("principal"));
  BOOST_TEST((request->life == Seconds(row.number("life"))));
  BOOST_TEST((request->renewable == Seconds(row.number("renewable"))));
  BOOST_TEST((request->time == row.time("time")));
  BOOST_TEST((request->earlier == row.hex("earlier")));
  BOOST_TEST((request->encode() == row.hex("payload")));
}

BOOST_DATA_TEST_CASE(of_answers_to_a_login_holds, bdata::make(load_vectors("login.txt", "reply")),
                     sample) {
  const VectorCase& row = sample;
  const auto reply = LoginReply::decode(row.hex("payload"));
  if (!as_expected(row, reply)) return;
  const std::uint64_t code = reply->refusal ? static_cast<std::uint64_t>(*reply->refusal) : 0;
  BOOST_TEST(code == row.number("code"));
  BOOST_TEST((reply->kdc_time == row.time("time")));
  BOOST_TEST((reply->kdc_instance == row.bytes<16>("instance")));
  BOOST_TEST(reply->tgt.has_value() == row.has("ticket"));
  if (reply->tgt) BOOST_TEST(equal(reply->tgt->encode(), row.hex("ticket")));
  BOOST_TEST(equal(reply->encode(), row.hex("payload")));
}

BOOST_DATA_TEST_CASE(of_keytabs_holds, bdata::make(load_vectors("keytab.txt", "keytab")), row) {
  check_keytab(row);
}

BOOST_DATA_TEST_CASE(of_credential_caches_holds, bdata::make(load_vectors("keytab.txt", "ccache")),
                     row) {
  check_ccache(row);
}

BOOST_DATA_TEST_CASE(of_possession_holds, bdata::make(load_vectors("keytab.txt", "possession")),
                     row) {
  as_expected(row, check_possession(row));
}

BOOST_DATA_TEST_CASE(of_passwords_holds, bdata::make(load_vectors("keytab.txt", "password")),
                     sample) {
  const VectorCase& row = sample;
  const auto key =
      key_from_password(row.hex("password"), row.bytes<32>("realm_id"), row.text("principal"));
  BOOST_TEST(to_hex(key.public_key().bytes) == row.text("public"));
}

BOOST_DATA_TEST_CASE(of_feeds_holds, bdata::make(load_vectors("feed.txt")), row) {
  check_feed(row);
}

BOOST_DATA_TEST_CASE(of_payloads_holds, bdata::make(load_vectors("payload.txt")), row) {
  const auto opened = open_payload(row);
  if (as_expected(row, opened)) BOOST_TEST((*opened == row.hex("payload")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::vectors_verify_test
