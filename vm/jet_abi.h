// vm/jet_abi.h: how a leaf jet is written.
//
// A leaf jet is direct code: it may allocate and never evaluates. What it needs evaluated it asks
// for, and is then called again from the start with the same arguments:
//
//   JetResult jet_weld(JetCall& c) {
//     if (c.args[1].is_thunk()) return need(c.args[1]);      // the law looks at argument 2 first
//     if (c.args[0].is_thunk()) return need(c.args[0]);
//     if (!is_row(c.args[0]) || !is_row(c.args[1])) return decline();
//     ...
//     return done(row);
//   }
//
// Order     : the order of requests is the order of evaluation, and so decides which crash wins: it
//             follows the law (column eval_law of spec/jets.tsv), except where section 4 of
//             spec/jets.md says to take upstream's.
// Restart   : arguments have indirections removed before every call. `state` and `scratch` start as
//             zeros and survive requests, so a scan over a long row continues where it stopped.
//             After need(), `needed` holds the WHNF (or normal form).
// Decline   : the law runs instead, with the same arguments; nothing may have been observed. The
//             arguments are not what the jet is for (column falls_back_to_law_when), and a user may
//             have asked to be told. run_law() is for arguments it is for, where the law does as
//             well, and for jets that are laws only in the reference: nobody is told.
// Large     : a result that may be large must first pass c.heap.fits(bytes), else return
//             out_of_memory(). Work beyond a few milliseconds polls c.interrupted().
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "gc/heap.h"
#include "gc/make.h"
#include "value/object.h"

namespace plan::vm {

enum class JetStatus : uint64_t {
  kDone,         ///< value is the result, WHNF
  kTail,         ///< value is the result but may be unevaluated: continue with it
  kNeed,         ///< evaluate value to WHNF, then call again
  kNeedNormal,   ///< evaluate value to normal form, then call again
  kNeedApply,    ///< apply value to c.apply_args[0 .. c.apply_count-1], WHNF, then call again
  kTailApply,    ///< the result is value applied to apply_args[0 .. apply_count-1]
  kTryApply,     ///< _Try's last step: value is the row to apply inside a handler
  kDecline,      ///< run the law, and tell whoever wants to know
  kRunLaw,       ///< run the law
  kCrash,        ///< PLAN crash: op = value, argument = c.crash_value (a normal form)
  kOutOfMemory,  ///< abort: heap limit
  kInterrupted,  ///< abort: interrupted inside a long operation
};

struct JetResult {
  Value value;
  JetStatus status;
};

inline constexpr uint64_t kJetScratch = 4;
inline constexpr uint64_t kJetApplyMax = 3;

struct Machine;

struct JetCall {
  gc::Heap& heap;
  Value* args;                    ///< arity many; unevaluated unless requested before
  uint64_t state = 0;             ///< < 2^62
  Value scratch[kJetScratch] = {};
  Value needed = {};                   ///< answer to the last request
  Value apply_args[kJetApplyMax] = {};
  uint64_t apply_count = 0;
  Value crash_value = {};
  Machine* machine = nullptr;  ///< for the evaluator's own leaf functions
  Value function = {};              ///< what is being called
  const std::atomic<bool>* interrupt = nullptr;
  bool interrupted() const {
    return interrupt != nullptr && interrupt->load(std::memory_order_relaxed);
  }
};

using LeafJet = JetResult (*)(JetCall& call);

inline JetResult done(Value v) { return {v, JetStatus::kDone}; }
inline JetResult done_bit(bool b) { return {small_nat(b ? 1 : 0), JetStatus::kDone}; }
inline JetResult tail(Value v) { return {v, JetStatus::kTail}; }
inline JetResult need(Value v) { return {v, JetStatus::kNeed}; }
inline JetResult need_normal(Value v) { return {v, JetStatus::kNeedNormal}; }
inline JetResult decline() { return {Value{}, JetStatus::kDecline}; }
inline JetResult run_law() { return {Value{}, JetStatus::kRunLaw}; }
inline JetResult out_of_memory() { return {Value{}, JetStatus::kOutOfMemory}; }
inline JetResult aborted_by_interrupt() { return {Value{}, JetStatus::kInterrupted}; }

/// The suspended application of `fn` to `args` (1 to 8 of them): a thunk. Allocates only.
Value suspend_apply(gc::Heap& heap, Value fn, std::span<const Value> args);

/// One jet: its name and hash in the table of 197, and its code.
struct JetRow {
  const char* name;
  uint32_t arity;
  const char* hash_hex;  ///< 64 digits: BLAKE3 of the law, as spec/jets.tsv
  LeafJet leaf;          ///< null: IR, only the law, or special treatment by the compiler
  bool in_ir;            ///< written in our IR, see vm/jets_ir.h
};

/// The table, in the order of vm/jets.def; the index is the JetId.
std::span<const JetRow> jet_table();

}  // namespace plan::vm
