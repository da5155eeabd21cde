#include "ticket/batch.h"

#include <cstdlib>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

Digest node(const Digest& left, const Digest& right) { return hash(Label::node, {left, right}); }

}  // namespace

Digest batch_leaf(Bytes header, Bytes body) { return hash(Label::leaf, {header, body}); }

void Proof::write(Writer& out) const {
  out.array(4).time(batch_time).uint(index).array(path.size());
  for (const Digest& sibling : path) out.bin(sibling);
  out.bin(signature);
}

std::optional<Proof> Proof::read(Reader& in) {
  const std::size_t fields = in.array(0, 4);
  if (in.failed() || fields == 0) return std::nullopt;
  if (fields != 4) in.fail(Errc::malformed, "proof");
  Proof proof;
  proof.batch_time = in.time();
  proof.index = in.uint();
  for (std::size_t n = in.array(0, limits::max_path); n > 0; --n) {
    proof.path.push_back(in.bin<32>());
  }
  proof.signature = in.bin<64>();
  if (proof.index >> proof.path.size() != 0) in.fail(Errc::malformed, "index outside the batch");
  return proof;
}

BatchTree::BatchTree(std::vector<Digest> leaves) {
  if (leaves.empty() || leaves.size() > limits::max_batch) std::abort();
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Digest>& below = levels_.back();
    std::vector<Digest> level;
    for (std::size_t i = 0; i < below.size(); i += 2) {
      level.push_back(node(below[i], i + 1 < below.size() ? below[i + 1] : Digest{}));
    }
    levels_.push_back(std::move(level));
  }
}

std::vector<Digest> BatchTree::path(std::size_t index) const {
  std::vector<Digest> out;
  for (std::size_t level = 0; level + 1 < levels_.size(); ++level, index /= 2) {
    const std::size_t sibling = index ^ 1U;
    out.push_back(sibling < levels_[level].size() ? levels_[level][sibling] : Digest{});
  }
  return out;
}

Digest batch_root(const Digest& leaf, std::uint64_t index, std::span<const Digest> path) {
  Digest at = leaf;
  for (const Digest& sibling : path) {
    at = (index & 1U) == 0 ? node(at, sibling) : node(sibling, at);
    index >>= 1U;
  }
  return at;
}

Buffer batch_statement(const Realm& realm, Time batch_time, const Digest& root) {
  return Writer().array(4).str("tickets").str(realm.text()).time(batch_time).bin(root).take();
}

}  // namespace waybill
