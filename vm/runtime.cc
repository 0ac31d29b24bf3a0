// vm/runtime.cc: evaluating code of the machines that walk values: normal form, comparison, and
// leaf jets that ask for more. Each keeps its whole state in frames, so depth is memory.
#include <cstring>

#include "base/check.h"
#include "value/order.h"
#include "vm/machine.h"
#include "vm/primops.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

bool surely_normal(Value v) {
  if (!v.is_pointer() || v.is_big()) return true;
  if (v.is_thunk()) return false;
  const Object* o = v.object();
  return o->is_normal() || o->kind() == Kind::kPin || o->kind() == Kind::kLaw;
}

uint64_t part_count(const Object* o) {
  switch (o->kind()) {
    case Kind::kRow: return o->length();
    case Kind::kClosure: return 1 + o->closure_args();
    case Kind::kTab: return 2;
    default: return 0;
  }
}

}  // namespace

// --- Normal form. Frames [info, object, next << 1], one per object on the path.
//
// Parts are never overwritten: an evaluated thunk is an indirection that the collector removes.

PLAN_EVALUATES normalise_step(PLAN_STATE) {
  for (;;) {
    Object* o = Value{sp[1]}.object();
    const uint64_t n = part_count(o);
    uint64_t i = sp[2] >> 1;
    Value part;
    for (; i < n; ++i) {
      part = deref(o->field(i));
      if (!surely_normal(part)) break;
    }
    if (i == n) {
      o->header |= kFlagNormal;
      r1 = sp[1];
      sp += 3;
      PLAN_RETURN();
    }
    sp[2] = i << 1;
    r1 = part.word;
    if (part.is_thunk()) {
      PLAN_TAIL eval_value(PLAN_REGISTERS);
    }
    if (sp - 64 < vm->stack_limit.load(std::memory_order_relaxed)) [[unlikely]] {
      PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
    }
    sp -= 3;
    sp[0] = word_of(vm->resume_normalise_info);
    sp[1] = r1;
    sp[2] = 0;
  }
}

// Continuation of normalise_value: r1 is the WHNF.
PLAN_EVALUATES normalise_top(PLAN_STATE) {
  if (surely_normal(Value{r1})) {
    sp += 1;
    PLAN_RETURN();
  }
  sp -= 2;
  sp[0] = word_of(vm->resume_normalise_info);
  sp[1] = r1;
  sp[2] = 0;
  PLAN_TAIL normalise_step(PLAN_REGISTERS);
}

PLAN_EVALUATES normalise_value(PLAN_STATE) {
  sp -= 1;
  sp[0] = word_of(vm->normalise_top_info);
  PLAN_TAIL eval_value(PLAN_REGISTERS);
}

// --- Comparison (plan.md section 5). A counted frame
//       [info, size << 1, mode << 1, a, b, next << 1, a', b', next' << 1, ..]
// with the innermost pair first. next == 0: the pair itself is to be compared; next == k + 1: the
// pair are applications with equal heads and widths, argument k comes next.

namespace {

constexpr int kUndecided = 2;

uint64_t app_width(Value v) {
  switch (v.object()->kind()) {
    case Kind::kRow: return row_size(v);
    case Kind::kClosure: return closure_size(v);
    case Kind::kTab: return 1;
    default: return 0;
  }
}

Value app_head(gc::Heap& heap, Value v) {
  switch (v.object()->kind()) {
    case Kind::kRow: return gc::make_cow(heap, small_nat(row_size(v)));
    case Kind::kClosure: return closure_head(v);
    case Kind::kTab: return tab_set(v);
    default: PLAN_UNREACHABLE();
  }
}

/// Argument k in application order.
Value app_arg(Value v, uint64_t k) {
  switch (v.object()->kind()) {
    case Kind::kRow: return row_at(v, row_size(v) - 1 - k);
    case Kind::kClosure: return closure_arg(v, k);
    case Kind::kTab: return tab_values(v);
    default: PLAN_UNREACHABLE();
  }
}

/// Compares WHNF a and b as far as their heads: -1, 0, 1, or kUndecided if they are applications
/// whose arguments must be compared in turn.
int compare_heads(gc::Heap& heap, Value a, Value b) {
  if (surely_normal(a) && surely_normal(b)) return compare_normal(a, b);
  // One of them is an application now.
  const auto rank = [](Value v) { return v.is_nat() ? 0 : is_pin(v) ? 1 : 2; };
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  const uint64_t wa = app_width(a);
  const uint64_t wb = app_width(b);
  if (wa != wb) return wa < wb ? -1 : 1;
  if (a == b && gc::check_normal(a)) return 0;
  if (!(is_row(a) && is_row(b))) {
    const int heads = compare_normal(app_head(heap, a), app_head(heap, b));
    if (heads != 0) return heads;
  }
  return kUndecided;
}

}  // namespace

