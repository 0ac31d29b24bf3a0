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
#pragma once

#include <memory>
#include <string>

#include "vm/tier.h"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace plan::jit {

/// The module has one constant, an array of addresses called `table_name`: for each block its entry
/// and its worker (or null), then one for each record in `resumes`, in order.
std::unique_ptr<llvm::Module> generate(llvm::LLVMContext& context, const vm::TierRequest& request,
                                       const vm::TierRuntime& runtime,
                                       const std::string& table_name);

}  // namespace plan::jit
