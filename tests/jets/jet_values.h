// tests/jets/jet_values.h: random arguments for jets, partly delayed, partly crashing.
#pragma once

#include "vm/eval.h"
#include "vm/jets.h"

#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace plan::jets_test {

/// Makes values from a seed. Allocates only: what it returns is good until something evaluates.
///
/// Shapes of arguments, by letter:
///   n nat        u nat small enough for laws that count        v anything
///   r row of anything   i row of nats   c row of bytes   q row of rows   z row of pairs
///   a keys in ascending order   l list   s set   e row of sets   t tab   k key
///   b bar   o row of bars   w tree of bars and nats   y number to shift or index by
///   f g h functions of one, two, three arguments   m function that continues or ends an unfolding
///   j seed for m   p pin   d seed of a value, as a bar   x row to try
class Maker {
 public:
  /// `pins[i]` is the pin of the jet with number i, or the nat 0. One seed in three makes many
  /// values crash, so that the order in which they are evaluated shows.
  Maker(vm::Evaluator& evaluator, std::span<const Value> pins, uint64_t seed)
      : evaluator_(evaluator),
        heap_(evaluator.heap()),
        pins_(pins),
        crash_percent_(seed % 3 == 0 ? 40 : 4),
        random_(seed) {}

  /// An argument of the given shape, delayed or crashing now and then.
  Value argument(char shape) { return perhaps_delayed(make(shape)); }
  /// How many of the values made so far crash.
  uint32_t crashes() const { return crashes_; }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  Value read(std::string_view text);
  Value pick(std::span<const char* const> texts) { return read(texts[below(texts.size())]); }
  Value jet(vm::JetId id) { return pins_[static_cast<size_t>(id)]; }
  Value perhaps_delayed(Value v);
  Value crash();
  Value make(char shape);
  Value nat();
  Value any();
  Value key();
  Value row(char shape, uint64_t size_max);
  Value ascending_keys();
  Value list();
  Value tab();
  Value bar();
  Value tree(int depth);
  Value function(uint64_t arity);
  Value unfolder();
  Value seed_bar();

  vm::Evaluator& evaluator_;
  gc::Heap& heap_;
  std::span<const Value> pins_;
  uint64_t crash_percent_;
  std::mt19937_64 random_;
  uint32_t crashes_ = 0;
};

}  // namespace plan::jets_test
