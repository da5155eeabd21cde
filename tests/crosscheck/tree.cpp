#include "tests/crosscheck/tree.h"

#include "tests/crosscheck/second/wire.h"

namespace waybill::test {
namespace {

constexpr std::size_t any_size = 1 << 24;

// Edges of forms, limits and times, and what stands in messages.
constexpr std::uint64_t numbers[] = {0,
                                     1,
                                     2,
                                     3,
                                     7,
                                     8,
                                     9,
                                     127,
                                     128,
                                     255,
                                     256,
                                     65535,
                                     65536,
                                     0xffffffff,
                                     0x100000000,
                                     253402300799,
                                     253402300800,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     0xffffffffffffffff,
                                     1'790'000'000};
constexpr std::int64_t steps[] = {
    1,    -1,   119,   120,   121,  -119,  -120,        -121,           1019,
    1020, 1021, -1020, -1021, 3600, -3600, 31L * 86400, 31L * 86400 + 1};
constexpr std::string_view texts[] = {"",
                                      "a",
                                      "krbtgt",
                                      "carol@DEMO.TEST",
                                      "queue-alice",
                                      "queue-alice@DEMO.TEST",
                                      "queue-alice@demo.test",
                                      "Queue-alice@DEMO.TEST",
                                      "trigger/orders@DEMO.TEST",
                                      "krbtgt@DEMO.TEST",
                                      "@DEMO.TEST",
                                      "carol@",
                                      "carol@@DEMO.TEST",
                                      "carol@OTHER",
                                      "DEMO.TEST",
                                      "OTHER.TEST",
                                      "invoice:read",
                                      "invoice-*",
                                      "invoice report",
                                      "na\xc3\xafve",
                                      "\xff",
                                      "\xed\xa0\x80",
                                      "realm",
                                      "waybill-keytab",
                                      "waybill-ccache"};
constexpr std::size_t lengths[] = {0,  1,   15,  16,  17,  31,  32,  33,
                                   64, 128, 129, 193, 194, 200, 201, 257};

std::uint8_t byte_of(std::uint64_t value) { return static_cast<std::uint8_t>(value); }

// A head with its number in 2^power bytes.
void put_head(Buffer& out, std::uint8_t head, std::uint64_t number, unsigned power) {
  out.push_back(head);
  for (unsigned shift = 8U << power; shift > 0;) out.push_back(byte_of(number >> (shift -= 8)));
}

void put_long(Buffer& out, Tree::Type type, std::uint64_t number) {
  switch (type) {
    case Tree::Type::number:
      return put_head(out, 0xcf, number, 3);
    case Tree::Type::text:
      return put_head(out, 0xdb, number, 2);
    case Tree::Type::array:
      return put_head(out, 0xdd, number, 2);
    default:
      return put_head(out, 0xc6, number, 2);
  }
}

Tree tree_of(const second::Value& value) {
  Tree out;
  switch (value.type) {
    case second::Value::Type::number:
      return {Tree::Type::number, value.integer};
    case second::Value::Type::text:
      return {Tree::Type::text, 0, copy_of(value.bytes)};
    case second::Value::Type::bin:
      out = read_tree(value.bytes);
      if (out.type == Tree::Type::array) return {Tree::Type::nested, 0, {}, {std::move(out)}};
      return {Tree::Type::bin, 0, copy_of(value.bytes)};
    case second::Value::Type::array:
      break;
  }
  out.type = Tree::Type::array;
  for (const second::Value& item : value.items) out.items.push_back(tree_of(item));
  return out;
}

void collect(Tree& node, std::vector<Tree*>& all) {
  all.push_back(&node);
  for (Tree& item : node.items) collect(item, all);
}

}  // namespace

Buffer Tree::write() const {
  Buffer content = bytes, out;
  if (type == Type::raw) return content;
  for (const Tree& item : items) {
    const Buffer written = item.write();
    content.insert(content.end(), written.begin(), written.end());
  }
  const std::uint64_t size = type == Type::number  ? number
                             : type == Type::array ? items.size()
                                                   : content.size();
  if (long_form) {
    put_long(out, type, size);
    out.insert(out.end(), content.begin(), content.end());
    return out;
  }
  switch (type) {
    case Type::number:
      return second::number(number);
    case Type::text:
      return second::str(text_of(content));
    case Type::array: {
      std::vector<Buffer> encoded;
      for (const Tree& item : items) encoded.push_back(item.write());
      return second::array(encoded);
    }
    default:
      return second::bin(content);
  }
}

Tree read_tree(Bytes message) {
  try {
    return tree_of(second::decode(message, any_size));
  } catch (const second::Refused&) {
    return {Tree::Type::raw, 0, copy_of(message)};
  }
}

Buffer TreeMutator::mutate(Bytes message) {
  Tree tree = read_tree(message);
  for (std::size_t n = one_in(4) ? 2 : 1; n > 0; --n) {
    std::vector<Tree*> all;
    collect(tree, all);
    change(*any(all));
  }
  return tree.write();
}

Buffer TreeMutator::graft(Bytes message, Bytes donor) {
  Tree tree = read_tree(message), other = read_tree(donor);
  std::vector<Tree*> all, others;
  collect(tree, all);
  collect(other, others);
  Tree& place = *any(all);
  std::erase_if(others, [&](const Tree* node) { return node->type != place.type; });
  if (!others.empty()) place = Tree(*any(others));
  return tree.write();
}

void TreeMutator::change(Tree& node) {
  if (one_in(12)) {
    node = stranger();
    return;
  }
  if (one_in(24)) {
    node.long_form = true;
    return;
  }
  switch (node.type) {
    case Tree::Type::number:
      return change_number(node);
    case Tree::Type::text:
      return change_text(node);
    case Tree::Type::array:
      return change_array(node);
    case Tree::Type::nested: {
      Buffer inner = node.items.front().write();
      change_bytes(inner);
      node = {Tree::Type::bin, 0, std::move(inner)};
      return;
    }
    case Tree::Type::bin:
    case Tree::Type::raw:
      return change_bytes(node.bytes);
  }
}

void TreeMutator::change_number(Tree& node) {
  if (one_in(2)) {
    node.number += static_cast<std::uint64_t>(any(steps));
  } else {
    node.number = any(numbers);
  }
}

void TreeMutator::change_bytes(Buffer& bytes) {
  switch (below(5)) {
    case 0:
      bytes.resize(any(lengths));
      return;
    case 1:
      bytes.push_back(byte_of(random_()));
      return;
    case 2:
      if (!bytes.empty()) bytes.pop_back();
      return;
    case 3:
      if (!bytes.empty()) any(bytes) = byte_of(random_());
      return;
    default:
      if (!bytes.empty()) any(bytes) ^= byte_of(1U << below(8));
  }
}

void TreeMutator::change_text(Tree& node) {
  switch (below(4)) {
    case 0:
      node.bytes.assign(any(lengths), 'a');
      return;
    case 1:
      if (!node.bytes.empty()) any(node.bytes) = byte_of(random_() & 0x7f);
      return;
    case 2: {
      const std::size_t at = below(node.bytes.size() + 1);
      node.bytes.insert(node.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                        byte_of(one_in(2) ? 'x' : random_()));
      return;
    }
    default:
      node.bytes = copy_of(bytes_of(any(texts)));
  }
}

void TreeMutator::change_array(Tree& node) {
  auto& items = node.items;
  if (items.empty() || one_in(6)) {
    items.push_back(stranger());
    return;
  }
  const auto at = items.begin() + static_cast<std::ptrdiff_t>(below(items.size()));
  switch (below(6)) {
    case 0:
      items.erase(at);
      return;
    case 1:
      items.insert(at, Tree(*at));
      return;
    case 2:
      std::swap(*at, any(items));
      return;
    case 3:
      items.clear();
      return;
    case 4:
      *at = stranger();
      return;
    default: {  // beyond every limit on lists
      static constexpr std::size_t many[] = {2, 3, 8, 9, 12, 13, 16, 17, 32, 33, 64, 65};
      const Tree copy = *at;
      items.resize(std::max(items.size(), any(many)), copy);
    }
  }
}

Tree TreeMutator::stranger() {
  switch (below(8)) {
    case 0:
      return {Tree::Type::number, any(numbers)};
    case 1:
      return {Tree::Type::text, 0, copy_of(bytes_of(any(texts)))};
    case 2:
      return {Tree::Type::bin, 0, Buffer(any(lengths), byte_of(random_()))};
    case 3:
      return {Tree::Type::array};
    case 4: {  // one array too deep, wherever it lands
      Tree deep{Tree::Type::array};
      for (std::size_t n = below(5); n > 0; --n) deep = {Tree::Type::array, 0, {}, {deep}};
      return deep;
    }
    case 5:
      return {Tree::Type::array, 0, {}, {{Tree::Type::number, any(numbers)}}};
    case 6: {  // types that are not used: whole, and cut off by whatever follows
      static constexpr std::uint8_t heads[] = {0xc0, 0xc1, 0xc2, 0x80, 0x81, 0xc7, 0xca, 0xcb,
                                               0xd0, 0xd3, 0xd4, 0xd8, 0xde, 0xdf, 0xe0, 0xff};
      return {Tree::Type::raw, 0, {any(heads)}};
    }
    default:
      return {Tree::Type::raw, 0, {}};
  }
}

}  // namespace waybill::test