PLAN_EVALUATES compare_step(PLAN_STATE) {
  for (;;) {
    const uint64_t size = sp[1] >> 1;
    const Word mode = sp[2] >> 1;
    if (size == 3) {
      sp += 3;
      r1 = compare_answer(mode, 0);
      PLAN_RETURN();
    }
    const uint64_t next = sp[5] >> 1;
    if (next == 0) {
      const Value a = deref(Value{sp[3]});
      if (a.is_thunk()) {
        r1 = a.word;
        PLAN_TAIL eval_value(PLAN_REGISTERS);
      }
      const Value b = deref(Value{sp[4]});
      if (b.is_thunk()) {
        r1 = b.word;
        PLAN_TAIL eval_value(PLAN_REGISTERS);
      }
      int order = 0;
      PLAN_SYNC(order = compare_heads(vm->heap, a, b));
      if (order == kUndecided) {
        sp[3] = a.word;
        sp[4] = b.word;
        sp[5] = 1 << 1;
        continue;
      }
      if (order != 0) {
        sp += size;
        r1 = compare_answer(mode, order);
        PLAN_RETURN();
      }
      sp += 3;  // this pair is equal
      sp[0] = word_of(vm->compare_info);
      sp[1] = (size - 3) << 1;
      sp[2] = mode << 1;
      continue;
    }
    const Value a{sp[3]};
    const Value b{sp[4]};
    const uint64_t k = next - 1;
    const Value x = app_arg(a, k);
    const Value y = app_arg(b, k);
    if (k + 1 < app_width(a)) {
      if (sp - 64 < vm->stack_limit.load(std::memory_order_relaxed)) [[unlikely]] {
        r1 = 0;
        PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
      }
      sp[5] = (next + 1) << 1;
      sp -= 3;
      sp[0] = word_of(vm->compare_info);
      sp[1] = (size + 3) << 1;
      sp[2] = mode << 1;
    }  // else the last argument takes the pair's place: long lists need no stack
    sp[3] = x.word;
    sp[4] = y.word;
    sp[5] = 0;
    if (vm->interrupt.load(std::memory_order_relaxed)) [[unlikely]] {
      r1 = 0;
      PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
    }
  }
}

PLAN_EVALUATES compare_values(PLAN_STATE) {
  sp -= 6;
  sp[0] = word_of(vm->compare_info);
  sp[1] = 6 << 1;
  sp[2] = r3 << 1;
  sp[3] = r1;
  sp[4] = r2;
  sp[5] = 0;
  PLAN_TAIL compare_step(PLAN_REGISTERS);
}

// --- Leaf jets (vm/jet_abi.h). While a request is under way a counted frame holds the call:
//       [info, size << 1, jet function record, state << 1, function, scratch 0..3, needed, args..]

namespace {

constexpr uint64_t kJetFrameHead = 6 + kJetScratch;

const JetFunction* jet_function(Word record) {
  return static_cast<const JetFunction*>(info_of(record)->code);
}

/// Calls the leaf with the arguments at `args`; `frame` holds its state, if there is one.
JetResult call_leaf(Machine& vm, Word record, Word* args, Word function, const Word* frame,
                    Value needed) {
  const JetFunction* jet = jet_function(record);
  JetCall* call = vm.jet_call.get();
  call->args = reinterpret_cast<Value*>(args);
  call->state = frame != nullptr ? frame[3] >> 1 : 0;
  for (uint64_t i = 0; i < kJetScratch; ++i) {
    call->scratch[i] = frame != nullptr ? deref(Value{frame[5 + i]}) : Value{};
  }
  call->needed = needed;
  call->apply_count = 0;
  call->crash_value = Value{};
  call->function = Value{function};
  for (uint32_t i = 0; i < jet->arity; ++i) call->args[i] = deref(call->args[i]);
  return reinterpret_cast<LeafJet>(jet->leaf)(*call);
}

}  // namespace

Word leaf_result(Machine& vm, const gc::Info* record, Word* args) {
  const JetResult answer =
      call_leaf(vm, word_of(record), args, record->function, nullptr, Value{});
  if (answer.status == JetStatus::kDone) return answer.value.word;
  return answer.status == JetStatus::kTail ? deref(answer.value).word : kNoResult;
}

