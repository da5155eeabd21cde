// Tickets as somebody changed them on the way, without any key.

#include <algorithm>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/exchange/audience.h"
#include "ticket/exchange/fields.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::ticket_tampering_test {
namespace {

const Work work = work_of("invoice-report", "the input");

struct Fixture {
  TestRealm realm;
  Audience alice{realm.keytab("queue-alice"), realm.document};
  Buffer ticket = realm.issue(realm.workflow_body("carol", "queue-alice", work)).ticket;
  Buffer tgt = realm.tgt(realm.tgt_body("carol")).ticket;

  Outcome accept(Bytes wire) { return outcome(alice.accept(wire, noon)); }
  Outcome open_tgt(Bytes wire) {
    const auto sealed = SealedTicket::parse(wire);
    if (!sealed) return outcome(sealed);
    auto opened = sealed->open(realm.tgt_key);
    if (!opened) return outcome(opened);
    return outcome((*std::move(opened)).verify_tgt(noon));
  }
};

/// A run of bytes of a ticket with one meaning, and the code for a change that leaves the
/// message's shape as it is.
struct Region {
  const char* name;
  std::size_t end;
  Outcome expect;
};

// Lengths of the regions as they stand in a ticket: heads of values, then values.
std::vector<Region> regions(const TicketHeader& h, std::size_t total) {
  const Outcome shape = Errc::malformed;
  std::vector<Region> out;
  std::size_t at = 0;
  const auto add = [&](const char* name, std::size_t size, Outcome expect) {
    at += size;
    out.push_back({name, at, expect});
  };
  add("array", 1, shape);
  add("version", 1, Errc::bad_version);
  add("kind", 1, Errc::wrong_kind);
  add("head of the realm", 1, shape);
  add("realm", h.realm.text().size(),
      h.kind == Kind::tgt ? Errc::bad_integrity : Errc::wrong_realm);
  add("head of the audience", 1, shape);
  add("audience", h.audience.size(), h.kind == Kind::tgt ? Errc::malformed : Errc::wrong_audience);
  if (h.kind == Kind::service) add("kvno", 1, Errc::unknown_kvno);
  add("epoch or signer", 1, Errc::bad_integrity);
  if (h.kind == Kind::service) {
    add("head of the rolling key", 2, shape);
    add("rolling key", 32, Errc::bad_integrity);
  }
  add("head of the seal", 3, shape);
  add("seal", total - at, Errc::bad_integrity);
  return out;
}

// The low bit of a byte keeps the shape; any other may make it another type, another length, text
// that is no text or a name that is no name.
bool is_right(const Region& region, std::size_t bit, Outcome what) {
  const bool of_shape = what == Errc::malformed || what == Errc::not_canonical ||
                        what == Errc::limit_exceeded || what == Errc::bad_name;
  const bool opaque =
      region.expect == Errc::bad_integrity && std::string_view(region.name) == "seal";
  if (opaque || std::string_view(region.name) == "rolling key") return what == region.expect;
  return what == region.expect || of_shape || (bit == 1 && what == Errc::wrong_kind);
}

void flip_everything(Bytes wire, const std::vector<Region>& regions, auto verdict) {
  std::size_t at = 0;
  for (const Region& region : regions) {
    for (; at < region.end; ++at) {
      for (std::size_t bit = 0; bit < 8; ++bit) {
        Buffer wrong = copy_of(wire);
        wrong[at] = static_cast<std::uint8_t>(wrong[at] ^ (1U << bit));
        const Outcome what = verdict(wrong);
        BOOST_TEST(is_right(region, bit, what),
                   region.name << ", byte " << at << ", bit " << bit << ": " << what);
      }
    }
  }
  BOOST_TEST(at == wire.size());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_changed_ticket, Fixture)

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_of_any_field_flipped) {
  const TicketHeader header = SealedTicket::parse(ticket)->header();
  flip_everything(ticket, regions(header, ticket.size()), [&](Bytes wire) { return accept(wire); });
  BOOST_TEST(accept(ticket) == accepted);
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_of_any_field_flipped_when_it_is_a_tgt) {
  const TicketHeader header = SealedTicket::parse(tgt)->header();
  flip_everything(tgt, regions(header, tgt.size()), [&](Bytes wire) { return open_tgt(wire); });
  BOOST_TEST(open_tgt(tgt) == accepted);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_cut_off_anywhere) {
  for (std::size_t size = 0; size < ticket.size(); ++size) {
    BOOST_TEST(accept(Bytes(ticket).first(size)) == Errc::malformed, size);
  }
  for (std::size_t size = 0; size < tgt.size(); ++size) {
    BOOST_TEST(open_tgt(Bytes(tgt).first(size)) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_with_bytes_behind_it) {
  Buffer longer = ticket;
  longer.push_back(0);
  BOOST_TEST(accept(longer) == Errc::malformed);
  longer.insert(longer.end(), ticket.begin(), ticket.end());
  BOOST_TEST(accept(longer) == Errc::malformed);
}

// Rules: R4.21
BOOST_AUTO_TEST_CASE(does_not_open_under_the_header_of_another_one) {
  // The seal of one ticket behind the header of another: everything in the header is bound.
  struct Row {
    const char* name;
    Outcome expect;
    void (*change)(TicketHeader&, TestRealm&);
  };
  const Row rows[] = {
      {"its own", accepted, [](TicketHeader&, TestRealm&) {}},
      {"another realm", Errc::wrong_realm,
       [](TicketHeader& h, TestRealm&) { h.realm = realm_of("DEMO.TEXT"); }},
      {"another queue", Errc::wrong_audience,
       [](TicketHeader& h, TestRealm&) { h.audience = "queue-bob"; }},
      {"another kvno", Errc::unknown_kvno, [](TicketHeader& h, TestRealm&) { h.kvno = Kvno{2}; }},
      {"another signer", Errc::bad_integrity,
       [](TicketHeader& h, TestRealm&) { h.key = KeyId{2}; }},
      {"another rolling key", Errc::bad_integrity,
       [](TicketHeader& h, TestRealm&) { h.rolling = RollingKey::random().public_key(); }},
  };
  const Pieces pieces = realm.pieces(realm.workflow_body("carol", "queue-alice", work));
  for (const Row& row : rows) {
    TicketHeader header = SealedTicket::parse(ticket)->header();
    const Buffer old_header = header.encode();
    row.change(header, realm);
    Buffer moved = header.encode();
    moved.front() = static_cast<std::uint8_t>(moved.front() + 1);
    moved.insert(moved.end(), ticket.begin() + static_cast<std::ptrdiff_t>(old_header.size()),
                 ticket.end());
    BOOST_TEST(accept(moved) == row.expect, row.name);
  }
}

BOOST_AUTO_TEST_CASE(does_not_open_with_the_seal_of_another_one) {
  const Buffer other = realm.issue(realm.workflow_body("dave", "queue-bob", work)).ticket;
  const Buffer sealed_for_bob = copy_of(Bytes(other).last(200));
  Buffer mixed = ticket;
  std::ranges::copy(sealed_for_bob, mixed.end() - 200);
  BOOST_TEST(accept(mixed) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_ticket_of_another_shape, Fixture)

namespace {

struct Shape {
  const char* name;
  Buffer wire;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Shape& row) { return out << row.name; }
};

Writer start(std::size_t fields, std::uint64_t version, std::uint64_t kind) {
  Writer out;
  out.array(fields).uint(version).uint(kind);
  return out;
}

const Buffer seal(100);
const Buffer rolling(32);

const Shape shapes[] = {
    {"nothing", {}, Errc::malformed},
    {"no array", Writer().uint(1).take(), Errc::malformed},
    {"an empty array", Writer().array(0).take(), Errc::malformed},
    {"version 0", start(6, 0, 1).str("R").str("krbtgt").uint(1).bin(seal).take(),
     Errc::bad_version},
    {"version 2", start(6, 2, 1).str("R").str("krbtgt").uint(1).bin(seal).take(),
     Errc::bad_version},
    {"kind 0", start(6, 1, 0).str("R").str("krbtgt").uint(1).bin(seal).take(), Errc::wrong_kind},
    {"kind 3", start(8, 1, 3).str("R").str("q").uint(1).uint(1).bin(rolling).bin(seal).take(),
     Errc::wrong_kind},
    {"a TGT with the fields of a service ticket",
     start(8, 1, 1).str("R").str("krbtgt").uint(1).uint(1).bin(rolling).bin(seal).take(),
     Errc::malformed},
    {"a service ticket with the fields of a TGT",
     start(6, 1, 2).str("R").str("q").uint(1).bin(seal).take(), Errc::malformed},
    {"seven fields", start(7, 1, 2).str("R").str("q").uint(1).uint(1).bin(rolling).take(),
     Errc::malformed},
    {"nine fields",
     start(9, 1, 2).str("R").str("q").uint(1).uint(1).bin(rolling).bin(seal).uint(0).take(),
     Errc::limit_exceeded},
    {"a TGT for somebody else", start(6, 1, 1).str("R").str("carol").uint(1).bin(seal).take(),
     Errc::malformed},
    {"no realm", start(6, 1, 1).str("").str("krbtgt").uint(1).bin(seal).take(), Errc::bad_name},
    {"a realm that is none", start(6, 1, 1).str("R R").str("krbtgt").uint(1).bin(seal).take(),
     Errc::bad_name},
    {"an audience that is no name",
     start(8, 1, 2).str("R").str("q*").uint(1).uint(1).bin(rolling).bin(seal).take(),
     Errc::bad_name},
    {"an epoch beyond 32 bits",
     start(6, 1, 1).str("R").str("krbtgt").uint(1ULL << 32).bin(seal).take(), Errc::malformed},
    {"a kvno beyond 32 bits",
     start(8, 1, 2).str("R").str("q").uint(1ULL << 32).uint(1).bin(rolling).bin(seal).take(),
     Errc::malformed},
    {"a rolling key of 31 bytes",
     start(8, 1, 2).str("R").str("q").uint(1).uint(1).bin(Buffer(31)).bin(seal).take(),
     Errc::malformed},
    {"a seal that is a text", start(6, 1, 1).str("R").str("krbtgt").uint(1).str("x").take(),
     Errc::malformed},
    {"17 KiB", start(6, 1, 1).str("R").str("krbtgt").uint(1).bin(Buffer(17 * 1024)).take(),
     Errc::limit_exceeded},
    {"an empty seal", start(6, 1, 1).str("R").str("krbtgt").uint(1).bin({}).take(), accepted},
};

}  // namespace

BOOST_DATA_TEST_CASE_F(Fixture, is_refused_before_any_key_is_tried, bdata::make(shapes), row) {
  BOOST_TEST(outcome(SealedTicket::parse(row.wire)) == row.expect);
}

BOOST_AUTO_TEST_CASE(does_not_open_when_its_seal_is_empty) {
  TestRealm other("R");
  const Buffer wire = start(6, 1, 1).str("R").str("krbtgt").uint(1).bin({}).take();
  BOOST_TEST(outcome(SealedTicket::parse(wire)->open(other.tgt_key)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ticket_tampering_test
