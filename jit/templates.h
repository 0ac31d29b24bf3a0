// jit/templates.h: the template tier: bytecode -> machine code, an instruction at a time.
//
// Between the interpreter and the code that LLVM makes stands code that takes ten microseconds a
// law to make: each bytecode instruction becomes a fixed sequence of machine instructions over the
// same frame (JavaScriptCore's baseline tier and V8's Sparkplug are of this kind). What that saves
// is fetching, decoding and dispatch; one value stays in a register from one instruction to the
// next. A law gets it when it is warm, together with its thunks; once it is optimised, the
// optimised bytecode gets it (Note [Optimised bytecode] in vm/tier.cc); when it is hot, LLVM's code
// takes its place.
//
// Note [Templates in the stream]
//   The code of an instruction replaces the address of its handler in the block's stream. So
//   whatever continues at an instruction (a handler that went on, a frame that is returned to, a
//   loop's next turn) continues in machine code, with no other state than the frame; and what a
//   template does not do itself (operands that are not what it expects, instructions that have no
//   template) it leaves to the handler, with the address of the instruction in r2, as if it had
//   been dispatched. The interpreter and its templates can thus change over at every instruction,
//   both ways, and every slow path is the handler's, once.
//
//   From one instruction to the next the value last written may also be in rax. Then the address in
//   the stream is that of a stub which loads it first.
//
// Invariants : frames, records and streams are the interpreter's, but for the addresses; until a
//              template is sure not to leave to the handler it changes nothing but the counter.
// Threads    : the evaluator's only.
#pragma once

#include <cstdint>
#include <memory>

#include "jit/code_arena.h"

namespace plan::vm {
struct Block;
struct Machine;
}  // namespace plan::vm

namespace plan::jit {

#if defined(__x86_64__)
inline constexpr bool kTemplatesBuilt = true;
#else
inline constexpr bool kTemplatesBuilt = false;
#endif
inline constexpr uint64_t kTemplateBytesMax = uint64_t{64} << 20;  ///< unless an option says so

class Templates {
 public:
  /// With room for so many, rounded up to chunks (jit/code_arena.h). Null if they are not built, or
  /// the system gives no memory for code.
  static std::unique_ptr<Templates> create(const vm::Machine& vm, uint64_t bytes_max);

  /// Translates a block that has bytecode. False: no room; the block is as it was. Once one was
  /// refused, blocks that are no shorter are too, at once, until memory comes back.
  bool translate(vm::Block& block);
  /// Takes the memory back. The block's stream is not used any more.
  void release(vm::Block& block);

  uint64_t used_bytes() const { return arena_->used_bytes(); }
  /// Blocks that were translated, whether there was room for the result or not.
  uint64_t translations() const { return translations_; }

 private:
  Templates(const vm::Machine& vm, std::unique_ptr<CodeArena> arena)
      : vm_(vm), arena_(std::move(arena)) {}

  const vm::Machine& vm_;
  std::unique_ptr<CodeArena> arena_;
  const char* slots_ = nullptr;  ///< addresses that templates jump to
  bool was_released_ = false;
  size_t refused_words_ = SIZE_MAX;  ///< of the shortest stream that found no room
  uint64_t translations_ = 0;
};

}  // namespace plan::jit