// r1: function value, r2: its record (code = JetFunction), arguments at sp.
PLAN_EVALUATES run_leaf_jet(PLAN_STATE) {
  if (!below_limits(vm, sp - 64, hp)) [[unlikely]] {
    r3 = info_of(r2)->arity;
    PLAN_TAIL safepoint_apply(PLAN_REGISTERS);
  }
  JetResult answer;
  PLAN_SYNC(answer = call_leaf(*vm, r2, sp, r1, nullptr, Value{}));
  if (answer.status == JetStatus::kDone) [[likely]] {
    sp += info_of(r2)->arity;
    r1 = answer.value.word;
    PLAN_RETURN();
  }
  r4 = static_cast<Word>(answer.status);
  r5 = answer.value.word;
  r6 = 0;
  PLAN_TAIL continue_leaf_jet(PLAN_REGISTERS);
}

PLAN_EVALUATES decline_jet(PLAN_STATE);
PLAN_EVALUATES request_for_leaf(PLAN_STATE);
PLAN_EVALUATES finish_leaf_jet(PLAN_STATE);
PLAN_EVALUATES retry_leaf_jet(PLAN_STATE);
PLAN_EVALUATES jet_return(PLAN_STATE);

// The leaf answered something else than kDone: r4 status, r5 value, r1 function, r2 record.
// r6 == 0: arguments at sp, no frame yet; r6 == 1: the frame is at sp.
PLAN_EVALUATES continue_leaf_jet(PLAN_STATE) {
  const auto status = static_cast<JetStatus>(r4);
  if (status == JetStatus::kNeed || status == JetStatus::kNeedNormal ||
      status == JetStatus::kNeedApply) {
    PLAN_TAIL request_for_leaf(PLAN_REGISTERS);
  }
  if (status == JetStatus::kOutOfMemory && !vm->leaf_retried) {
    PLAN_TAIL retry_leaf_jet(PLAN_REGISTERS);
  }
  vm->leaf_retried = false;
  PLAN_TAIL finish_leaf_jet(PLAN_REGISTERS);
}

// It found no room: fits() does not know what a collection would free, so collect and ask again,
// once.
PLAN_EVALUATES retry_leaf_jet(PLAN_STATE) {
  if (r6 == 0) {
    sp -= kJetFrameHead;
    sp[0] = word_of(vm->jet_info);
    sp[1] = (kJetFrameHead + info_of(r2)->arity) << 1;
    sp[2] = r2;
    sp[3] = 0;
    sp[4] = r1;
    for (uint64_t i = 0; i < kJetScratch + 1; ++i) sp[5 + i] = 0;
  }
  vm->leaf_retried = true;
  r1 = sp[5 + kJetScratch];
  PLAN_SYNC(r1 = collect_for_room(*vm, sp, Value{r1}).word);
  PLAN_TAIL jet_return(PLAN_REGISTERS);
}

