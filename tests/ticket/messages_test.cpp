#include "ticket/exchange/messages.h"

#include <functional>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::messages_test {
namespace {

const Buffer session(32, 3);

Writer issued(std::size_t ticket = 10, std::size_t evidence = 0, std::size_t secret = 32) {
  Writer out;
  out.array(7).bin(Buffer(ticket)).bin(Buffer(secret)).bin(Buffer(evidence));
  return out.time(noon), out.time(noon), out.time(noon), out.time(noon), std::move(out);
}

Writer delegated(std::string_view queue, std::string_view space, std::string_view id,
                 std::string_view type) {
  Writer out;
  out.array(9).bin(Buffer(10)).str(queue).str(space).str(id).str(type).bin(Buffer(32));
  out.array(1).str("invoice:read").array(0).uint(3600);
  return out;
}

Writer look(std::string_view payload, std::size_t presentation = 10, std::size_t evidence = 10) {
  Writer out;
  out.array(3).bin(Buffer(presentation)).bin(Buffer(evidence)).str(payload);
  return out;
}

// Padded to `size` bytes with `fill`.
Buffer reply(std::uint64_t code, Bytes ticket, std::size_t size = 1024, std::uint8_t fill = 0) {
  Writer out;
  Buffer start = out.array(5).uint(code).time(noon).bin(Buffer(16)).bin(ticket).take();
  Buffer padding = Writer().bin(Buffer(size - 3 - start.size(), fill)).take();
  start.insert(start.end(), padding.begin(), padding.end());
  return start;
}

// Of the right length, by a ticket that leaves no more than this for the padding.
Buffer reply_with_padding(std::size_t padding) {
  const std::size_t frame = 1 + 1 + 5 + 18 + 3 + (padding > 255 ? 3 : 2);
  const std::size_t issued_frame = issued(300).take().size() - 300;
  Writer out;
  out.array(5).uint(0).time(noon).bin(Buffer(16));
  out.bin(issued(1024 - frame - padding - issued_frame).take());
  return out.bin(Buffer(padding)).take();
}

const Buffer ten_years_and_a_day = Writer().array(2).str("s").uint(10 * 366 * 86'400 + 1).take();

using Decode = Outcome (*)(Bytes);
template <class Message>
Outcome decode(Bytes wire) {
  const auto read = Message::decode(wire);
  if (!read) return outcome(read);
  // What was accepted is written as the same bytes.
  return equal(read->encode(), wire) ? Outcome() : Outcome(Errc::internal);
}

struct Row {
  const char* name;
  Decode decode;
  Buffer wire;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row rows[] = {
    {"a login envelope", decode<LoginEnvelope>,
     Writer().array(4).uint(1).str("R").uint(1).bin(Buffer(96)).take(), accepted},
    {"a login envelope of version 2", decode<LoginEnvelope>,
     Writer().array(4).uint(2).str("R").uint(1).bin(Buffer(96)).take(), Errc::bad_version},
    {"a login envelope without a realm", decode<LoginEnvelope>,
     Writer().array(4).uint(1).str("").uint(1).bin(Buffer(96)).take(), Errc::bad_name},
    {"a login envelope for an epoch beyond 32 bits", decode<LoginEnvelope>,
     Writer().array(4).uint(1).str("R").uint(1ULL << 32).bin({}).take(), Errc::malformed},
    {"a login envelope of 4 KiB", decode<LoginEnvelope>,
     Writer().array(4).uint(1).str("R").uint(1).bin(Buffer(limits::max_noise_message)).take(),
     accepted},
    {"a larger login envelope", decode<LoginEnvelope>,
     Writer().array(4).uint(1).str("R").uint(1).bin(Buffer(limits::max_noise_message + 1)).take(),
     Errc::limit_exceeded},
    {"an empty login envelope", decode<LoginEnvelope>, {}, Errc::malformed},

    {"a login request", decode<LoginRequest>,
     Writer().array(5).str("carol@R").uint(3600).uint(0).time(noon).bin({}).take(), accepted},
    {"a login request with an earlier TGT", decode<LoginRequest>,
     Writer().array(5).str("carol@R").uint(3600).uint(0).time(noon).bin(Buffer(700)).take(),
     accepted},
    {"a login request with a field less", decode<LoginRequest>,
     Writer().array(4).str("carol@R").uint(3600).uint(0).time(noon).take(), Errc::malformed},
    {"a login request of nobody", decode<LoginRequest>,
     Writer().array(5).str("carol").uint(3600).uint(0).time(noon).bin({}).take(), Errc::bad_name},
    {"a login request for eleven years", decode<LoginRequest>,
     Writer().array(5).str("carol@R").uint(11 * 366 * 86'400ULL).uint(0).time(noon).bin({}).take(),
     Errc::limit_exceeded},
    {"a login request renewable for eleven years", decode<LoginRequest>,
     Writer().array(5).str("carol@R").uint(1).uint(11 * 366 * 86'400ULL).time(noon).bin({}).take(),
     Errc::limit_exceeded},
    {"a login request with a field more", decode<LoginRequest>,
     Writer().array(6).str("carol@R").uint(1).uint(0).time(noon).bin({}).uint(0).take(),
     Errc::malformed},

    {"an issued ticket", decode<IssuedTicket>, issued().take(), accepted},
    {"an issued ticket with evidence", decode<IssuedTicket>, issued(4096, 4096).take(), accepted},
    {"an issued ticket of 17 KiB", decode<IssuedTicket>, issued(17 * 1024).take(),
     Errc::limit_exceeded},
    {"an issued ticket with large evidence", decode<IssuedTicket>, issued(10, 4097).take(),
     Errc::limit_exceeded},
    {"an issued ticket with a short session key", decode<IssuedTicket>, issued(10, 0, 31).take(),
     Errc::malformed},
    {"an issued ticket with a long session key", decode<IssuedTicket>, issued(10, 0, 33).take(),
     Errc::malformed},

    {"a login reply", decode<LoginReply>, reply(0, issued().take()), accepted},
    {"a refused login", decode<LoginReply>, reply(24, {}), accepted},
    {"a refused login with a larger code", decode<LoginReply>, reply(194, {}), accepted},
    {"a login reply without a ticket", decode<LoginReply>, reply(0, {}), Errc::malformed},
    {"a refused login with a ticket", decode<LoginReply>, reply(24, issued().take()),
     Errc::malformed},
    {"a login reply of a byte less", decode<LoginReply>, reply(0, issued().take(), 1023),
     Errc::malformed},
    {"a login reply of a byte more", decode<LoginReply>, reply(0, issued().take(), 1025),
     Errc::malformed},
    {"a login reply padded with something", decode<LoginReply>, reply(0, issued().take(), 1024, 1),
     Errc::malformed},
    {"a login reply with the least padding", decode<LoginReply>, reply_with_padding(256), accepted},
    {"a login reply with less", decode<LoginReply>, reply_with_padding(255), Errc::malformed},
    {"a login reply without padding", decode<LoginReply>,
     Writer().array(4).uint(24).time(noon).bin(Buffer(16)).bin({}).take(), Errc::malformed},

    {"a request for a service", decode<ServiceTicketRequest>,
     Writer().array(2).str("trigger/orders").uint(0).take(), accepted},
    {"a request for no service", decode<ServiceTicketRequest>,
     Writer().array(2).str("").uint(0).take(), Errc::bad_name},
    {"a request for too long", decode<ServiceTicketRequest>, ten_years_and_a_day,
     Errc::limit_exceeded},
    {"a request for a time beyond 32 bits", decode<ServiceTicketRequest>,
     Writer().array(2).str("s").uint(1ULL << 32).take(), Errc::malformed},

    {"a request for a delegated ticket", decode<DelegatedTicketRequest>,
     delegated("queue-alice", "default", "w-1", "w").take(), accepted},
    {"for no queue", decode<DelegatedTicketRequest>, delegated("", "default", "w-1", "w").take(),
     Errc::bad_name},
    {"for a pattern of queues", decode<DelegatedTicketRequest>,
     delegated("queue-*", "default", "w-1", "w").take(), Errc::bad_name},
    {"for no namespace", decode<DelegatedTicketRequest>, delegated("q", "", "w-1", "w").take(),
     Errc::bad_name},
    {"for no workflow", decode<DelegatedTicketRequest>, delegated("q", "d", "", "w").take(),
     Errc::bad_name},
    {"for a type with a space", decode<DelegatedTicketRequest>,
     delegated("q", "d", "w", "w w").take(), Errc::bad_name},

    {"a request to look", decode<LookRequest>, look("result").take(), accepted},
    {"a request to look at something else", decode<LookRequest>, look("memo").take(),
     Errc::malformed},
    {"a request to look with a large presentation", decode<LookRequest>,
     look("input", 24 * 1024 + 1).take(), Errc::limit_exceeded},
    {"a request to look with large evidence", decode<LookRequest>, look("input", 1, 4097).take(),
     Errc::limit_exceeded},
    {"a request to look with a field more", decode<LookRequest>,
     Writer().array(4).bin({}).bin({}).str("input").uint(0).take(), Errc::malformed},

    {"a request about evidence", decode<EvidenceRequest>, Writer().array(1).bin(Buffer(100)).take(),
     accepted},
    {"a request about nothing", decode<EvidenceRequest>, Writer().array(1).bin({}).take(),
     accepted},
    {"a request about too much", decode<EvidenceRequest>,
     Writer().array(1).bin(Buffer(4097)).take(), Errc::limit_exceeded},
    {"a request about two things", decode<EvidenceRequest>,
     Writer().array(2).bin({}).bin({}).take(), Errc::malformed},

    {"a refusal", decode<Refusal>, Writer().array(3).str("refusal").uint(24).str("why").take(),
     accepted},
    {"no refusal", decode<Refusal>, Writer().array(3).str("refused").uint(24).str("why").take(),
     Errc::malformed},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_message_of_the_exchanges)

// Rules: R1.10, R3.1, R3.2, R3.9
BOOST_DATA_TEST_CASE(has_one_shape_and_is_written_as_it_was_read, bdata::make(rows), row) {
  BOOST_TEST(row.decode(row.wire) == row.expect);
}

BOOST_DATA_TEST_CASE(is_refused_when_it_is_cut_off_anywhere, bdata::make(rows), row) {
  if (row.expect != accepted) return;
  for (std::size_t size = 0; size < row.wire.size(); size += size < 64 ? 1 : 97) {
    BOOST_TEST(row.decode(Bytes(row.wire).first(size)) == Errc::malformed, size);
  }
}

BOOST_DATA_TEST_CASE(is_refused_with_a_byte_behind_it, bdata::make(rows), row) {
  if (row.expect != accepted) return;
  Buffer longer = row.wire;
  longer.push_back(0);
  const Outcome what = row.decode(longer);
  BOOST_TEST((what == Errc::malformed || what == Errc::limit_exceeded));
}

// Rules: R3.5
BOOST_AUTO_TEST_CASE(with_a_code_of_a_newer_kdc_is_a_refusal_all_the_same) {
  const auto login = LoginReply::decode(reply(60'000, {}));
  BOOST_REQUIRE(bool(login));
  BOOST_TEST((login->refusal == Errc::policy_denied));
  const auto plain =
      Refusal::decode(Writer().array(3).str("refusal").uint(60'000).str("why").take());
  BOOST_REQUIRE(bool(plain));
  BOOST_TEST((plain->code == Errc::policy_denied));
}

BOOST_AUTO_TEST_CASE(about_a_login_is_of_one_length_whatever_it_says) {
  const auto size = [](const LoginReply& reply) { return reply.encode().size(); };
  const Time late{Seconds(253'402'300'799)};
  for (const Errc code : {Errc::login_failed, Errc::clock_skew, Errc::request_replayed, Errc::busy,
                          Errc::policy_denied, Errc::job_failed}) {
    BOOST_TEST(size({code, noon, InstanceId{1}, {}}) == limits::login_reply);
    BOOST_TEST(size({code, late, InstanceId{1}, {}}) == limits::login_reply);
  }
  for (const std::size_t realm_length : {1U, 9U, 64U}) {
    TestRealm realm(std::string(realm_length, 'R'));
    for (const std::size_t name_length : {1U, 23U, 24U, 128U}) {
      Body body = realm.tgt_body(std::string(name_length, 'c'));
      BOOST_TEST(size({{}, noon, InstanceId{1}, realm.tgt(body)}) == limits::login_reply);
      body.issued_at = body.start_by = body.run_until = body.renew_until = late;
      body.max_staleness = Seconds(10 * 366 * 86'400);
      const LoginReply reply{{}, late, InstanceId{1}, realm.tgt(body)};
      BOOST_TEST(size(reply) == limits::login_reply);
      const auto read = LoginReply::decode(reply.encode());
      BOOST_REQUIRE(bool(read));
      BOOST_TEST((read->tgt->ticket == reply.tgt->ticket));
    }
  }
}

BOOST_AUTO_TEST_CASE(says_which_realm_and_epoch_it_is_for) {
  const Realm realm = realm_of("DEMO.TEST");
  const Buffer prologue = login_prologue(realm, KeyId{1});
  BOOST_TEST(
      (prologue == Writer().array(4).str("waybill").uint(1).str("DEMO.TEST").uint(1).take()));
  BOOST_TEST((prologue != login_prologue(realm, KeyId{2})));
  BOOST_TEST((prologue != login_prologue(realm_of("DEMO.TESU"), KeyId{1})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::messages_test
