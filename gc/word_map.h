// gc/word_map.h: a hash table from non-zero words to words, for walks over shared graphs.
//
// Walks key it by object address or by a packed pair of numbers. Open addressing, linear probing,
// at most two thirds full; nothing is ever removed.
#pragma once

#include "base/check.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace plan::gc {

class WordMap {
 public:
  /// The value of `key`, or nullptr. Valid until the next insertion.
  const uint64_t* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (uint64_t i = slot_of(key);; i = (i + 1) & mask()) {
      if (slots_[i].key == key) return &slots_[i].value;
      if (slots_[i].key == 0) return nullptr;
    }
  }
  /// Adds `key`, which is not zero and not there yet.
  void insert(uint64_t key, uint64_t value) {
    PLAN_ASSERT(key != 0);
    if ((count_ + 1) * 3 > slots_.size() * 2) grow();
    place(key, value);
    count_++;
  }
  /// True if `key` was not there yet; it is now.
  bool add(uint64_t key) {
    if (find(key) != nullptr) return false;
    insert(key, 0);
    return true;
  }
  uint64_t size() const { return count_; }
  /// Keeps the table, unless it was hardly used.
  void clear() {
    if (count_ * kSparse < slots_.size()) {
      slots_.clear();
      bits_ = 0;
    } else {
      std::fill(slots_.begin(), slots_.end(), Slot{});
    }
    count_ = 0;
  }

 private:
  struct Slot {
    uint64_t key = 0;
    uint64_t value = 0;
  };
  static constexpr unsigned kInitialBits = 4;
  static constexpr uint64_t kSparse = 16;

  uint64_t mask() const { return slots_.size() - 1; }
  // Fibonacci hashing (Knuth 6.4): the product's high bits depend on all bits of the key.
  uint64_t slot_of(uint64_t key) const { return (key * 0x9E3779B97F4A7C15) >> (64 - bits_); }
  void place(uint64_t key, uint64_t value) {
    uint64_t i = slot_of(key);
    while (slots_[i].key != 0) i = (i + 1) & mask();
    slots_[i] = {key, value};
  }
  void grow() {
    std::vector<Slot> old = std::move(slots_);
    bits_ = old.empty() ? kInitialBits : bits_ + 1;
    slots_.assign(uint64_t{1} << bits_, Slot{});
    for (const Slot& s : old) {
      if (s.key != 0) place(s.key, s.value);
    }
  }

  std::vector<Slot> slots_;
  uint64_t count_ = 0;
  unsigned bits_ = 0;
};

}  // namespace plan::gc
