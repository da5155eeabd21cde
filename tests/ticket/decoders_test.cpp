// 100,000 broken messages for every decoder: none crashes it, and whatever it still accepts is,
// byte for byte, what it would write itself. Where a message is signed or sealed, the break is
// inside, and signed or sealed anew, so that the decoder sees it.

#include "tests/support/decoders.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/mutator.h"
#include "ticket/wire/hex.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::decoders_test {
namespace {

constexpr int rounds = 100'000;

void hammer(const Decoder& decoder) {
  for (const Buffer& seed : decoder.seeds) {
    const auto written = decoder.decode(seed);
    BOOST_REQUIRE_MESSAGE(written.has_value(), decoder.name << " refuses its own seed");
    BOOST_TEST((*written == seed), decoder.name << " writes its own seed otherwise");
  }
  Mutator mutator(2026);
  int accepted = 0, different = 0;
  for (int i = 0; i < rounds; ++i) {
    const Buffer wire = mutator.mutate(decoder.seeds);
    // An allocation of just this size, so that reading past its end is an error.
    const auto written = decoder.decode(Buffer(wire));
    if (!written) continue;
    ++accepted;
    if (*written == wire) continue;
    if (different++ < 3) BOOST_TEST_MESSAGE(decoder.name << " accepts " << to_hex(wire));
  }
  BOOST_TEST(different == 0,
             decoder.name << " accepts what it would not write, times " << different);
  BOOST_TEST(accepted > 0, decoder.name << ": no message came through, so nothing was compared");
  BOOST_TEST(accepted < rounds, decoder.name << ": nothing was refused");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_decoder, *boost::unit_test::label("slow"))

BOOST_DATA_TEST_CASE(of_tickets_survives_broken_ones, bdata::make(ticket_decoders()), row) {
  hammer(row);
}

BOOST_DATA_TEST_CASE(of_messages_survives_broken_ones, bdata::make(message_decoders()), row) {
  hammer(row);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::decoders_test
