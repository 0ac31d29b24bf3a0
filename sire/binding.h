// sire/binding.h: what a name is bound to.
//
// A binding is a pin of the row [key value code location name props]. It is made once and passed
// around inside the state, by the library's macros too; what the front end finds out about one is
// remembered here, by the address of the pin.
//
// Lifecycle  : bindings are kept for the session; their pins are never freed.
// Invariants : pins do not move, so neither does anything in the row.
#pragma once

#include "gc/heap.h"
#include "gc/word_map.h"
#include "sire/symbol.h"
#include "value/object.h"

#include <memory>
#include <vector>

namespace plan::sire {

struct Pot;

inline constexpr uint64_t kBindingFields = 6;

/// What inlining knows of a binding. See sire/inline.h.
enum class PotState : uint8_t { kUnknown, kUnderway, kKnown };

struct Binding {
  Value pin;
  bool well_formed = false;  ///< the item is a row of six, the first of them a nat
  mutable PotState pot_state = PotState::kUnknown;
  mutable const Pot* pot = nullptr;

  // Of a well-formed binding. The pin's item is a normal form in pin space.
  Value field(uint64_t i) const { return row_at(pin_item(pin), i); }
  Value key() const { return field(0); }
  Value value() const { return field(1); }
  Value code() const { return field(2); }
  Value name() const { return field(4); }
};

class BindingTable {
 public:
  explicit BindingTable(gc::Heap& heap) : pins_(heap) {}
  /// The binding of `pin`, which is a pin; the same object every time.
  const Binding* find_or_add(Value pin);

 private:
  gc::RootList pins_;
  gc::WordMap by_address_;  // pin -> position in bindings_
  std::vector<std::unique_ptr<Binding>> bindings_;
};

}  // namespace plan::sire
