// vm/optimise.h: the passes over the IR, by name, and the order in which they run.
//
// A pass rewrites a decoded law in place (vm/ir.h, built with vm/ir_build.h). It runs for hot laws
// only, and never changes the value, the crash (operator, value, and which one comes first), the
// order of traces, or whether the law ends. Each pass states how in its own header, has tests on IR
// text (vm/ir_text.h), and can be switched off by name.
//
// Constants: what a pass puts into a law must not move and must live as long as the law: immediate
// nats, and values in pin space that the law's constants lead to (parts of them, and constants of
// laws they refer to).
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace plan::vm {

struct Law;
struct Machine;

enum class Pass : uint8_t {
  kDemand,      ///< ordered strictness
  kInline,      ///< small known laws at their calls
  kSpecialise,  ///< loops for the functions they are given
  kUnlift,      ///< groups of local functions
  kCase,        ///< constant folding, case of known constructors
  kCse,         ///< common subexpressions
  kSink,        ///< lets that one suspended expression uses are built inside it
  kAbsence,     ///< arguments that the callee does not look at (vm/absence.h)
  kResults,     ///< results of calls are taken apart in registers (vm/results.h)
  kSpeculate,   ///< conditionals of cheap operations are not suspended (Note in vm/lower_lazy.cc)
  kOnce,        ///< thunks entered once are not updated (vm/usage.h, Note in vm/apply.cc)
  kCount
};

/// A set of passes.
class PassSet {
 public:
  static constexpr PassSet all() { return PassSet((1u << kPasses) - 1); }
  static constexpr PassSet none() { return PassSet(0); }

  constexpr bool has(Pass pass) const { return (bits_ >> static_cast<unsigned>(pass) & 1) != 0; }
  constexpr void add(Pass pass) { bits_ |= 1u << static_cast<unsigned>(pass); }
  constexpr void remove(Pass pass) { bits_ &= ~(1u << static_cast<unsigned>(pass)); }
  constexpr bool operator==(const PassSet&) const = default;

 private:
  static constexpr unsigned kPasses = static_cast<unsigned>(Pass::kCount);
  explicit constexpr PassSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_;
};

const char* pass_name(Pass pass);

/// Reads `all`, `none`, or names separated by commas: each adds a pass, or takes it away if there
/// is a `-` before it. Begins with no pass; with all of them if the first name has a `-`. Fails
/// with "PASSES".
Result<PassSet> read_passes(std::string_view text);
/// The shortest of `all`, `none` and the list of names.
std::string print_passes(PassSet passes);

/// Runs the passes in their order on the decoded `law` of `function`: the law itself, or the pin
/// around it that calls go through. A law with undecoded parts stays as it is. Direct code. Copies
/// of laws (vm/law_copy.h) are put together above heap.hp, which must be current; it is the same
/// afterwards.
void optimise_law(Machine& vm, Law& law, Value function, PassSet passes);
/// The same for a law that runs for the first time: only what makes loops of its own visible
/// (vm/unlift.h).
void prepare_law(Machine& vm, Law& law, Value function, PassSet passes);

}  // namespace plan::vm
