// How large a ticket may be, in every one of its lists, and what its body may look like.

#include <algorithm>
#include <functional>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::ticket_limits_test {
namespace {

const Work work = work_of("invoice-report", "the input");

std::vector<std::string> names(std::size_t count, std::size_t length = 4) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name = "a" + std::to_string(i);
    name.resize(std::max(length, name.size()), 'x');
    out.push_back(std::move(name));
  }
  return out;
}

struct Row {
  const char* name;
  Outcome expect;
  std::function<void(Body&)> change;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row bodies[] = {
    {"nothing at all", accepted,
     [](Body& b) {
       b.lineage.clear();
       b.actors.clear();
       b.actions.clear();
       b.work.reset();
     }},
    {"8 ancestors", accepted, [](Body& b) { b.lineage.resize(8); }},
    {"9 ancestors", Errc::limit_exceeded, [](Body& b) { b.lineage.resize(9); }},
    {"8 actors", accepted, [](Body& b) { b.actors.assign(8, b.subject); }},
    {"9 actors", Errc::limit_exceeded, [](Body& b) { b.actors.assign(9, b.subject); }},
    {"32 actions", accepted, [](Body& b) { b.actions = names(32); }},
    {"33 actions", Errc::limit_exceeded, [](Body& b) { b.actions = names(33); }},
    {"an action of 128 bytes", accepted, [](Body& b) { b.actions = names(1, 128); }},
    {"an action of 129 bytes", Errc::limit_exceeded, [](Body& b) { b.actions = names(1, 129); }},
    {"an empty action", Errc::bad_name, [](Body& b) { b.actions = {""}; }},
    {"an action with a star", Errc::bad_name, [](Body& b) { b.actions = {"invoice:*"}; }},
    {"16 downstreams", accepted,
     [](Body& b) {
       b.downstreams.assign(16, {"ledger", {"a"}});
     }},
    {"17 downstreams", Errc::limit_exceeded,
     [](Body& b) {
       b.downstreams.assign(17, {"ledger", {}});
     }},
    {"a downstream with 33 actions", Errc::limit_exceeded,
     [](Body& b) {
       b.downstreams = {{"ledger", names(33)}};
     }},
    {"a downstream without a name", Errc::bad_name,
     [](Body& b) {
       b.downstreams = {{"", {}}};
     }},
    {"a workflow id of 200 bytes", accepted, [](Body& b) { b.work->id.assign(200, 'w'); }},
    {"a workflow id of 201 bytes", Errc::limit_exceeded,
     [](Body& b) { b.work->id.assign(201, 'w'); }},
    {"an empty workflow id", Errc::bad_name, [](Body& b) { b.work->id.clear(); }},
    {"a workflow type with a space", Errc::bad_name, [](Body& b) { b.work->type = "a b"; }},
    {"an empty namespace", Errc::bad_name, [](Body& b) { b.work->space.clear(); }},
    {"the last second", accepted, [](Body& b) { b.renew_until = Time{Seconds{253'402'300'799}}; }},
    {"a second more", Errc::malformed,
     [](Body& b) { b.renew_until = Time{Seconds{253'402'300'800}}; }},
    {"a time before 1970", Errc::malformed, [](Body& b) { b.issued_at = Time{-1s}; }},
    {"a staleness of 32 bits", accepted, [](Body& b) { b.max_staleness = Seconds{0xffffffff}; }},
    {"a staleness of 33 bits", Errc::malformed,
     [](Body& b) { b.max_staleness = Seconds{0x100000000}; }},
    {"all flags", accepted, [](Body& b) { b.flags = 7; }},
    {"a fourth flag", Errc::malformed, [](Body& b) { b.flags = 8; }},
    {"the 32nd flag", Errc::malformed, [](Body& b) { b.flags = 0x80000000; }},
};

Buffer plaintext(Bytes body, const SessionKey& session, std::size_t extra_fields = 0) {
  Writer out;
  out.array(4 + extra_fields).bin(body).bin(session.secret().expose()).array(0).array(0);
  for (std::size_t i = 0; i < extra_fields; ++i) out.uint(0);
  return out.take();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_body)

// Rules: R4.2
BOOST_DATA_TEST_CASE(keeps_its_limits_and_its_names, bdata::make(bodies), row) {
  TestRealm realm;
  Body body = realm.workflow_body("carol", "queue-alice", work);
  row.change(body);
  const Buffer wire = body.encode();
  const auto read = Body::decode(wire);
  BOOST_TEST(outcome(read) == row.expect);
  if (read) BOOST_TEST((read->encode() == wire));
}

// Rules: R4.9
BOOST_AUTO_TEST_CASE(has_work_with_all_of_its_fields_or_none) {
  TestRealm realm;
  const Body body = realm.service_body("carol", "ledger");
  const Buffer wire = body.encode();
  const std::string audience = "ledger@DEMO.TEST";
  // After the audience stands the work, an empty array; three fields are put in its place.
  const Bytes name = bytes_of(audience);
  const auto found = std::search(wire.begin(), wire.end(), name.begin(), name.end());
  const auto end = found + static_cast<std::ptrdiff_t>(name.size());
  Buffer wrong(wire.begin(), end);
  const Buffer three = Writer().array(3).str("default").str("w-1").str("w").take();
  wrong.insert(wrong.end(), three.begin(), three.end());
  wrong.insert(wrong.end(), end + 1, wire.end());
  BOOST_TEST(outcome(Body::decode(wire)) == accepted);
  BOOST_TEST(outcome(Body::decode(wrong)) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_plaintext)

BOOST_AUTO_TEST_CASE(has_four_fields_and_nothing_behind_them) {
  TestRealm realm;
  const Pieces pieces = realm.pieces(realm.tgt_body("carol"));
  const auto open = [&](Bytes plain) {
    return outcome(
        SealedTicket::parse(realm.seal_plaintext(pieces.header, plain))->open(realm.tgt_key));
  };
  const Buffer body = pieces.body.encode();
  const Buffer good = plaintext(body, pieces.session);
  BOOST_TEST(open(good) == accepted);
  BOOST_TEST(open(plaintext(body, pieces.session, 1)) == Errc::malformed);
  BOOST_TEST(open(plaintext({}, pieces.session)) == Errc::malformed);
  BOOST_TEST(open({}) == Errc::malformed);
  Buffer longer = good;
  longer.push_back(0);
  BOOST_TEST(open(longer) == Errc::malformed);
  Buffer body_longer = body;
  body_longer.push_back(0);
  BOOST_TEST(open(plaintext(body_longer, pieces.session)) == Errc::malformed);
  for (std::size_t size = 0; size < good.size(); ++size) {
    BOOST_TEST(open(Bytes(good).first(size)) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_CASE(has_at_most_4_kib_unless_there_is_a_booklet) {
  TestRealm realm;
  const auto open = [&](const Pieces& pieces) {
    const auto key = pairwise_key(realm.key("queue-alice"), pieces.header);
    return outcome(SealedTicket::parse(realm.seal(pieces))->open(*key));
  };
  // A body just inside its own limit: with session key and proof the plaintext is beyond 4 KiB.
  Body body = realm.workflow_body("carol", "queue-alice", work);
  body.actions = names(31, 105);
  for (std::size_t i = 0; body.encode().size() < limits::max_ticket - 4; ++i) {
    body.actions[i % body.actions.size()] += 'x';
  }
  Pieces large = realm.pieces(std::move(body));
  BOOST_TEST(large.body.encode().size() <= limits::max_ticket);
  BOOST_TEST(large.plaintext().size() > limits::max_ticket);
  BOOST_TEST(open(large) == Errc::limit_exceeded);
  large.booklet.push_back({Buffer(100), SessionKey::random()});
  BOOST_TEST(open(large) == accepted);
  large.booklet.push_back({Buffer(limits::max_ticket), SessionKey::random()});
  BOOST_TEST(open(large) == accepted);
  large.booklet.push_back({Buffer(limits::max_ticket + 1), SessionKey::random()});
  BOOST_TEST(open(large) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(has_at_most_16_entries_in_its_booklet) {
  TestRealm realm;
  Pieces pieces = realm.pieces(realm.workflow_body("carol", "queue-alice", work));
  const auto open = [&] {
    const auto key = pairwise_key(realm.key("queue-alice"), pieces.header);
    return outcome(SealedTicket::parse(realm.seal(pieces))->open(*key));
  };
  while (pieces.booklet.size() < limits::max_downstreams) {
    pieces.booklet.push_back({Buffer(10), SessionKey::random()});
  }
  BOOST_TEST(open() == accepted);
  pieces.booklet.push_back({Buffer(10), SessionKey::random()});
  BOOST_TEST(open() == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ticket_limits_test
