// jit/codegen.h: linear code -> LLVM IR.
//
// Note [Shape of native code]
//   Evaluating code never returns: it tail-calls the next (vm/dispatch.h). So a block of linear
//   code becomes several functions. Its *roots* are its entry and the resumption of each
//   suspension. An instruction that always suspends (a call) ends its function; one that
//   seldom does (forcing a value that is mostly evaluated) goes on in the same function, and its
//   resumption must come back into the middle of it. Roots that reach a common instruction share
//   one function that switches on a state in r7; each of them is a stub that sets the state. A
//   root that shares nothing is a function of its own: the code after a call in a tree-like law.
//   Stubs are assembly, which costs much less than a trip through LLVM. So the look whether a
//   safepoint is wanted before a resumption stands in its stub, if it has one.
//   A law's worker needs no stub for its entry: its callers have the law's record in r7, which is
//   no state.
//
// Frames and records are those of vm/tier.h. Slots become SSA values. What is known of a slot
// (vm/low_facts.h) saves the tests, and the roots of suspensions that cannot happen.
//
// Note [Loops for small numbers]
//   The loop of a law that computes (TierBlock::loop) stands in its function twice. The
//   second form is for turns whose numbers are immediates; it is entered from the poll before a
//   turn, after one test of all of them, and keeps them in registers without their tags. There an
//   operation on nats takes immediates and gives one. Where that fails (a thunk, an overflow), the
//   turn begins anew in the first form: a side exit. So the second form has no slow paths, and
//   nothing but the parameters must be kept for it. It consists of what leads to the next turn
//   (vm::small_loop_code()), allocates nothing and does not suspend; where a branch leads
//   elsewhere, the first form goes on, with the same slots.
//
// Note [Arms without branches]
//   In the second form both arms of a conditional are computed, and the results chosen, if they
//   are a few operations: the processor cannot foresee a branch on a sign. An overflow in the arm
//   that does not count is a side exit, too. Of the difference of what was compared it is known
//   that it is not below zero.
//
// Note [Elements in registers]
//   What a call returns may be taken apart at once (vm/results.h). Then its frame's record has a
//   second entry, of a root with the elements in r1 .. rn in place of the row. The root begins
//   behind the instructions that take the elements; where it must be asked whether the result is a
//   nat, some row stands for it. A law that returns a row it has just made looks at the record of
//   the frame it returns to, and makes the row only if that has no such entry, or wants more
//   elements. It does not look if the row has a new thunk in it: a cell of a lazy list mostly goes
//   to an update frame, and to look would cost a fortieth of making the list. If the root comes to
//   a safepoint, it makes the row after all: the frame is still there, and goes on through its
//   first entry.
//
// Note [No addresses in code]
//   Code must mean the same in another process (jit/code_cache.h), so it holds no constant that is
//   not immediate, no record and no address of the evaluator: these it reads from its slot table
//   (jit/image.h), through reference(), record(), thunk_header_of() and address(). Nor may what is
//   generated depend on such a word, but for the tag of a constant. For LLVM's passes each slot is
//   the address of an unknown global, so a constant, which they do not keep in registers; in the
//   end each use becomes a load of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jit/image.h"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace plan::jit {

/// The symbol of the slot table, whose words are zero; with a number, of one slot.
inline constexpr const char* kSlotsSymbol = "slots";
/// What the names of functions begin with; the rest is that of ImageFunction.
inline constexpr std::string_view kFunctionPrefix = "f";

struct GeneratedModule {
  std::unique_ptr<llvm::Module> module;
  std::vector<std::string> entries;  ///< the functions of Image::entries; empty: none
  std::vector<Slot> slots;
};

GeneratedModule generate(llvm::LLVMContext& context, const vm::TierRequest& request,
                         const vm::TierRuntime& runtime);
/// Makes the slot table, and loads from it; after the passes.
void load_slots(GeneratedModule& generated);

}  // namespace plan::jit
