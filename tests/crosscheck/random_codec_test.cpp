// Both codecs on the same broken messages: their verdicts and what they read are the same.

#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/second/names.h"
#include "tests/crosscheck/second/wire.h"
#include "tests/crosscheck/tree.h"
#include "tests/crosscheck/verdict.h"
#include "tests/support/mutator.h"
#include "tests/support/notation.h"
#include "tests/support/vectors.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"

namespace waybill::test::random_codec_test {
namespace {

void compare(Comparison& all, const Buffer& wire) {
  all.add(
      wire, by_first(transcode(wire), [](const Transcoded& read) { return to_hex(read.bytes); }),
      by_second([&] { return to_hex(second::encode(second::decode(wire, limits::max_message))); }));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(both_implementations_agree, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(on_messages_of_any_shape) {
  std::vector<Buffer> seeds;
  for (const VectorCase& row : load_vectors("codec.txt")) {
    const Buffer wire = row.hex("wire");
    if (!wire.empty() && wire.size() < 1000) seeds.push_back(wire);
  }
  Mutator bytes(61);
  TreeMutator trees(62);
  Comparison all("codec");
  for (std::size_t n = 0; n < 20'000; ++n) {
    Buffer wire = n % 2 == 0 ? bytes.mutate(seeds) : trees.any(seeds);
    if (n % 2 != 0) wire = trees.mutate(wire);
    compare(all, wire);
  }
  all.reached({Errc::malformed, Errc::not_canonical, Errc::limit_exceeded}, 1000);
}

BOOST_AUTO_TEST_CASE(on_the_number_of_values_and_the_size_of_a_message) {
  Comparison all("size");
  for (const std::size_t values :
       {limits::max_items - 2, limits::max_items - 1, limits::max_items, limits::max_items + 1}) {
    Writer out;
    out.array(values);
    for (std::size_t i = 0; i < values; ++i) out.uint(0);
    compare(all, out.take());
  }
  for (const std::size_t size : {limits::max_message - 4, limits::max_message - 3}) {
    compare(all, Writer().bin(Buffer(size)).take());
  }
  all.reached({Errc::limit_exceeded}, 3);
}

BOOST_AUTO_TEST_CASE(on_names) {
  std::vector<std::string> seeds = {
      "carol@DEMO.TEST", "trigger/orders@DEMO.TEST", "DEMO.TEST", "invoice:read", "a", "_./-:"};
  for (const std::size_t length : {64U, 65U, 128U, 129U, 200U, 201U}) {
    seeds.emplace_back(length, 'a');
    seeds.push_back(std::string(length, 'a') + "@DEMO.TEST");
    seeds.push_back("carol@" + std::string(length, 'A'));
  }
  // What stands at the ends of each range of letters, and beside them.
  static constexpr std::string_view edges = "@:/._-*,+0;9`az{AZ[ \x7f";
  TreeMutator random(63);
  Comparison all("names");
  for (std::size_t n = 0; n < 3'000; ++n) {
    std::string name = random.any(seeds);
    for (std::size_t changes = random.below(3); changes > 0; --changes) {
      name.insert(name.begin() + static_cast<std::ptrdiff_t>(random.below(name.size() + 1)),
                  random.one_in(4) ? static_cast<char>(random.below(256)) : random.any(edges));
    }
    const auto both = [&](bool first, bool second) {
      all.add(bytes_of(name), {first ? 0U : 131U}, {second ? 0U : 131U});
    };
    both(bool(Principal::parse(name)), second::is_principal(name));
    both(bool(Realm::parse(name)), second::is_realm(name));
    both(is_name(name, 128), second::is_name(name, 128));
    both(is_name(name, 200), second::is_name(name, 200));
  }
  all.reached({Errc::bad_name}, 1000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::random_codec_test
