// vm/tier.h: the door between the evaluator and a native tier (jit/); vm is complete without one.
//
// A law becomes faster in steps, by how often it is entered and its loops turn: Note [Thresholds]
// in vm/tier.cc. First the tier may translate its bytecode in place. Then the law gets a *twin*: a
// second Code, decoded anew and optimised. Its blocks are lowered to linear code here, by the
// evaluator's thread; bytecode of it takes the law's place, and it is handed over as a TierRequest.
// The tier compiles it elsewhere, using the addresses in it as mere numbers, and raises
// Machine::tier_ready; the next safepoint installs the code by patching records. So no other thread
// ever reads or writes a value, a record or a region.
//
// Frames     : native code shares stack and records with the interpreter. The frame of a suspension
//              is [record, live slots ascending], all of them values (Instruction n of a block:
//              TierBlock::live[n], TierBlock::resumes[n]).
// Entries    : see vm/dispatch.h; native laws of up to kRegisterArguments have a worker of their
//              own.
// Loops      : an interpreted loop whose law has become native goes on there at its next turn.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "vm/low_code.h"
#include "vm/low_facts.h"

namespace plan::vm {

struct Code;

/// Why a law has no native code.
enum class TierFailure : uint8_t {
  kNone,
  kTooLarge,    ///< more than kTierInstructionsMax instructions
  kHugeObject,  ///< builds an object of more than kTierObjectWordsMax words
  kCodeBudget,  ///< the budget for code memory is used up
  kCodeMemory,  ///< the system gives none
  kCompiler,    ///< LLVM gave up
};
const char* tier_failure_name(TierFailure failure);

inline constexpr uint32_t kTierInstructionsMax = 4000;
inline constexpr uint32_t kTierObjectWordsMax = 1024;

/// One block to compile, and what became of it.
struct TierBlock {
  Block* block = nullptr;  ///< for the evaluator's thread only
  gc::Info* info = nullptr;
  LowCode low;
  std::vector<LiveSet> live;         ///< per instruction, live_after_suspension()
  std::vector<gc::Info*> resumes;    ///< per instruction: the record of its frame, or null
  /// Bit p: a variant of the law for calls in which argument p is an immediate nat. It follows the
  /// law itself, which passes such calls on to it; it has frames of its own, and no entry.
  uint32_t small_arguments = 0;
  /// If some are small: the law's loop is also made for turns with such parameters.
  LoopParameters loop;
  bool is_once = false;  ///< Block::is_once
  bool is_special() const { return small_arguments != 0; }
  bool is_small(uint32_t parameter) const { return ((small_arguments >> parameter) & 1) != 0; }
  void* entry = nullptr;
  void* worker = nullptr;            ///< laws of 1 .. kRegisterArguments arguments
  std::vector<void*> resume_entries;  ///< per instruction
  std::vector<void*> elements_entries;  ///< the same, for elements in registers (vm/results.h)
};

struct TierRequest {
  Code* twin = nullptr;        ///< null once its region is gone
  uint64_t function = 0;       ///< the law or pin, as a word; it does not move
  std::string name;
  uint64_t subject = 0;        ///< subject_of() the law
  std::vector<TierBlock> blocks;  ///< [0]: the law itself
  TierFailure failure = TierFailure::kNone;
  bool dump = false;           ///< --dump-asm asks for it
  bool was_native = false;     ///< to be loaded again
  bool has_waited = false;     ///< see Note [Thresholds]: it was hot before the compiler was loaded
  bool cached = false;         ///< not compiled: the code was at hand
  uint64_t compile_ns = 0;     ///< processor time
  uint64_t code_bytes = 0;
  void* code = nullptr;  ///< the tier's name for the memory
};

/// Everything native code refers to in the evaluator, so that a tier needs no symbol of it.
struct TierRuntime {
  // Byte offsets from the machine.
  uint32_t stack_limit, hp_limit, heap_hp, stack_request, info_base;
  uint32_t info_worker, info_elements, info_elements_entry;  ///< of gc::Info
  uint32_t apply_thunk_index, selector_index;
  uint64_t no_result;
  // From here on addresses only: native code reads them from its slots (jit/image.h).
  const void* update_info;
  // Evaluating code (vm/dispatch.h).
  const void* eval_value;
  const void* apply_values;
  const void* apply_registers[8];
  const void* safepoint_apply;
  const void* safepoint_thunk;
  const void* safepoint_slow;
  const void* compare_values;
  const void* run_leaf_jet;
  const void* multiply;  ///< r1, r2: evaluated operands; returns to the frame at sp
  const void* divide;
  const void* modulo;
  const void* add_and_return;       ///< any evaluated operands; polls, then returns
  const void* subtract_and_return;
  // Direct code: Word f(Machine*, Word, Word), called with the stack aligned to words only.
  const void* add;
  const void* subtract;
  const void* increment;
  const void* decrement;
  const void* select;       ///< argument (second, a count) of an evaluated value
  const void* call_leaf_jet;  ///< record, address of the arguments; no_result: see leaf_result()
  const void* count;        ///< number of arguments, as a nat
  const void* remember;     ///< a row under construction and an index at which it was written
  const void* some_row;     ///< a value: stands for a row of which only the elements are there
  const void* order;        ///< -1, 0, 1 of evaluated values as a signed word; 2: needs evaluation
};
TierRuntime tier_runtime(Machine& vm);

class Tier {
 public:
  virtual ~Tier() = default;
  /// Puts machine code in place of the bytecode's handlers (jit/templates.h). False: it stays as it
  /// is.
  virtual bool translate(Block& block) {
    static_cast<void>(block);
    return false;
  }
  /// Takes the memory of translate() back.
  virtual void release_translation(Block& block) { static_cast<void>(block); }
  /// Whether load() may know anything; or anything of a subject, see subject_of().
  virtual bool has_stored_code() { return false; }
  virtual bool has_stored_code(uint64_t subject) {
    static_cast<void>(subject);
    return false;
  }
  /// Finishes the request at once if its code was made before, by this process or another.
  virtual bool load(TierRequest& request) {
    static_cast<void>(request);
    return false;
  }
  /// The bytes that an earlier process gave add_summary() under this key (vm/summary.h); empty:
  /// none.
  virtual std::vector<uint8_t> find_summary(const Hash256& key) {
    static_cast<void>(key);
    return {};
  }
  virtual void add_summary(const Hash256& key, std::span<const uint8_t> bytes) {
    static_cast<void>(key);
    static_cast<void>(bytes);
  }
  /// Takes the request. With `wait`, returns when it is done (not yet installed).
  virtual void submit(std::unique_ptr<TierRequest> request, bool wait) = 0;
  /// A finished request, or null.
  virtual std::unique_ptr<TierRequest> take_finished() = 0;
  // Eviction, see Note [Eviction] in vm/tier_install.cc.
  /// Whether a finished request, or one that load() was asked for, waits for code memory.
  virtual bool lacks_room() { return false; }
  /// Code memory is scarce enough to keep what it takes to evict a law.
  virtual bool is_half_full() { return false; }
  /// Takes the code memory of a request back; nothing runs there any more.
  virtual void give_back(TierRequest& request) { static_cast<void>(request); }
  /// Nothing can be evicted: what waits for room is refused.
  virtual void give_up() {}
  /// Clears the twin of every request that has it.
  virtual void forget(Code* twin) = 0;
};

struct TierStatistics {
  uint64_t translated = 0;  ///< laws with templates
  uint64_t untranslated = 0;  ///< blocks of theirs that the tier left as they were
  uint64_t optimised = 0;   ///< laws whose twin is or was in charge
  uint64_t requested = 0;
  uint64_t laws = 0;
  uint64_t cached = 0;  ///< of the laws
  uint64_t evicted = 0;
  uint64_t failures = 0;
  uint64_t code_bytes = 0;
  uint64_t compile_ns = 0;
};

/// Told about each law that has native code now (kNone), or was refused.
struct TierEvent {
  Value function;
  TierFailure failure = TierFailure::kNone;
  bool cached = false;
  uint64_t compile_ns = 0;
  uint64_t code_bytes = 0;
};
using TierSink = void (*)(void* context, const TierEvent& event);
/// The name of a law or pin, for people; "?" if it is neither.
std::string printable_name(Value function);
/// What stored code is filed under: the same for equal laws in all processes, found without looking
/// into them. A few laws may share one.
uint64_t subject_of(Value function);

/// Sets the counter of a new law.
void begin_counting(Machine& vm, Code& code);
/// The counter of a thunk's code that is entered for the first time.
int32_t thunk_heat(const Machine& vm, const Code& code);
/// Whether laws get template code when they are warm.
bool uses_templates(const Machine& vm, const Code& code);
/// Translates the bytecode that the law and its thunks have, and from now on what they get.
void translate_law(Machine& vm, Code& code);
/// Translates a block, if its law was.
void translate_new_block(Machine& vm, Block& block);
/// Where a block that has bytecode is entered, unless it is native.
void* bytecode_entry(const Block& block);
/// Called when the counter of a law has run out: the first time it is translated. Whether it is
/// time to tier_up().
bool is_hot(Machine& vm, Code& code);
/// Called when `block`, a law's or one of its thunks', has become hot. Direct code.
void tier_up(Machine& vm, Block& block);
/// Installs what is finished. At a safepoint, when vm.stack.sp is current, it may also evict laws
/// that nothing on the stack comes back to. Direct code.
void install_native_code(Machine& vm, bool at_safepoint);
/// The code is about to be freed, with its region.
void forget_native_code(Machine& vm, Code& code);

}  // namespace plan::vm
