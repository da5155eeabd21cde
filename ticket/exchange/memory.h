#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace waybill {

/// A bounded memory of what was expensive to compute. Two generations: when the young one is full
/// it becomes the old one, and what was old is forgotten, so no entry costs a list or a clock.
/// Thread-safe; forgetting is always sound, since the answer can be computed again.
template <class Key, class Value>
class Memory {
 public:
  /// Remembers between `generation` and twice as many entries.
  explicit Memory(std::size_t generation) : generation_(generation) {}

  /// `use(value)` on a remembered value, under the lock; false when there is none.
  template <class Use>
  bool with(const Key& key, Use use) {
    const std::scoped_lock guard(lock_);
    if (const auto young = young_.find(key); young != young_.end()) {
      use(young->second);
      return true;
    }
    const auto old = old_.find(key);
    if (old == old_.end()) return false;
    use(old->second);
    auto node = old_.extract(old);
    make_room();
    young_.insert(std::move(node));
    return true;
  }

  bool knows(const Key& key) {
    return with(key, [](const Value&) {});
  }

  void remember(Key key, Value value) {
    const std::scoped_lock guard(lock_);
    make_room();
    young_.insert_or_assign(std::move(key), std::move(value));
  }

 private:
  void make_room() {
    if (young_.size() < generation_) return;
    old_ = std::exchange(young_, {});
  }

  const std::size_t generation_;
  std::mutex lock_;
  std::unordered_map<Key, Value> young_;
  std::unordered_map<Key, Value> old_;
};

}  // namespace waybill
