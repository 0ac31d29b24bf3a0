// vm/demand.h: ordered demand, which is strictness that keeps the order of evaluation.
//
// The demand of a function is a list of its parameters: a saturated call evaluates these to WHNF,
// in this order, before anything else that could crash, trace or run for ever. So a caller may
// evaluate the arguments itself, in this order, right before the call: the value, the first crash,
// the traces and the ending stay what they were, and no thunk is built. Classical strictness
// (everything that is evaluated if the call returns) would be more, and could let another crash
// win.
//
// A function is *total* if nothing of that kind follows either: once the arguments in its list are
// evaluated, it gives its WHNF. A call of it may then be passed over in search of further demand.
//
//   f x y = if x (crash 1) y      [x]: one branch crashes before it looks at y
//   f x y = add x (inc y)         [y x], total: add looks at its second operand first
//   f x y = if (lth x y) x y      [x y]: comparing structures may evaluate what is inside them
//
// Kinds      : what is asked may be conditional: comparing with a nat is total. If the demand of a
//              function would be more were some arguments nats (Demand::kinds_asked), and those of
//              a call surely are, it is found for that case too. So the loop
//              `go i n acc = if (gth i n) acc (go (inc i) n (f acc))`, of which nothing is known
//              but [i n], has [i n acc] whenever it calls itself.
// Recursion  : a law that calls itself is analysed with what is known of it so far: at first
//              nothing, then what that gave. To find the accumulator of a loop takes the opposite
//              assumption, that the call is as strict as the rest of the law. That is a proof by
//              induction only if the loop ends: so a parameter must shrink in every turn (`dec n`
//              where n is not 0). A loop that might turn for ever in silence must not crash
//              instead. Laws never call each other in a circle but through unknown functions.
// Kept       : per function, in its summary (vm/summary.h).
// Limits     : kDemandMax, and those in vm/demand.cc; what is beyond has no demand, which is always
//              true.
// See        : design, optimiser-study.md sections 5 and 6.
#pragma once

#include "value/value.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace plan::vm {

struct Expr;
struct Law;
struct Machine;

/// Parameters after these are not listed.
inline constexpr uint32_t kDemandMax = 12;

class Demand {
 public:
  /// Indices of arguments, from 0, each once.
  std::span<const uint8_t> order() const { return {order_.data(), count_}; }
  /// False, and nothing is added, if the list is full.
  bool add(uint8_t argument);
  /// Leaves the longest beginning that both have. True if that is all of both.
  bool keep_common(const Demand& other);
  bool has_order_of(const Demand& other) const;

  bool total = false;
  bool gives_nat = false;    ///< total, and the result is a nat
  uint64_t kinds_asked = 0;  ///< arguments, as bits: more might be known if they were nats

 private:
  std::array<uint8_t, kDemandMax> order_{};
  uint8_t count_ = 0;
};

/// The demand of a function if the arguments in the set `nats` are nats.
struct KindsDemand {
  uint64_t nats = 0;
  Demand demand;
  bool is_provisional = false;  ///< found under a limit that depends on what was asked before
};
using FunctionDemands = std::vector<KindsDemand>;

/// The demand of a saturated call of `function`, any value in WHNF, if the arguments in `nats`, a
/// set of bits, evaluate to nats. Direct code, allocates nothing in the heap.
Demand demand_of(Machine& vm, Value function, uint64_t nats = 0);
/// The same for a decoded law whose variable 0 is `self`; nothing is kept of it.
Demand demand_of_law(Machine& vm, const Law& law, Value self);
/// The arguments of `call`, an application in `law`, that are nats whatever the variables are.
uint64_t nat_arguments(const Law& law, const Expr* call);

}  // namespace plan::vm
