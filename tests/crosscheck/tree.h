#pragma once

#include <random>
#include <span>
#include <string>
#include <vector>

#include "ticket/wire/bytes.h"

namespace waybill::test {

/// A message as a tree that may be changed and written again, also in forms that a canonical
/// encoder would not write. A `bin` that holds a message of its own is a tree, too.
struct Tree {
  enum class Type : std::uint8_t { number, bin, text, array, nested, raw };
  Type type = Type::raw;
  std::uint64_t number = 0;
  Buffer bytes{};             ///< of a bin, a text, or of anything at all (raw)
  std::vector<Tree> items{};  ///< of an array; the one inside a nested bin
  bool long_form = false;     ///< written with a longer head than it needs

  Buffer write() const;
};
/// Raw where the message is not one.
Tree read_tree(Bytes message);

/// Changes messages where it matters: numbers to the edges of what they may be, names to others,
/// lists by an element, anything to what does not belong there. The same way in every run.
class TreeMutator {
 public:
  explicit TreeMutator(std::uint64_t seed) : random_(seed) {}

  /// One to two changes.
  Buffer mutate(Bytes message);
  /// The same with parts of `donor` put in place of others.
  Buffer graft(Bytes message, Bytes donor);

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  auto& any(List& list) {
    return list[below(std::size(list))];
  }

 private:
  void change(Tree& node);
  void change_number(Tree& node);
  void change_bytes(Buffer& bytes);
  void change_text(Tree& node);
  void change_array(Tree& node);
  Tree stranger();

  std::mt19937_64 random_;
};

}  // namespace waybill::test