// It wants something evaluated: the call goes into a frame, the answer comes to jet_return.
PLAN_EVALUATES request_for_leaf(PLAN_STATE) {
  JetCall* call = vm->jet_call.get();
  const auto status = static_cast<JetStatus>(r4);
  if (r6 == 0) {
    sp -= kJetFrameHead;
    sp[0] = word_of(vm->jet_info);
    sp[1] = (kJetFrameHead + info_of(r2)->arity) << 1;
    sp[2] = r2;
    sp[4] = r1;
  }
  sp[3] = call->state << 1;
  for (uint64_t i = 0; i < kJetScratch; ++i) sp[5 + i] = call->scratch[i].word;
  sp[5 + kJetScratch] = 0;
  r1 = r5;
  if (status == JetStatus::kNeed) {
    PLAN_TAIL eval_value(PLAN_REGISTERS);
  }
  if (status == JetStatus::kNeedNormal) {
    PLAN_TAIL normalise_value(PLAN_REGISTERS);
  }
  r3 = call->apply_count;
  sp -= r3;
  for (uint64_t i = 0; i < r3; ++i) sp[i] = call->apply_args[i].word;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

// [info]; r1 is the row of a function and its arguments, applied inside the handler. Where its
// limits are low, or there is no room for the arguments yet, the row comes here again.
PLAN_EVALUATES try_apply(PLAN_STATE) {
  const Value row{r1};
  const uint64_t arguments = row_size(row) - 1;
  if (sp - arguments - 64 < vm->stack_limit.load(std::memory_order_relaxed)) [[unlikely]] {
    vm->stack_request = arguments + 64;
    PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
  }
  sp += 1;
  r1 = row_at(row, 0).word;
  r3 = arguments;
  if (r3 == 0) PLAN_RETURN();
  sp -= r3;
  for (uint64_t i = 0; i < r3; ++i) sp[i] = row_at(row, i + 1).word;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

// It is done, one way or another.
PLAN_EVALUATES finish_leaf_jet(PLAN_STATE) {
  JetCall* call = vm->jet_call.get();
  const uint64_t arity = info_of(r2)->arity;
  const auto status = static_cast<JetStatus>(r4);
  if (r6 != 0) {
    sp += kJetFrameHead;
    r6 = 0;
  }
  switch (status) {
    case JetStatus::kDone:
      sp += arity;
      r1 = r5;
      PLAN_RETURN();
    case JetStatus::kTail:
      sp += arity;
      r1 = r5;
      PLAN_TAIL eval_value(PLAN_REGISTERS);
    case JetStatus::kTailApply:
      sp += arity;
      r1 = r5;
      r3 = call->apply_count;
      sp -= r3;
      for (uint64_t i = 0; i < r3; ++i) sp[i] = call->apply_args[i].word;
      PLAN_TAIL apply_values(PLAN_REGISTERS);
    case JetStatus::kTryApply:
      // The handler, then normalisation, then element 0 applied to the others.
      sp += arity;
      sp -= 3;
      sp[0] = word_of(vm->try_apply_info);
      sp[1] = word_of(vm->normalise_top_info);
      sp[2] = word_of(vm->try_info);
      r1 = r5;
      PLAN_TAIL try_apply(PLAN_REGISTERS);
    case JetStatus::kCrash:
      sp += arity;
      r1 = r5;
      r2 = call->crash_value.word;
      PLAN_TAIL raise_crash(PLAN_REGISTERS);
    case JetStatus::kRunLaw:
    case JetStatus::kDecline: PLAN_TAIL decline_jet(PLAN_REGISTERS);
    default: break;
  }
  sp += arity;
  unwind_to_stop(*vm, sp,
                 status == JetStatus::kInterrupted ? OutcomeKind::kInterrupted
                                                   : OutcomeKind::kMemory);
  sp = vm->stack.sp;
  r1 = 0;
  PLAN_RETURN();
}

// The answer to a request arrives: r1, frame at sp.
PLAN_EVALUATES jet_return(PLAN_STATE) {
  JetResult answer;
  const Word needed = r1;
  sp[5 + kJetScratch] = needed;
  if (vm->interrupt.load(std::memory_order_relaxed)) [[unlikely]] {
    PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
  }
  PLAN_SYNC(answer = call_leaf(*vm, sp[2], sp + kJetFrameHead, sp[4], sp, Value{needed}));
  r1 = sp[4];
  r2 = sp[2];
  r4 = static_cast<Word>(answer.status);
  r5 = answer.value.word;
  r6 = 1;
  PLAN_TAIL continue_leaf_jet(PLAN_REGISTERS);
}

// The law runs: r1 function, r2 record of the jet, r4 status, arguments at sp.
PLAN_EVALUATES decline_jet(PLAN_STATE) {
  const JetFunction* jet = jet_function(r2);
  ++vm->jets_declined;
  const bool is_told = static_cast<JetStatus>(r4) == JetStatus::kDecline;
  if (is_told && vm->options.fallback != Fallback::kIgnore && jet->jet >= 0) [[unlikely]] {
    Word op = 0;
    PLAN_SYNC(op = report_decline(*vm, Value{r1}, sp, jet->arity));
    if (vm->options.fallback == Fallback::kCrash) {
      // The frame row is forced before it becomes a crash value, as by opcode 5 and above. It has
      // the arguments now.
      r1 = vm->result.word;
      sp += jet->arity;
      sp -= 1;
      sp[0] = word_of(vm->decline_crash_info);
      PLAN_TAIL normalise_value(PLAN_REGISTERS);
    }
    static_cast<void>(op);
  }
  gc::Info* law = jet->law_info;
  r2 = word_of(law);
  PLAN_TAIL entry_of(law)(PLAN_REGISTERS);
}
PLAN_EVALUATES decline_crash_return(PLAN_STATE) {
  sp += 1;
  r2 = r1;
  Value op;
  PLAN_SYNC(op = gc::make_cord(vm->heap, "deopt"));
  r1 = op.word;
  PLAN_TAIL raise_crash(PLAN_REGISTERS);
}

void register_runtime_infos(Machine& vm) {
  const auto frame = [&vm](EvalFn entry, uint32_t words, uint64_t live) {
    gc::Info* info = vm.infos.add();
    info->entry = reinterpret_cast<void*>(entry);
    info->frame_words = words;
    info->live = live;
    return info;
  };
  vm.resume_normalise_info = frame(normalise_step, 3, 1);
  vm.normalise_top_info = frame(normalise_top, 1, 0);
  vm.try_apply_info = frame(try_apply, 1, 0);
  vm.compare_info = frame(compare_step, 0, 0);
  vm.jet_info = frame(jet_return, 0, 0);
  vm.decline_crash_info = frame(decline_crash_return, 1, 0);
}

}  // namespace plan::vm
