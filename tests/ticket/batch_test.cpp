#include "ticket/batch.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/manual_clock.h"
#include "tests/support/outcome.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::batch_test {
namespace {

std::vector<Digest> leaves(std::size_t count) {
  std::vector<Digest> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    out.push_back(batch_leaf(bytes_of("header"), bytes_of(text)));
  }
  return out;
}

// The tree as the specification words it, without the class.
Digest root_by_hand(std::vector<Digest> level) {
  while (level.size() > 1) {
    if (level.size() % 2 == 1) level.push_back(Digest{});
    std::vector<Digest> next;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      next.push_back(hash(Label::node, {level[i], level[i + 1]}));
    }
    level = std::move(next);
  }
  return level.front();
}

Checked read_proof(Bytes wire) {
  Reader in(wire, limits::max_ticket);
  Proof::read(in);
  return in.finish();
}

Buffer proof_bytes(std::uint64_t index, std::size_t path) {
  Proof proof;
  proof.batch_time = noon;
  proof.index = index;
  proof.path.resize(path);
  Writer out;
  proof.write(out);
  return out.take();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_batch)

BOOST_DATA_TEST_CASE(leads_every_leaf_to_its_root_and_no_other, bdata::xrange(1, 34), count) {
  const auto all = leaves(static_cast<std::size_t>(count));
  const BatchTree tree(all);
  BOOST_TEST((tree.root() == root_by_hand(all)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto path = tree.path(i);
    BOOST_TEST((batch_root(all[i], i, path) == tree.root()), i);
    // Each other index, each other leaf, each other length and each other sibling leads elsewhere.
    for (std::size_t other = 0; other < (std::size_t{1} << path.size()); ++other) {
      if (other == i) continue;
      BOOST_TEST((batch_root(all[i], other, path) != tree.root()), i << " as " << other);
      if (other < all.size()) {
        BOOST_TEST((batch_root(all[other], i, path) != tree.root()), other << " for " << i);
      }
    }
    for (std::size_t level = 0; level < path.size(); ++level) {
      auto wrong = path;
      wrong[level][31] ^= 1;
      BOOST_TEST((batch_root(all[i], i, wrong) != tree.root()));
      auto shorter = path;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(level));
      BOOST_TEST((batch_root(all[i], i, shorter) != tree.root()));
    }
    auto longer = path;
    longer.emplace_back();
    BOOST_TEST((batch_root(all[i], i, longer) != tree.root()));
  }
}

BOOST_AUTO_TEST_CASE(of_one_has_its_leaf_as_the_root_and_no_path) {
  const auto one = leaves(1);
  const BatchTree tree(one);
  BOOST_TEST((tree.root() == one.front()));
  BOOST_TEST(tree.path(0).empty());
}

BOOST_AUTO_TEST_CASE(of_the_largest_size_still_fits_a_proof) {
  const auto all = leaves(limits::max_batch);
  const BatchTree tree(all);
  const auto path = tree.path(limits::max_batch - 1);
  BOOST_TEST(path.size() == limits::max_path);
  BOOST_TEST((batch_root(all.back(), limits::max_batch - 1, path) == tree.root()));
}

BOOST_AUTO_TEST_CASE(takes_no_inner_node_for_a_leaf) {
  // The path from an inner node is shorter; a leaf that equals that node cannot be made, since
  // leaves and nodes have labels of their own.
  const auto all = leaves(4);
  const BatchTree tree(all);
  const Digest inner = hash(Label::node, {all[0], all[1]});
  Buffer both = copy_of(all[0]);
  both.insert(both.end(), all[1].begin(), all[1].end());
  BOOST_TEST((batch_leaf(all[0], all[1]) != inner));
  BOOST_TEST((batch_leaf(both, {}) != inner));
  BOOST_TEST((hash(Label::leaf, {all[0], all[1]}) != inner));
}

BOOST_AUTO_TEST_CASE(has_leaves_that_know_header_from_body) {
  BOOST_TEST(
      (batch_leaf(bytes_of("ab"), bytes_of("c")) != batch_leaf(bytes_of("a"), bytes_of("bc"))));
  BOOST_TEST(
      (batch_leaf(bytes_of("a"), bytes_of("b")) != batch_leaf(bytes_of("b"), bytes_of("a"))));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_proof)

namespace {

struct Shape {
  const char* name;
  std::uint64_t index;
  std::size_t path;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Shape& row) { return out << row.name; }
};

const Shape shapes[] = {
    {"a batch of one", 0, 0, accepted},
    {"the last index of a path of one", 1, 1, accepted},
    {"the last index of the longest path", 4095, 12, accepted},
    {"index 1 without a path", 1, 0, Errc::malformed},
    {"index 2 with a path of one", 2, 1, Errc::malformed},
    {"index 4096 with the longest path", 4096, 12, Errc::malformed},
    {"the largest index", ~0ULL, 12, Errc::malformed},
    {"a path that is too long", 0, 13, Errc::limit_exceeded},
};

}  // namespace

// Rules: R4.3
BOOST_DATA_TEST_CASE(has_an_index_inside_its_path, bdata::make(shapes), row) {
  BOOST_TEST(outcome(read_proof(proof_bytes(row.index, row.path))) == row.expect);
}

// Rules: R4.9
BOOST_AUTO_TEST_CASE(is_empty_or_has_all_of_its_fields) {
  BOOST_TEST(outcome(read_proof(Writer().array(0).take())) == accepted);
  BOOST_TEST(outcome(read_proof(Writer().array(1).time(noon).take())) == Errc::malformed);
  BOOST_TEST(outcome(read_proof(Writer().array(3).time(noon).uint(0).array(0).take())) ==
             Errc::malformed);
  BOOST_TEST(outcome(read_proof(
                 Writer().array(5).time(noon).uint(0).array(0).bin(Buffer(64)).uint(0).take())) ==
             Errc::limit_exceeded);
  BOOST_TEST(
      outcome(read_proof(Writer().array(4).time(noon).uint(0).array(0).bin(Buffer(63)).take())) ==
      Errc::malformed);
  const Buffer good = proof_bytes(5, 3);
  Reader in(good, good.size());
  const auto proof = Proof::read(in);
  BOOST_REQUIRE(proof.has_value());
  Writer out;
  proof->write(out);
  BOOST_TEST((out.take() == good));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::batch_test
