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
//   A law's worker needs no stub for its entry: its callers have the law's record in r7, which is
//   no state.
//
// Frames and records are those of vm/tier.h. Slots become SSA values. What is known of a slot
// (vm/low_facts.h) saves the tests, and the roots of suspensions that cannot happen.
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
