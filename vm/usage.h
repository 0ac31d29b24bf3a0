// vm/usage.h: single-entry (cardinality) analysis: which thunks are entered once at most.
//
// The usage of a function is a set of its parameters: a saturated call enters a thunk that it is
// given for one of these once at most, and lets it go nowhere else from where it might be entered.
// Such a thunk needs no update, whoever made it: Note [Single-entry thunks] in vm/apply.cc.
//
//   f x y = if x (add y 1) 0      {x y}: y on one path only
//   f x y = add x (add y x)       {x y}: what is evaluated in a slot is not entered again
//   f x y = add y (g (h y) x)     {y} and x if g uses it once: h y holds what y was evaluated to
//   f x y = g (h x) (h x)         {}: two thunks hold x
//   f x y = C2 x y                {}: who gets the row may look at it again and again
//
// This is a safety property of each beginning of a run. So the parameters of a law that calls
// itself are first all taken to be in the set, and those that are not are taken out until nothing
// changes: the greatest fixpoint. Laws never call each other in a circle but through unknown
// functions, and what these are given counts as entered often.
//
// A usage is found in the law as it is decoded, which is what it first runs as, and never changes
// in a process, for callers rely on it. The passes keep to call by need, but what was evaluated in
// one slot may be captured by a let of its own afterwards. So each optimised form is analysed as
// well; where it enters a parameter more often, it begins with an updated thunk around that
// (Lowering::share_parameters).
//
// Invariants : what the walk takes for the order of evaluation, and for what is evaluated where it
//              stands, holds for whatever vm/lower*.cc makes of the same IR, or it counts more.
//              What a let names, what members of a cycle use, an argument of an unknown function
//              or of a jet in C++ (which is called anew after each question) is entered often.
// Kept       : per function, in its summary (vm/summary.h). A usage that was stored holds where
//              those do that it relies on: each is compared with what this process has of its
//              function, before anybody is told.
// Limits     : kUsageMax, and those in vm/usage.cc; beyond, nothing is entered once.
// See        : Sergey, Vytiniotis, Jones and Breitner, "Modular, higher order cardinality analysis
//              in theory and practice" (2017), of which this is the first order.
#pragma once

#include "value/value.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace plan::vm {

struct Law;
struct Machine;

/// Parameters after these are entered often.
inline constexpr uint32_t kUsageMax = 64;
/// Of one usage; one that relies on more functions is not stored: in the library of the reference,
/// 2 of the 2190 laws that are compiled if all are.
inline constexpr size_t kReliancesMax = 8;

/// A function that is called, and parameters that it has to enter once at most.
struct Reliance {
  uint16_t constant = 0;  ///< its place among the functions in the body of the caller, from 0
  uint64_t parameters = 0;

  bool operator==(const Reliance&) const = default;
};

/// What is kept of one function.
struct Usage {
  uint64_t once = 0;                ///< parameters entered once at most, as bits from 0
  std::vector<Reliance> relies_on;  ///< other functions

  bool operator==(const Usage&) const = default;
};

/// The parameters whose thunks a saturated call of `function`, any value in WHNF, enters once at
/// most. Direct code, allocates nothing in the heap.
uint64_t usage_of(Machine& vm, Value function);
/// Whether argument `i` is one of them.
bool is_entered_once(Machine& vm, Value function, size_t i);

/// The pass `once`: sets Law::once of a form of the law of `function`. Nothing in the law changes
/// afterwards.
void find_single_entries(Machine& vm, Law& law, Value function);

}  // namespace plan::vm
