#include "ticket/wire/codec.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/notation.h"
#include "tests/support/vectors.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::codec_test {

BOOST_AUTO_TEST_SUITE(a_message)

// Rules: R1.1, R1.2, R1.3, R1.4, R1.6
BOOST_DATA_TEST_CASE(is_accepted_in_its_canonical_form_alone,
                     bdata::make(load_vectors("codec.txt")), row) {
  const Buffer wire = row.hex("wire");
  const auto read = transcode(wire);
  BOOST_TEST(outcome(read) == row.expect());
  if (!read) return;
  BOOST_TEST((read->bytes == wire));
  BOOST_TEST(read->notation == row.text("value"));
}

// Rules: R1.12
BOOST_AUTO_TEST_CASE(is_refused_by_its_size_before_it_is_read) {
  const Buffer wire = Writer().bin(Buffer(100)).take();
  Reader exact(wire, wire.size());
  exact.bin(100);
  BOOST_TEST(outcome(exact.finish()) == accepted);
  Reader small(wire, wire.size() - 1);
  BOOST_TEST(outcome(small.finish()) == Errc::limit_exceeded);
}

// Rules: R1.5
BOOST_AUTO_TEST_CASE(holds_a_limited_number_of_values) {
  const auto list = [](std::size_t items) {
    Writer out;
    out.array(items);
    for (std::size_t i = 0; i < items; ++i) out.uint(0);
    return out.take();
  };
  const Buffer most = list(limits::max_items - 1), more = list(limits::max_items);
  Reader in(most, limits::max_reply);
  BOOST_TEST(in.array(0, limits::max_items) == limits::max_items - 1);
  BOOST_TEST(!in.failed());
  BOOST_TEST(outcome(Reader(more, limits::max_reply).finish()) == Errc::limit_exceeded);
}

