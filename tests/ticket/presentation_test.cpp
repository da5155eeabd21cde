#include "ticket/presentation.h"

#include <functional>
#include <set>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::presentation_test {
namespace {

const Principal trigger = principal_of("trigger/orders@DEMO.TEST");
const InstanceId instance{7};
const Digest request = request_digest({bytes_of("POST"), bytes_of("/v1/workflows")});

Authenticator authenticator() { return {trigger, instance, noon, FixedBytes<16>{5}, request}; }

/// The parts of a presentation as they travel, to be put together again in any way.
struct Parts {
  Buffer ticket;
  std::vector<Buffer> caveats;
  Buffer authenticator;
  Buffer tag;

  Buffer wire() const {
    Writer out;
    out.array(4).bin(ticket).array(caveats.size());
    for (const Buffer& caveat : caveats) out.bin(caveat);
    return out.bin(authenticator).bin(tag).take();
  }
};

/// A narrowed TGT, finished.
struct Fixture {
  TestRealm realm;
  IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  std::vector<Caveat> caveats{caveat::Delegation{FixedBytes<16>{9}}, caveat::Audience{trigger},
                              caveat::NotAfter{noon + 60s}, caveat::Actions{{"invoice:read"}}};
  Parts parts = take_apart();

  Presented present(std::span<const Caveat> with) const {
    CaveatChain chain(tgt.ticket, tgt.session);
    BOOST_REQUIRE(bool(chain.add_all(with)));
    return chain.finish(presentation_test::authenticator());
  }
  Parts take_apart() const {
    Parts out{tgt.ticket, {}, authenticator().encode(), {}};
    for (const Caveat& caveat : caveats) out.caveats.push_back(encode(caveat));
    out.tag = copy_of(present(caveats).tag);
    return out;
  }
  Outcome check(Bytes wire) const {
    const auto presentation = Presentation::parse(wire);
    return presentation ? outcome(presentation->check(tgt.session)) : outcome(presentation);
  }
};

struct Tampering {
  const char* name;
  Outcome expect;
  std::function<void(Parts&)> change;
  friend std::ostream& operator<<(std::ostream& out, const Tampering& row) {
    return out << row.name;
  }
};

Buffer other_authenticator(auto change) {
  Authenticator a = authenticator();
  change(a);
  return a.encode();
}

const Tampering tamperings[] = {
    {"nothing", accepted, [](Parts&) {}},
    {"the first caveat stripped", Errc::bad_tag,
     [](Parts& p) { p.caveats.erase(p.caveats.begin()); }},
    {"the last caveat stripped", Errc::bad_tag, [](Parts& p) { p.caveats.pop_back(); }},
    {"all caveats stripped", Errc::bad_tag, [](Parts& p) { p.caveats.clear(); }},
    {"two caveats exchanged", Errc::bad_tag,
     [](Parts& p) { std::swap(p.caveats[1], p.caveats[2]); }},
    {"a caveat twice", Errc::bad_tag, [](Parts& p) { p.caveats.push_back(p.caveats.back()); }},
    {"a caveat appended, though it narrows", Errc::bad_tag,
     [](Parts& p) { p.caveats.push_back(encode(caveat::NotAfter{noon})); }},
    {"a later end", Errc::bad_tag,
     [](Parts& p) { p.caveats[2] = encode(caveat::NotAfter{noon + 61s}); }},
    {"one more action", Errc::bad_tag,
     [](Parts& p) {
       p.caveats[3] = encode(caveat::Actions{{"invoice:read", "pay"}});
     }},
    {"another audience", Errc::bad_tag,
     [](Parts& p) {
       p.caveats[1] = encode(caveat::Audience{principal_of("trigger/evil@DEMO.TEST")});
     }},
    {"another delegation id", Errc::bad_tag,
     [](Parts& p) { p.caveats[0] = encode(caveat::Delegation{FixedBytes<16>{8}}); }},
    {"a caveat of a type that is not known", Errc::caveat_unknown,
     [](Parts& p) { p.caveats.push_back(Writer().array(2).uint(99).uint(1).take()); }},
    {"the authenticator as one more caveat", Errc::malformed,
     [](Parts& p) { p.caveats.push_back(p.authenticator); }},
    {"another addressee", Errc::bad_tag,
     [](Parts& p) {
       p.authenticator = other_authenticator(
           [](Authenticator& a) { a.addressee = principal_of("trigger/evil@DEMO.TEST"); });
     }},
    {"another instance", Errc::bad_tag,
     [](Parts& p) {
       p.authenticator = other_authenticator([](Authenticator& a) { (*a.instance)[0] ^= 1; });
     }},
    {"no instance", Errc::bad_tag,
     [](Parts& p) {
       p.authenticator = other_authenticator([](Authenticator& a) { a.instance.reset(); });
     }},
    {"another time", Errc::bad_tag,
     [](Parts& p) {
       p.authenticator = other_authenticator([](Authenticator& a) { a.time += 1s; });
     }},
    {"another nonce", Errc::bad_tag,
     [](Parts& p) {
       p.authenticator = other_authenticator([](Authenticator& a) { a.nonce[15] ^= 1; });
     }},
    {"another request", Errc::bad_tag,
     [](Parts& p) {
       p.authenticator = other_authenticator([](Authenticator& a) { a.request[31] ^= 1; });
     }},
    {"no ticket", Errc::bad_tag, [](Parts& p) { p.ticket.clear(); }},
    {"the ticket changed", Errc::bad_tag, [](Parts& p) { p.ticket.back() ^= 1; }},
    {"the tag changed", Errc::bad_tag, [](Parts& p) { p.tag[31] ^= 1; }},
    {"a tag of zeros", Errc::bad_tag, [](Parts& p) { p.tag.assign(32, 0); }},
    {"a short tag", Errc::malformed, [](Parts& p) { p.tag.pop_back(); }},
    {"a long tag", Errc::malformed, [](Parts& p) { p.tag.push_back(0); }},
    {"an empty caveat", Errc::malformed, [](Parts& p) { p.caveats.emplace_back(); }},
    {"an empty authenticator", Errc::malformed, [](Parts& p) { p.authenticator.clear(); }},
    {"17 caveats", Errc::limit_exceeded, [](Parts& p) { p.caveats.resize(17, p.caveats.front()); }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_presentation, Fixture)

BOOST_AUTO_TEST_CASE(is_checked_by_whoever_has_the_session_key) {
  const Presented made = present(caveats);
  BOOST_TEST((made.wire == parts.wire()));
  const auto read = Presentation::parse(made.wire);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(equal(read->ticket(), tgt.ticket));
  BOOST_TEST(read->caveats().size() == caveats.size());
  BOOST_TEST(read->authenticator().addressee.text() == trigger.text());
  const auto chain = read->check(tgt.session);
  BOOST_REQUIRE(bool(chain));
  BOOST_TEST((*chain == made.chain));
  BOOST_TEST((read->tag() == made.tag));
}

BOOST_AUTO_TEST_CASE(without_caveats_is_one_too) {
  const Presented made = present({});
  BOOST_TEST(check(made.wire) == accepted);
}

// Rules: R5.1
BOOST_DATA_TEST_CASE_F(Fixture, is_refused_when_it_was_tampered_with, bdata::make(tamperings),
                       row) {
  row.change(parts);
  BOOST_TEST(check(parts.wire()) == row.expect);
}

BOOST_AUTO_TEST_CASE(is_refused_with_any_bit_of_it_flipped) {
  const Buffer wire = parts.wire();
  for (std::size_t bit = 0; bit < wire.size() * 8; ++bit) {
    Buffer wrong = wire;
    wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ (1U << (bit % 8)));
    const Outcome what = check(wrong);
    const bool refused = what == Errc::bad_tag || what == Errc::malformed ||
                         what == Errc::not_canonical || what == Errc::limit_exceeded ||
                         what == Errc::bad_name || what == Errc::caveat_unknown;
    BOOST_TEST(refused, "byte " << bit / 8 << ", bit " << bit % 8 << ": " << what);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_cut_off_anywhere) {
  const Buffer wire = parts.wire();
  for (std::size_t size = 0; size < wire.size(); ++size) {
    BOOST_TEST(check(Bytes(wire).first(size)) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_CASE(made_without_the_session_key_is_refused) {
  // A thief has the ticket's bytes, and whatever crossed the wire before.
  CaveatChain stolen(tgt.ticket, SessionKey::random());
  BOOST_TEST(check(stolen.finish(authenticator()).wire) == Errc::bad_tag);
  const SessionKey from_tag(Secret<32>::copy(present(caveats).tag));
  CaveatChain guessed(tgt.ticket, from_tag);
  BOOST_TEST(check(guessed.finish(authenticator()).wire) == Errc::bad_tag);
}

BOOST_AUTO_TEST_CASE(is_of_one_ticket) {
  // The same session key under another sealed form, as after a renewal that kept it.
  IssuedTicket other = realm.tgt(realm.tgt_body("carol"));
  parts.ticket = other.ticket;
  BOOST_TEST(check(parts.wire()) == Errc::bad_tag);
}

BOOST_AUTO_TEST_CASE(cannot_be_continued_from_its_tag) {
  // If the tag were the next chain key, anybody could append: t(n+1) = H("caveat", tag; caveat).
  const Presented made = present(caveats);
  const Secret<32> tag = Secret<32>::copy(made.tag);
  const Buffer more = encode(caveat::NotAfter{noon});
  const Secret<32> next = derive_secret(Label::caveat, tag, {more});
  parts.caveats.push_back(more);
  parts.tag = copy_of(keyed_hash(Label::final_tag, next, {parts.authenticator}));
  BOOST_TEST(check(parts.wire()) == Errc::bad_tag);
  parts.tag = copy_of(keyed_hash(Label::final_tag, tag, {parts.authenticator}));
  BOOST_TEST(check(parts.wire()) == Errc::bad_tag);
}

BOOST_AUTO_TEST_CASE(can_be_narrowed_by_who_holds_the_chain_and_only_narrowed) {
  CaveatChain chain(tgt.ticket, tgt.session);
  BOOST_REQUIRE(bool(chain.add(caveats[0])));
  const Presented wide = chain.finish(presentation_test::authenticator());
  BOOST_REQUIRE(bool(chain.add(caveats[2])));
  const Presented narrow = chain.finish(presentation_test::authenticator());
  BOOST_TEST(check(wide.wire) == accepted);
  BOOST_TEST(check(narrow.wire) == accepted);
  BOOST_TEST((wide.tag != narrow.tag));
  BOOST_TEST(!(wide.chain == narrow.chain));
}

BOOST_AUTO_TEST_CASE(of_equal_caveats_is_another_one_by_its_delegation_id) {
  std::vector<Caveat> other = caveats;
  other.front() = caveat::Delegation{random_bytes<16>()};
  BOOST_TEST((present(caveats).tag != present(other).tag));
  BOOST_TEST(
      (delegated_ticket_id(present(caveats).tag) != delegated_ticket_id(present(other).tag)));
  BOOST_TEST(
      (delegated_ticket_id(present(caveats).tag) == delegated_ticket_id(present(caveats).tag)));
}

// Rules: R5.12
BOOST_AUTO_TEST_CASE(has_at_most_16_caveats_and_its_chain_takes_no_more) {
  CaveatChain chain(tgt.ticket, tgt.session);
  for (std::size_t i = 0; i < limits::max_caveats; ++i) {
    BOOST_TEST(outcome(chain.add(caveat::NotAfter{noon})) == accepted);
  }
  const Presented most = chain.finish(presentation_test::authenticator());
  BOOST_TEST(check(most.wire) == accepted);
  BOOST_TEST(outcome(chain.add(caveat::NotAfter{noon})) == Errc::limit_exceeded);
  const Presented after = chain.finish(presentation_test::authenticator());
  BOOST_TEST((after.wire == most.wire));  // as if nothing had been asked
  BOOST_TEST(check(after.wire) == accepted);
}

BOOST_AUTO_TEST_CASE(has_caveats_of_at_most_2_kib_and_its_chain_takes_no_larger) {
  // 15 names of 128 bytes and one of what is left, each with 2 bytes before it; 7 bytes around.
  std::vector<std::string> names(15, std::string(128, 'a'));
  names.emplace_back(limits::max_caveat - 15 * 130 - 7, 'a');
  CaveatChain chain(tgt.ticket, tgt.session);
  BOOST_REQUIRE(encode(caveat::Actions{names}).size() == limits::max_caveat);
  BOOST_TEST(outcome(chain.add(caveat::Actions{names})) == accepted);
  BOOST_TEST(check(chain.finish(presentation_test::authenticator()).wire) == accepted);
  names.back() += 'a';
  BOOST_TEST(outcome(chain.add(caveat::Actions{names})) == Errc::limit_exceeded);
  BOOST_TEST(check(chain.finish(presentation_test::authenticator()).wire) == accepted);
  Parts large = parts;
  large.caveats = {encode(caveat::Actions{names})};
  BOOST_TEST(check(large.wire()) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(has_at_most_24_kib_and_its_chain_makes_no_larger) {
  const Buffer ticket(limits::max_ticket_with_booklet);
  const std::vector<std::string> names(15, std::string(128, 'a'));
  CaveatChain chain(ticket, tgt.session);
  std::size_t added = 0;
  while (chain.add(caveat::Actions{names})) ++added;
  BOOST_TEST(added == 3U);
  const Authenticator longest{principal_of(std::string(128, 'a') + "@" + std::string(64, 'A')),
                              InstanceId{1}, Time(Seconds(253'402'300'799)), FixedBytes<16>{},
                              Digest{}};
  const Presented most = chain.finish(longest);
  BOOST_TEST(most.wire.size() <= limits::max_presentation);
  BOOST_TEST(outcome(Presentation::parse(most.wire)) == accepted);
  BOOST_TEST(check(Buffer(limits::max_presentation + 1)) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_authenticator)

namespace {

struct Row {
  const char* name;
  Outcome expect;
  void (*change)(Authenticator&);
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row rows[] = {
    {"just right", accepted, [](Authenticator&) {}},
    {"early by the skew", accepted, [](Authenticator& a) { a.time = noon - 120s; }},
    {"late by the skew", accepted, [](Authenticator& a) { a.time = noon + 120s; }},
    {"too early by a second", Errc::clock_skew, [](Authenticator& a) { a.time = noon - 121s; }},
    {"too late by a second", Errc::clock_skew, [](Authenticator& a) { a.time = noon + 121s; }},
    {"from 1970", Errc::clock_skew, [](Authenticator& a) { a.time = Time{}; }},
    {"from the last second", Errc::clock_skew,
     [](Authenticator& a) { a.time = Time{Seconds{253'402'300'799}}; }},
    {"for another service", Errc::wrong_addressee,
     [](Authenticator& a) { a.addressee = principal_of("trigger/order@DEMO.TEST"); }},
    {"for the same service elsewhere", Errc::wrong_addressee,
     [](Authenticator& a) { a.addressee = principal_of("trigger/orders@OTHER"); }},
    {"for another instance", Errc::wrong_instance,
     [](Authenticator& a) { (*a.instance)[15] ^= 1; }},
    {"for no instance", Errc::wrong_instance, [](Authenticator& a) { a.instance.reset(); }},
    {"for another request", Errc::wrong_request, [](Authenticator& a) { a.request[0] ^= 1; }},
    {"wrong in everything", Errc::wrong_addressee,
     [](Authenticator& a) {
       a = {principal_of("a@B"), std::nullopt, Time{}, FixedBytes<16>{}, Digest{}};
     }},
};

}  // namespace

// Rules: R5.14, R5.15, R5.16, R5.17
BOOST_DATA_TEST_CASE(is_for_one_service_one_instance_one_moment_and_one_request, bdata::make(rows),
                     row) {
  Authenticator a = authenticator();
  row.change(a);
  BOOST_TEST(outcome(check_authenticator(a, {trigger, instance, noon, request})) == row.expect);
}

BOOST_DATA_TEST_CASE(is_read_as_it_was_written, bdata::make(rows), row) {
  Authenticator a = authenticator();
  row.change(a);
  const auto read = Authenticator::decode(a.encode());
  BOOST_REQUIRE(bool(read));
  BOOST_TEST((read->encode() == a.encode()));
  BOOST_TEST(read->instance.has_value() == a.instance.has_value());
}

// Rules: R5.2
BOOST_AUTO_TEST_CASE(names_an_instance_of_16_bytes_or_none) {
  const auto with = [](std::size_t size) {
    return outcome(Authenticator::decode(Writer()
                                             .array(5)
                                             .str(trigger.text())
                                             .bin(Buffer(size))
                                             .time(noon)
                                             .bin(Buffer(16))
                                             .bin(Buffer(32))
                                             .take()));
  };
  BOOST_TEST(with(0) == accepted);
  BOOST_TEST(with(16) == accepted);
  BOOST_TEST(with(1) == Errc::malformed);
  BOOST_TEST(with(15) == Errc::malformed);
  BOOST_TEST(with(17) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(is_bound_to_a_request_by_its_parts) {
  const std::set<Digest> all{request_digest({bytes_of("GET"), bytes_of("/a"), {}}),
                             request_digest({bytes_of("GET"), {}, bytes_of("/a")}),
                             request_digest({bytes_of("GET/a"), {}, {}}),
                             request_digest({bytes_of("GET"), bytes_of("/a")})};
  BOOST_TEST(all.size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::presentation_test
