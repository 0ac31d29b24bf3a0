// vm/versions.h: a hot loop is copied for the functions that it is seen with.
//
//   map f xs = .. (C2 (self f ..) (f ..)) ..      called with f = inc, from wherever
//
// Where a caller knows the function, it calls a copy (vm/specialise.h). But the caller may run only
// once, as what is typed at a prompt does, and the loop is in the law it calls. So when a law with
// a parameter fit for that becomes hot, the arguments of some of its entries are looked at; its
// optimised code begins with a test for each function seen, and passes what it was made for on to a
// copy, which is optimised with it. From then on each has a counter of its own, so the native tier
// mostly compiles the copies only.
//
// Invariant : the copy is called with what it was made for only: the test is for the very law or
//             pin, or a closure of it with that many arguments.
// Cost      : a comparison or two per entry. What a law was seen with lives as long as the law, so
//             there are few versions.
// Limits    : kObservations, one each kObservationEntries; kVersionsMax; those of copies.
#pragma once

#include "value/value.h"

#include <cstdint>
#include <vector>

namespace plan::vm {

struct Code;
struct Machine;

inline constexpr uint32_t kObservations = 8;
inline constexpr uint32_t kObservationEntries = 7;  ///< a prime: loops may take turns
inline constexpr uint32_t kVersionsMax = 3;

/// A function, with some of its arguments.
struct SeenFunction {
  uint32_t parameter = 0;  ///< of the loop, from 0
  uint32_t held = 0;       ///< arguments it has already
  Value function;          ///< a law or a pin
  bool operator==(const SeenFunction&) const = default;
};

/// A parameter of a loop that is worth a copy when it is known.
struct FunctionParameter {
  uint32_t parameter = 0;
  bool may_hold = false;  ///< also if the function has some of its arguments
};

struct Version {
  std::vector<SeenFunction> seen;  ///< by parameter
  Value copy;
};

/// Looks at the arguments of a hot law that is about to run. False: enough was seen. Direct code.
bool observe_arguments(Machine& vm, Code& hot, const Word* args);
/// Asked by a thunk of the law that is entered often: whether the law should be looked at first.
/// Not for ever: it may not be entered again. Direct code.
bool awaits_observation(Machine& vm, Code& hot);
/// Makes the copies for what was seen, and has the twin test for it. Direct code; heap.hp must be
/// current.
void make_versions(Machine& vm, Code& hot, Code& twin);

}  // namespace plan::vm