// Rules: R1.6
BOOST_AUTO_TEST_CASE(is_refused_when_it_is_cut_off_anywhere) {
  const Buffer wire = Writer().array(3).uint(70'000).bin(Buffer(300)).str("text").take();
  for (std::size_t size = 0; size < wire.size(); ++size) {
    BOOST_TEST(outcome(transcode(Bytes(wire).first(size))) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_reader)

BOOST_AUTO_TEST_CASE(gives_back_what_a_writer_wrote) {
  const auto id = random_bytes<16>();
  const Buffer wire =
      Writer().array(5).uint(1).str("name").bin(id).time(Time{Seconds{77}}).array(0).take();
  Reader in(wire, 100);
  in.array(5);
  BOOST_TEST(in.uint() == 1U);
  BOOST_TEST(in.str(10) == "name");
  BOOST_TEST((in.bin<16>() == id));
  BOOST_TEST((in.time() == Time{Seconds{77}}));
  BOOST_TEST(in.array(0, 5) == 0U);
  BOOST_TEST(outcome(in.finish()) == accepted);
}

BOOST_AUTO_TEST_CASE(keeps_the_first_error_and_answers_empty_from_then_on) {
  const Buffer wire = Writer().array(2).str("not a name!").uint(5).take();
  Reader in(wire, 100);
  in.array(2);
  BOOST_TEST(in.name(20).empty());
  BOOST_TEST(in.uint() == 0U);
  BOOST_TEST(in.bin(9).empty());
  BOOST_TEST(!in.principal().has_value());
  in.fail(Errc::internal, "later");
  BOOST_TEST(outcome(in.finish()) == Errc::bad_name);
}

BOOST_AUTO_TEST_CASE(refuses_values_that_were_not_asked_for) {
  const Buffer wire = Writer().array(2).uint(1).uint(2).take();
  Reader in(wire, 100);
  in.array(2);
  in.uint();
  BOOST_TEST(outcome(in.finish()) == Errc::malformed);
}

namespace {

struct Question {
  const char* name;
  Buffer wire;
  void (*ask)(Reader&);
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Question& row) {
    return out << row.name;
  }
};

const Question questions[] = {
    {"a uint for a uint", Writer().uint(1).take(), [](Reader& r) { r.uint(); }, accepted},
    {"a str for a uint", Writer().str("1").take(), [](Reader& r) { r.uint(); }, Errc::malformed},
    {"a bin for a str", Writer().bin(Buffer(1)).take(), [](Reader& r) { r.str(9); },
     Errc::malformed},
    {"a str for a bin", Writer().str("a").take(), [](Reader& r) { r.bin(9); }, Errc::malformed},
    {"an array for a uint", Writer().array(0).take(), [](Reader& r) { r.uint(); }, Errc::malformed},
    {"2^32-1 in 32 bits", Writer().uint(0xffffffff).take(), [](Reader& r) { r.uint32(); },
     accepted},
    {"2^32 in 32 bits", Writer().uint(0x100000000).take(), [](Reader& r) { r.uint32(); },
     Errc::malformed},
    {"the last second", Writer().uint(253'402'300'799).take(), [](Reader& r) { r.time(); },
     accepted},
    {"a second too late", Writer().uint(253'402'300'800).take(), [](Reader& r) { r.time(); },
     Errc::malformed},
    {"the largest time", Writer().uint(~0ULL).take(), [](Reader& r) { r.time(); }, Errc::malformed},
    {"an array of the right arity", Writer().array(0).take(), [](Reader& r) { r.array(0); },
     accepted},
    {"an array whose length takes four bytes", Writer().array(0x10000).raw(Buffer(0x10000)).take(),
     [](Reader&) {}, Errc::limit_exceeded},
    {"a str whose length takes four bytes", Writer().str(std::string(0x10000, 'a')).take(),
     [](Reader& r) { r.str(0x10000); }, accepted},
    {"an array of another arity", Writer().array(0).take(), [](Reader& r) { r.array(1); },
     Errc::malformed},
    {"a list with too few", Writer().array(0).take(), [](Reader& r) { r.array(1, 2); },
     Errc::malformed},
    {"a list with too many", Writer().array(1).uint(0).take(), [](Reader& r) { r.array(0, 0); },
     Errc::limit_exceeded},
    {"a bin of its limit", Writer().bin(Buffer(8)).take(), [](Reader& r) { r.bin(8); }, accepted},
    {"a bin beyond its limit", Writer().bin(Buffer(9)).take(), [](Reader& r) { r.bin(8); },
     Errc::limit_exceeded},
    {"a bin a byte too short", Writer().bin(Buffer(31)).take(), [](Reader& r) { r.bin<32>(); },
     Errc::malformed},
    {"a bin a byte too long", Writer().bin(Buffer(33)).take(), [](Reader& r) { r.bin<32>(); },
     Errc::malformed},
    {"a secret of another size", Writer().bin(Buffer(31)).take(), [](Reader& r) { read_secret(r); },
     Errc::malformed},
    {"a secret", Writer().bin(Buffer(32)).take(), [](Reader& r) { read_secret(r); }, accepted},
    {"a str of its limit", Writer().str("abc").take(), [](Reader& r) { r.str(3); }, accepted},
    {"a str beyond its limit", Writer().str("abcd").take(), [](Reader& r) { r.str(3); },
     Errc::limit_exceeded},
    {"a name", Writer().str("a:b").take(), [](Reader& r) { r.name(9); }, accepted},
    {"an empty name", Writer().str("").take(), [](Reader& r) { r.name(9); }, Errc::bad_name},
    {"an empty optional name", Writer().str("").take(), [](Reader& r) { r.optional_name(9); },
     accepted},
    {"a wrong optional name", Writer().str("*").take(), [](Reader& r) { r.optional_name(9); },
     Errc::bad_name},
    {"a name with a star", Writer().str("a*").take(), [](Reader& r) { r.name(9); }, Errc::bad_name},
    {"a principal", Writer().str("a@B").take(), [](Reader& r) { r.principal(); }, accepted},
    {"half a principal", Writer().str("a").take(), [](Reader& r) { r.principal(); },
     Errc::bad_name},
    {"a realm", Writer().str("B").take(), [](Reader& r) { r.realm(); }, accepted},
    {"no realm", Writer().str("b b").take(), [](Reader& r) { r.realm(); }, Errc::bad_name},
    {"the literal", Writer().str("realm").take(), [](Reader& r) { r.literal("realm"); }, accepted},
    {"another literal", Writer().str("tickets").take(), [](Reader& r) { r.literal("realm"); },
     Errc::malformed},
    {"version 1", Writer().uint(1).take(), [](Reader& r) { r.version(); }, accepted},
    {"version 0", Writer().uint(0).take(), [](Reader& r) { r.version(); }, Errc::bad_version},
    {"version 2", Writer().uint(2).take(), [](Reader& r) { r.version(); }, Errc::bad_version},
    {"version 257", Writer().uint(257).take(), [](Reader& r) { r.version(); }, Errc::bad_version},
};

}  // namespace

// Rules: R1.7, R1.8, R1.9, R1.11, R1.17, R1.18
BOOST_DATA_TEST_CASE(gives_what_it_is_asked_for_or_the_reason, bdata::make(questions), row) {
  Reader in(row.wire, limits::max_reply);
  row.ask(in);
  BOOST_TEST(outcome(in.finish()) == row.expect);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::codec_test
