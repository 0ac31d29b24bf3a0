// vm/machine.h: everything evaluating code reaches through its `vm` register.
//
// Invariants : while something evaluates, hp lives in a register and heap.hp is stale; helpers are
//              called through PLAN_SYNC, which writes it back and reloads it.
// Threads    : owner thread only, but for the atomics: `interrupt`, `tier_ready`, and the two
//              limits, which another thread or a signal handler may lower (never raise).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "gc/collector.h"
#include "gc/heap.h"
#include "gc/info_table.h"
#include "gc/stack.h"
#include "vm/code.h"
#include "vm/dispatch.h"
#include "vm/eval.h"
#include "vm/jet_abi.h"
#include "vm/jets_ir.h"
#include "vm/summary.h"
#include "vm/tier.h"

namespace plan::vm {

inline constexpr uint32_t kApplyInfos = 8;  ///< fixed apply frames for 1 .. 7 arguments

struct Machine {
  explicit Machine(const Options& options);
  ~Machine();

  /// Makes the next entry, loop turn or resumption that polls come to a safepoint. Any thread, and
  /// signal handlers. Code that never allocates looks at the stack's limit only.
  void lower_limits() {
    hp_limit.store(nullptr, std::memory_order_relaxed);
    stack_limit.store(reinterpret_cast<Word*>(~Word{7}), std::memory_order_relaxed);
  }
  /// The limits as they are when nobody wants anything. Owner thread.
  void reset_limits() {
    stack_limit.store(stack_soft_limit, std::memory_order_relaxed);
    hp_limit.store(heap.hp_limit, std::memory_order_relaxed);
  }

  // Hot: read on every entry.
  std::atomic<Word*> stack_limit;
  std::atomic<Word*> hp_limit;
  gc::Info* info_base;
  gc::Info* update_info;
  gc::Info* apply_info[kApplyInfos];
  gc::Info* apply_counted_info;
  gc::Info* resume_normalise_info;
  gc::Info* normalise_top_info;
  gc::Info* compare_info;
  gc::Info* jet_info;
  gc::Info* try_apply_info;
  gc::Info* try_info;
  gc::Info* stop_info;
  gc::Info* apply_thunk_info;
  gc::Info* selector_info;
  gc::Info* selector_frame_info;
  gc::Info* reenter_info;
  gc::Info* nat_info[6];  ///< entries of the nats 0..4 and of all others, as functions
  gc::Info* set_info;     ///< entry of a set as a function of one argument

  gc::Heap heap;
  gc::InfoTable infos;
  gc::EvalStack stack;
  gc::Collector collector;
  Options options;

  std::atomic<bool> interrupt{false};
  uint64_t time_limit_ns = 0;
  uint64_t deadline_ns = 0;  ///< of the evaluation under way; 0: none
  Word* stack_soft_limit;    ///< what stack_limit is when nobody lowered it
  uint64_t stack_request = 0;  ///< words the entry that polls wants below sp
  std::unique_ptr<IrJets> ir_jets;
  std::unique_ptr<JetCall> jet_call;  ///< the leaf call under way (vm/runtime.cc)
  gc::Info* decline_crash_info;
  JetFunction nat_records[7];         ///< what nat_info and set_info point to

  OutcomeKind outcome = OutcomeKind::kValue;
  Value result;
  Value crash_op;

  TraceSink trace_sink = nullptr;
  void* trace_context = nullptr;
  TraceSink fallback_sink = nullptr;
  void* fallback_context = nullptr;
  JetMatchSink match_sink = nullptr;
  void* match_context = nullptr;
  uint64_t jets_declined = 0;
  Summaries summaries{*this};
  std::unique_ptr<Tier> tier;  ///< null: everything is interpreted
  std::atomic<bool> tier_ready{false};  ///< something waits to be installed
  TierStatistics tier_statistics;
  // A law that was asked for has been shown (--dump-ir), or will be, once it is compiled.
  bool has_dumped_ir = false;
  bool has_dumped_asm = false;
  std::vector<std::unique_ptr<TierRequest>> evictable;  ///< native laws that may go, oldest first
  uint64_t start_ns;  ///< when the machine was made, on the steady clock
  TierSink tier_sink = nullptr;
  void* tier_context = nullptr;
  bool leaf_retried = false;   ///< the leaf under way found no room before
  uint64_t stress_polls = 0;  ///< every third collection under gc-stress is a major one
};

/// Calls direct code that allocates, keeping the hp register and heap.hp in step.
#define PLAN_SYNC(...)  \
  do {                  \
    vm->heap.hp = hp;   \
    __VA_ARGS__;        \
    hp = vm->heap.hp;   \
  } while (false)

inline bool below_limits(const Machine* vm, const Word* sp, const Word* hp) {
  return sp >= vm->stack_limit.load(std::memory_order_relaxed) &&
         hp <= vm->hp_limit.load(std::memory_order_relaxed);
}

/// Makes sure the law or pin has an entry record; returns it. Direct code.
gc::Info* function_info(Machine& vm, Value function);
/// The entry of the law behind `pin`, jets aside.
gc::Info* law_info(Machine& vm, Value function);
/// A second, optimised Code of the same function, with the same entry record; freed with it.
Code* new_twin(Machine& vm, Code& code);
/// Decodes what `block` needs to be lowered. Direct code, allocates nothing in the heap.
void decode_block(Machine& vm, Block& block);
/// Compiles `block`. Direct code, allocates nothing in the heap.
void compile_block(Machine& vm, Block& block);
/// Makes a pin of a normal form and matches it against the jet table.
Value make_matched_pin(Machine& vm, Value item);
/// Compares `pin` (new, or loaded) with the jet table and reports through match_sink.
void match_pin(Machine& vm, Value pin);
/// The same for every pin in a value that direct code has just built; inner pins first.
void match_loaded(Machine& vm, Value loaded);
/// Frees the code of a region; registered with the collector.
void release_region_code(void* machine, gc::Region* region);

// Leaf functions for nats in function position: args are the call's arguments, see vm/opcodes.cc.
JetResult op_make_law(JetCall& call);
JetResult op_reflect(JetCall& call);
JetResult op_nat_case(JetCall& call);
JetResult op_increment(JetCall& call);
JetResult op_pin(JetCall& call);
JetResult op_crash(JetCall& call);
JetResult op_set(JetCall& call);
/// Prepares the row [function args..] of a declined jet, reports it, leaves it in vm.result.
Word report_decline(Machine& vm, Value function, Word* args, uint32_t arity);
JetResult jet_trace_normal(JetCall& call);
JetResult jet_trace_deep(JetCall& call);
JetResult jet_try(JetCall& call);

}  // namespace plan::vm
