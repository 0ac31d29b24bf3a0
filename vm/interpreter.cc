// vm/interpreter.cc: the bytecode interpreter: one handler per line of vm/ops.def, each ending in a
// tail call of the next (Ertl and Gregg 2003 call this direct threading).
//
// Registers: r1 result, r2 pc (start of the instruction). sp is the block's frame.
#include <cstring>

#include "base/check.h"
#include "gc/make.h"
#include "value/order.h"
#include "vm/machine.h"
#include "vm/nat_ops.h"
#include "vm/ops.h"
#include "vm/primops.h"
#include "vm/tier.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

inline const Word* pc_of(Word r2) { return reinterpret_cast<const Word*>(r2); }
inline uint32_t low(Word w) { return static_cast<uint32_t>(w); }
inline uint32_t high(Word w) { return static_cast<uint32_t>(w >> 32); }
inline Word fetch(const Word* sp, const Word* pc, uint32_t operand) {
  const Word* base = (operand & kConstantBit) != 0 ? pc : sp;
  return base[operand & ~kConstantBit];
}
inline Word fetch_listed(const Word* sp, const Word* pc, const Word* list, uint32_t i) {
  const Word w = list[i / 2];
  return fetch(sp, pc, (i & 1) != 0 ? high(w) : low(w));
}
inline bool is_true(Word w) { return (w & 1) == 0 ? w != 0 : (w & kTagMask) == kTagBig; }
inline bool is_nat(Word w) { return (w & 1) == 0 || (w & kTagMask) == kTagBig; }
inline bool both_small(Word a, Word b) { return ((a | b) & 1) == 0; }

}  // namespace

#define PLAN_HANDLER(name) PLAN_EVALUATES op_##name(PLAN_STATE)
#define PLAN_NEXT(words)                                      \
  do {                                                        \
    r2 = word_of(pc + (words));                               \
    PLAN_TAIL reinterpret_cast<EvalFn>(pc[words])(PLAN_REGISTERS); \
  } while (false)
#define PLAN_JUMP(distance)                                          \
  do {                                                               \
    const Word* target = pc + (distance);                            \
    r2 = word_of(target);                                            \
    PLAN_TAIL reinterpret_cast<EvalFn>(target[0])(PLAN_REGISTERS);   \
  } while (false)

// --- Entering blocks.

PLAN_EVALUATES enter_hot(PLAN_STATE);
PLAN_EVALUATES enter_interpreter(PLAN_STATE) {
  const Word* pc = info_of(r2)->stream;
  StreamHeader& header = stream_header(info_of(r2)->stream);
  if (++header.heat >= 0) [[unlikely]] PLAN_TAIL enter_hot(PLAN_REGISTERS);
  if (!below_limits(vm, sp - header.room_words, hp)) [[unlikely]] {
    vm->stack_request = header.room_words;
    r3 = info_of(r2)->arity;
    PLAN_TAIL safepoint_apply(PLAN_REGISTERS);
  }
  sp -= header.locals + 1;
  PLAN_NEXT(0);
}

namespace {
/// `args`: those of the entry; null if it is a thunk's.
void ask_tier(Machine& vm, Block& law, const Word* args) {
  if (is_hot(vm, *law.code) &&
      (args == nullptr || !observe_arguments(vm, *law.code, args))) {
    tier_up(vm, law);
  }
  // The twin may be in charge by now; loops of the law's own code look for it.
  for (Block* block : {&law, static_cast<Block*>(law.info->code)}) {
    if (block->stream.empty()) continue;
    stream_header(block->stream.data() + kStreamHeaderWords).heat = block->heat;
  }
}

/// A thunk's code is entered often: so is what its law does. Each block counts for itself, for its
/// own counter is at hand.
void heat_law(Machine& vm, StreamHeader& thunk) {
  Code& code = *thunk.block->code;
  if (!code.is_translated && uses_templates(vm, code)) {
    return translate_law(vm, code);
  }
  if (!code.tier_asked) {
    if (awaits_observation(vm, code)) {
      thunk.heat = -static_cast<int32_t>(kObservationEntries);
      return;
    }
    ask_tier(vm, code.entry, nullptr);
  }
  // Over budget, it will have to ask again.
  thunk.heat = code.tier_asked ? kHeatNever : code.entry.heat;
}
}  // namespace

// The law's counter has run out: it asks for native code, or has it by now.
PLAN_EVALUATES enter_hot(PLAN_STATE) {
  Block* block = static_cast<Block*>(info_of(r2)->code);
  PLAN_SYNC(ask_tier(*vm, *block, sp));
  PLAN_TAIL entry_of(info_of(r2))(PLAN_REGISTERS);
}

PLAN_EVALUATES enter_uncompiled(PLAN_STATE) {
  Block* block = static_cast<Block*>(info_of(r2)->code);
  vm->heap.hp = hp;
  if (block->stream.empty()) compile_block(*vm, *block);
  info_of(r2)->entry = bytecode_entry(*block);
  PLAN_TAIL entry_of(info_of(r2))(PLAN_REGISTERS);
}

namespace {
template <bool is_once>
PLAN_EVALUATES enter_thunk(PLAN_STATE) {
  const Word* pc = info_of(r2)->stream;
  StreamHeader& header = stream_header(info_of(r2)->stream);
  if (++header.heat >= 0) [[unlikely]] PLAN_SYNC(heat_law(*vm, header));
  if (!below_limits(vm, sp - header.room_words, hp)) [[unlikely]] {
    vm->stack_request = header.room_words;
    PLAN_TAIL safepoint_thunk(PLAN_REGISTERS);
  }
  // See Note [Single-entry thunks] in vm/apply.cc.
  Object* thunk = Value{r1}.object();
  if constexpr (!is_once) {
    sp -= 2;
    sp[0] = word_of(vm->update_info);
    sp[1] = r1;
  }
  const uint32_t parameters = header.parameters;
  sp -= 1 + header.locals + parameters;
  Word* to = sp + 1 + header.locals;
  for (uint32_t i = 0; i < parameters; ++i) to[i] = thunk->payload[i];
  constexpr Kind kEntered = is_once ? Kind::kSpent : Kind::kBlackhole;
  thunk->header = (thunk->header & ~Word{0xff}) | static_cast<Word>(kEntered);
  PLAN_NEXT(0);
}
}  // namespace

PLAN_EVALUATES enter_thunk_interpreter(PLAN_STATE) { PLAN_TAIL enter_thunk<false>(PLAN_REGISTERS); }
PLAN_EVALUATES enter_once_interpreter(PLAN_STATE) { PLAN_TAIL enter_thunk<true>(PLAN_REGISTERS); }

PLAN_EVALUATES enter_thunk_uncompiled(PLAN_STATE) {
  Block* block = static_cast<Block*>(info_of(r2)->code);
  vm->heap.hp = hp;
  if (block->stream.empty()) {
    block->heat = thunk_heat(*vm, *block->code);
    compile_block(*vm, *block);
  }
  info_of(r2)->entry = bytecode_entry(*block);
  PLAN_TAIL entry_of(info_of(r2))(PLAN_REGISTERS);
}

// --- Resuming. The record's code is the next instruction, its arity the destination word (0: the
// info word itself, a dump).
PLAN_EVALUATES resume_store(PLAN_STATE) {
  if (!below_limits(vm, sp - 64, hp)) [[unlikely]] PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
  const gc::Info* info = info_of(sp[0]);
  sp[info->arity] = r1;
  const Word* pc = static_cast<const Word*>(info->code);
  PLAN_NEXT(0);
}
// A fused comparison: r1 is its answer, pc the branch itself.
PLAN_EVALUATES resume_branch(PLAN_STATE) {
  const Word* pc = static_cast<const Word*>(info_of(sp[0])->code);
  if (r1 != 0) PLAN_NEXT(5);
  PLAN_JUMP(low(pc[2]));
}
PLAN_EVALUATES resume_loop(PLAN_STATE) {
  const Word* pc = static_cast<const Word*>(info_of(sp[0])->code);
  PLAN_NEXT(0);
}

void* resume_entry(Op op) {
  switch (op) {
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: return reinterpret_cast<void*>(resume_branch);
    case Op::kSelfTail: return reinterpret_cast<void*>(resume_loop);
    default: return reinterpret_cast<void*>(resume_store);
  }
}

// --- Moves and returns.
PLAN_HANDLER(kMove) {
  const Word* pc = pc_of(r2);
  sp[low(pc[1])] = fetch(sp, pc, high(pc[1]));
  PLAN_NEXT(2);
}
PLAN_HANDLER(kForce) {
  const Word* pc = pc_of(r2);
  const Word v = fetch(sp, pc, high(pc[1]));
  if ((v & kTagMask) != kTagThunk) [[likely]] {
    sp[low(pc[1])] = v;
    PLAN_NEXT(3);
  }
  const Object* o = Value{v}.object();
  if (o->kind() == Kind::kIndirection && (o->payload[0] & kTagMask) != kTagThunk) {
    sp[low(pc[1])] = o->payload[0];
    PLAN_NEXT(3);
  }
  sp[0] = pc[2];
  r1 = v;
  PLAN_TAIL eval_value(PLAN_REGISTERS);
}
PLAN_HANDLER(kRet) {
  const Word* pc = pc_of(r2);
  r1 = fetch(sp, pc, low(pc[1]));
  sp += high(pc[1]);
  PLAN_RETURN();
}
PLAN_HANDLER(kRetEval) {
  const Word* pc = pc_of(r2);
  r1 = fetch(sp, pc, low(pc[1]));
  sp += high(pc[1]);
  if ((r1 & kTagMask) != kTagThunk) [[likely]] PLAN_RETURN();
  PLAN_TAIL eval_value(PLAN_REGISTERS);
}

// --- Control.
PLAN_HANDLER(kJump) {
  const Word* pc = pc_of(r2);
  PLAN_JUMP(low(pc[1]));
}
PLAN_HANDLER(kIf) {
  const Word* pc = pc_of(r2);
  if (is_true(fetch(sp, pc, low(pc[1])))) PLAN_NEXT(2);
  PLAN_JUMP(high(pc[1]));
}
PLAN_HANDLER(kIfZero) {
  const Word* pc = pc_of(r2);
  if (fetch(sp, pc, low(pc[1])) == 0) PLAN_NEXT(2);
  PLAN_JUMP(high(pc[1]));
}
PLAN_HANDLER(kIfNat) {
  const Word* pc = pc_of(r2);
  if (is_nat(fetch(sp, pc, low(pc[1])))) PLAN_NEXT(2);
  PLAN_JUMP(high(pc[1]));
}

PLAN_HANDLER(kIfFunction) {
  const Word* pc = pc_of(r2);
  Word f = fetch(sp, pc, high(pc[1]));
  if ((f & kTagMask) == kTagThunk && Value{f}.object()->kind() == Kind::kIndirection) {
    f = Value{f}.object()->payload[0];
  }
  const uint32_t held = high(pc[2]);
  const bool is_it = held == 0 ? f == pc[3]
                               : is_closure(Value{f}) && closure_size(Value{f}) == held &&
                                     closure_head(Value{f}).word == pc[3];
  if (!is_it) PLAN_JUMP(low(pc[2]));
  sp[low(pc[1])] = f;
  PLAN_NEXT(4);
}

#define PLAN_COMPARE_BRANCH(name, test, mode_plain, mode_swapped)     \
  PLAN_HANDLER(name) {                                                \
    const Word* pc = pc_of(r2);                                       \
    const Word a = fetch(sp, pc, low(pc[1]));                         \
    const Word b = fetch(sp, pc, high(pc[1]));                        \
    const int order = quick_order(a, b);                              \
    if (order != 2) [[likely]] {                                      \
      if (order test 0) PLAN_NEXT(5);                                 \
      PLAN_JUMP(low(pc[2]));                                          \
    }                                                                 \
    sp[0] = pc[4];                                                    \
    const bool swapped = high(pc[2]) != 0;                            \
    r1 = swapped ? b : a;                                             \
    r2 = swapped ? a : b;                                             \
    r3 = static_cast<Word>(swapped ? CompareMode::mode_swapped        \
                                   : CompareMode::mode_plain);        \
    PLAN_TAIL compare_values(PLAN_REGISTERS);                         \
  }
PLAN_COMPARE_BRANCH(kIfEqual, ==, kEqual, kEqual)
PLAN_COMPARE_BRANCH(kIfLess, <, kLess, kGreater)
PLAN_COMPARE_BRANCH(kIfLessEqual, <=, kLessEqual, kGreaterEqual)

PLAN_HANDLER(kSwitch) {
  const Word* pc = pc_of(r2);
  const Word v = fetch(sp, pc, low(pc[1]));
  const uint32_t arms = high(pc[1]);
  if ((v & 1) == 0 && (v >> 1) < arms) PLAN_JUMP(low(pc[3 + (v >> 1)]));
  PLAN_JUMP(low(pc[2]));
}
PLAN_HANDLER(kTabSwitch) {
  const Word* pc = pc_of(r2);
  const Word v = fetch(sp, pc, low(pc[1]));
  const uint32_t arms = high(pc[1]);
  const Word* keys = pc + 3;
  if ((v & 1) == 0) {
    for (uint32_t i = 0; i < arms; ++i) {
      if (keys[i] == v) PLAN_JUMP(low(keys[arms + i]));
    }
  } else if ((v & kTagMask) == kTagBig) {
    for (uint32_t i = 0; i < arms; ++i) {
      if ((keys[i] & 1) != 0 && compare_normal(Value{keys[i]}, Value{v}) == 0) {
        PLAN_JUMP(low(keys[arms + i]));
      }
    }
  }
  PLAN_JUMP(low(pc[2]));
}

// --- Arithmetic on WHNF operands. Slow paths allocate; products and quotients of big numbers can
// end in an abort, for which the frame needs its record.

PLAN_EVALUATES arithmetic_aborted(PLAN_STATE) {
  unwind_to_stop(*vm, sp,
                 static_cast<JetStatus>(r3) == JetStatus::kInterrupted ? OutcomeKind::kInterrupted
                                                                       : OutcomeKind::kMemory);
  sp = vm->stack.sp;
  r1 = 0;
  PLAN_RETURN();
}

namespace {
using LongArithmetic = JetResult (*)(gc::Heap&, Value, Value, Interrupt);

/// Once more after a major collection; the frame at sp has its record.
JetResult retry_arithmetic(Machine& vm, Word* sp, LongArithmetic helper, Value a, Value b) {
  gc::Root kept(vm.heap, nat_of(a));
  const Value other = collect_for_room(vm, sp, nat_of(b));
  return helper(vm.heap, kept.get(), other, &vm.interrupt);
}
}  // namespace

PLAN_HANDLER(kAdd) {
  const Word* pc = pc_of(r2);
  const Word a = fetch(sp, pc, high(pc[1]));
  const Word b = fetch(sp, pc, low(pc[2]));
  Word sum = 0;
  if (both_small(a, b) && !__builtin_add_overflow(a, b, &sum)) [[likely]] {
    sp[low(pc[1])] = sum;
    PLAN_NEXT(3);
  }
  Value big;
  PLAN_SYNC(big = nat_add(vm->heap, nat_of(Value{a}), nat_of(Value{b})));
  sp[low(pc[1])] = big.word;
  PLAN_NEXT(3);
}
PLAN_HANDLER(kSub) {
  const Word* pc = pc_of(r2);
  const Word a = fetch(sp, pc, high(pc[1]));
  const Word b = fetch(sp, pc, low(pc[2]));
  if (both_small(a, b)) [[likely]] {
    sp[low(pc[1])] = a > b ? a - b : 0;
    PLAN_NEXT(3);
  }
  Value big;
  PLAN_SYNC(big = nat_sub(vm->heap, nat_of(Value{a}), nat_of(Value{b})));
  sp[low(pc[1])] = big.word;
  PLAN_NEXT(3);
}

#define PLAN_SLOW_ARITHMETIC(name, helper)                                              \
  PLAN_EVALUATES name(PLAN_STATE) {                                                      \
    const Value a = nat_of(Value{r1});                                                   \
    const Value b = nat_of(Value{r2});                                                   \
    JetResult big;                                                                       \
    PLAN_SYNC(big = helper(vm->heap, a, b, &vm->interrupt));                             \
    if (big.status == JetStatus::kOutOfMemory) [[unlikely]] {                            \
      PLAN_SYNC(big = retry_arithmetic(*vm, sp, helper, a, b));                          \
    }                                                                                    \
    if (big.status != JetStatus::kDone) [[unlikely]] {                                   \
      r3 = static_cast<Word>(big.status);                                                \
      PLAN_TAIL arithmetic_aborted(PLAN_REGISTERS);                                      \
    }                                                                                    \
    r1 = big.value.word;                                                                 \
    PLAN_RETURN();                                                                       \
  }
PLAN_SLOW_ARITHMETIC(slow_multiply, nat_mul)
PLAN_SLOW_ARITHMETIC(slow_divide, nat_div)
PLAN_SLOW_ARITHMETIC(slow_modulo, nat_mod)

PLAN_EVALUATES slow_add(PLAN_STATE) {
  PLAN_SYNC(r1 = nat_add(vm->heap, nat_of(Value{r1}), nat_of(Value{r2})).word);
  PLAN_TAIL safepoint_return(PLAN_REGISTERS);
}
PLAN_EVALUATES slow_subtract(PLAN_STATE) {
  PLAN_SYNC(r1 = nat_sub(vm->heap, nat_of(Value{r1}), nat_of(Value{r2})).word);
  PLAN_TAIL safepoint_return(PLAN_REGISTERS);
}

#define PLAN_LONG_ARITHMETIC(name, helper, fast_test, fast_value)                      \
  PLAN_HANDLER(name) {                                                                 \
    const Word* pc = pc_of(r2);                                                        \
    const Word a = fetch(sp, pc, high(pc[1]));                                         \
    const Word b = fetch(sp, pc, low(pc[2]));                                          \
    if (both_small(a, b) && (fast_test)) [[likely]] {                                  \
      sp[low(pc[1])] = (fast_value);                                                   \
      PLAN_NEXT(4);                                                                    \
    }                                                                                  \
    JetResult big;                                                                     \
    PLAN_SYNC(big = helper(vm->heap, nat_of(Value{a}), nat_of(Value{b}), &vm->interrupt)); \
    if (big.status == JetStatus::kOutOfMemory) [[unlikely]] {                          \
      sp[0] = pc[3];                                                                   \
      PLAN_SYNC(big = retry_arithmetic(*vm, sp, helper, Value{a}, Value{b}));          \
    }                                                                                  \
    if (big.status != JetStatus::kDone) [[unlikely]] {                                 \
      sp[0] = pc[3];                                                                   \
      r3 = static_cast<Word>(big.status);                                              \
      PLAN_TAIL arithmetic_aborted(PLAN_REGISTERS);                                    \
    }                                                                                  \
    sp[low(pc[1])] = big.value.word;                                                   \
    PLAN_NEXT(4);                                                                      \
  }
PLAN_LONG_ARITHMETIC(kMul, nat_mul, ((a | b) >> 32) == 0, (a >> 1) * b)
PLAN_LONG_ARITHMETIC(kDiv, nat_div, b != 0, (a / b) << 1)
PLAN_LONG_ARITHMETIC(kMod, nat_mod, b != 0, a % b)

PLAN_HANDLER(kDec) {
  const Word* pc = pc_of(r2);
  const Word a = fetch(sp, pc, high(pc[1]));
  if ((a & 1) == 0) [[likely]] {
    sp[low(pc[1])] = a == 0 ? 0 : a - 2;
    PLAN_NEXT(2);
  }
  Value big;
  PLAN_SYNC(big = nat_dec(vm->heap, nat_of(Value{a})));
  sp[low(pc[1])] = big.word;
  PLAN_NEXT(2);
}
PLAN_HANDLER(kInc) {
  const Word* pc = pc_of(r2);
  const Word a = fetch(sp, pc, high(pc[1]));
  Word sum = 0;
  if ((a & 1) == 0 && !__builtin_add_overflow(a, Word{2}, &sum)) [[likely]] {
    sp[low(pc[1])] = sum;
    PLAN_NEXT(2);
  }
  Value big;
  PLAN_SYNC(big = nat_inc(vm->heap, nat_of(Value{a})));
  sp[low(pc[1])] = big.word;
  PLAN_NEXT(2);
}

// --- Structure.
namespace {
inline bool row_element(Word x, Word index, Word& out) {
  if ((x & kTagMask) != kTagData) return false;
  const Object* o = Value{x}.object();
  if (o->kind() != Kind::kRow || (index >> 1) >= o->length()) return false;
  out = o->payload[index >> 1];
  return true;
}
}  // namespace

PLAN_HANDLER(kIdx) {
  const Word* pc = pc_of(r2);
  const Word x = fetch(sp, pc, high(pc[1]));
  Word part = 0;
  if (!row_element(x, pc[2], part)) part = select_argument(*vm, Value{x}, pc[2] >> 1).word;
  sp[low(pc[1])] = part;
  PLAN_NEXT(3);
}
#define PLAN_UNARY(name, expression)               \
  PLAN_HANDLER(name) {                             \
    const Word* pc = pc_of(r2);                    \
    const Word a = fetch(sp, pc, high(pc[1]));     \
    sp[low(pc[1])] = (expression);                 \
    PLAN_NEXT(2);                                  \
  }
PLAN_UNARY(kLen, argument_count(a))
PLAN_UNARY(kIsNat, static_cast<Word>(is_nat(a)) << 1)
PLAN_UNARY(kIsZero, static_cast<Word>(a == 0) << 1)
PLAN_UNARY(kNot, static_cast<Word>(!is_true(a)) << 1)
PLAN_UNARY(kBit, static_cast<Word>(is_true(a)) << 1)
PLAN_UNARY(kToNat, is_nat(a) ? a : 0)

PLAN_HANDLER(kCompare) {
  const Word* pc = pc_of(r2);
  const Word a = fetch(sp, pc, high(pc[1]));
  const Word b = fetch(sp, pc, low(pc[2]));
  const int order = quick_order(a, b);
  if (order != 2) [[likely]] {
    sp[low(pc[1])] = compare_answer(high(pc[2]), order);
    PLAN_NEXT(4);
  }
  sp[0] = pc[3];
  r1 = a;
  r3 = high(pc[2]);
  r2 = b;
  PLAN_TAIL compare_values(PLAN_REGISTERS);
}

// --- Cheap eagerness: see the Note in vm/lower_lazy.cc.
namespace {
inline Word see_through(Word v) {
  if ((v & kTagMask) != kTagThunk) return v;
  const Object* o = Value{v}.object();
  return o->kind() == Kind::kIndirection ? o->payload[0] : v;
}
inline Word* new_thunk(Machine* vm, Word* hp, Word fn, Word a) {
  hp[0] = thunk_header(Kind::kThunk, 2, vm->apply_thunk_info->index);
  hp[1] = fn;
  hp[2] = a;
  return hp + 3;
}
inline Word* new_thunk(Machine* vm, Word* hp, Word fn, Word a, Word b) {
  hp[0] = thunk_header(Kind::kThunk, 3, vm->apply_thunk_info->index);
  hp[1] = fn;
  hp[2] = a;
  hp[3] = b;
  return hp + 4;
}
}  // namespace

namespace {
inline bool set(Word& result, Word value) {
  result = value;
  return true;
}
/// An order that needs no walk through either.
inline bool is_quickly_ordered(Word a, Word b) {
  const bool evaluated = (a & kTagMask) != kTagThunk && (b & kTagMask) != kTagThunk;
  return evaluated && ((a & 1) == 0 || (b & 1) == 0);
}
inline bool element_at(Word row, Word index, Word& result) {
  return (index & 1) == 0 && row_element(row, index, result);
}
}  // namespace

/// `compute` sets `result` and is true, or the operation is suspended.
#define PLAN_LAZY_BINARY(name, compute)                              \
  PLAN_HANDLER(name) {                                               \
    const Word* pc = pc_of(r2);                                      \
    const Word a = see_through(fetch(sp, pc, high(pc[1])));          \
    const Word b = see_through(fetch(sp, pc, low(pc[2])));           \
    Word result = 0;                                                 \
    if (!(compute)) [[unlikely]] {                                   \
      result = word_of(hp) | kTagThunk;                              \
      hp = new_thunk(vm, hp, pc[3], a, b);                           \
    }                                                                \
    sp[low(pc[1])] = result;                                         \
    PLAN_NEXT(4);                                                    \
  }
PLAN_LAZY_BINARY(kLazyAdd, both_small(a, b) && a + b >= a && set(result, a + b))
PLAN_LAZY_BINARY(kLazySub, both_small(a, b) && set(result, a > b ? a - b : 0))
PLAN_LAZY_BINARY(kLazyMul,
                 both_small(a, b) && ((a | b) >> 32) == 0 && set(result, (a >> 1) * b))
PLAN_LAZY_BINARY(kLazyDiv, both_small(a, b) && set(result, b == 0 ? 0 : (a / b) << 1))
PLAN_LAZY_BINARY(kLazyMod, both_small(a, b) && set(result, b == 0 ? a : a % b))
PLAN_LAZY_BINARY(kLazyCompare, is_quickly_ordered(a, b) &&
                                   set(result, compare_answer(high(pc[2]), quick_order(a, b))))
PLAN_LAZY_BINARY(kLazyNat, both_small(a, b) &&
                               immediate_result(static_cast<NatOp>(high(pc[2])), a, b, result))
PLAN_LAZY_BINARY(kLazyElement, high(pc[2]) != 0 ? element_at(a, b, result)
                                                : element_at(b, a, result))

PLAN_HANDLER(kIfCheap) {
  const Word* pc = pc_of(r2);
  const Word a = see_through(fetch(sp, pc, low(pc[1])));
  if ((a & 1) != 0) PLAN_JUMP(high(pc[1]));
  sp[low(pc[2])] = a;
  PLAN_NEXT(3);
}

#define PLAN_LAZY_UNARY(name, test, expression)                      \
  PLAN_HANDLER(name) {                                               \
    const Word* pc = pc_of(r2);                                      \
    const Word a = see_through(fetch(sp, pc, high(pc[1])));          \
    Word result = 0;                                                 \
    if (test) [[likely]] {                                           \
      result = (expression);                                         \
    } else {                                                         \
      result = word_of(hp) | kTagThunk;                              \
      hp = new_thunk(vm, hp, pc[2], a);                              \
    }                                                                \
    sp[low(pc[1])] = result;                                         \
    PLAN_NEXT(3);                                                    \
  }
PLAN_LAZY_UNARY(kLazyDec, (a & 1) == 0, a == 0 ? 0 : a - 2)
PLAN_LAZY_UNARY(kLazyInc, (a & 1) == 0 && a + 2 > a, a + 2)
PLAN_LAZY_UNARY(kLazyIsNat, (a & kTagMask) != kTagThunk, static_cast<Word>(is_nat(a)) << 1)
PLAN_LAZY_UNARY(kLazyIsZero, (a & kTagMask) != kTagThunk, static_cast<Word>(a == 0) << 1)
PLAN_LAZY_UNARY(kLazyNot, (a & kTagMask) != kTagThunk, static_cast<Word>(!is_true(a)) << 1)
PLAN_LAZY_UNARY(kLazyBit, (a & kTagMask) != kTagThunk, static_cast<Word>(is_true(a)) << 1)
PLAN_LAZY_UNARY(kLazyLen, (a & kTagMask) != kTagThunk, argument_count(a))

PLAN_HANDLER(kLazyIdx) {
  const Word* pc = pc_of(r2);
  const Word x = see_through(fetch(sp, pc, high(pc[1])));
  Word part = 0;
  if (!row_element(x, pc[2], part)) {
    if ((x & kTagMask) != kTagThunk) {
      part = select_argument(*vm, Value{x}, pc[2] >> 1).word;
    } else {
      hp[0] = thunk_header(Kind::kSelector, 2, vm->selector_info->index);
      hp[1] = x;
      hp[2] = pc[2];
      part = word_of(hp) | kTagThunk;
      hp += 3;
    }
  }
  sp[low(pc[1])] = part;
  PLAN_NEXT(3);
}

// --- Building. Objects beyond kInlineWords go through the heap's own allocator.
namespace {
constexpr uint32_t kInlineWords = 1024;

/// Space for an object of 1 + n payload words, in the nursery or as a large object.
inline Word* take(Machine* vm, Word*& hp, Word header, uint64_t payload_words) {
  if (payload_words <= kInlineWords) [[likely]] {
    Word* at = hp;
    at[0] = header;
    hp += 1 + payload_words;
    return at;
  }
  Object* o = nullptr;
  PLAN_SYNC(o = vm->heap.allocate(header, payload_words));
  return std::bit_cast<Word*>(o);
}
}  // namespace

PLAN_HANDLER(kRow) {
  const Word* pc = pc_of(r2);
  const uint32_t n = high(pc[1]);
  Word* at = take(vm, hp, make_header(Kind::kRow, n), n);
  for (uint32_t i = 0; i < n; ++i) at[1 + i] = fetch_listed(sp, pc, pc + 2, i);
  sp[low(pc[1])] = word_of(at) | kTagData;
  PLAN_NEXT(2 + (n + 1) / 2);
}
PLAN_HANDLER(kClosure) {
  const Word* pc = pc_of(r2);
  const uint32_t n = high(pc[1]);
  Word* at = take(vm, hp, closure_header(n, pc[3]), n + 1);
  at[1] = pc[2];
  for (uint32_t i = 0; i < n; ++i) at[2 + i] = fetch_listed(sp, pc, pc + 4, i);
  sp[low(pc[1])] = word_of(at) | kTagFunction;
  PLAN_NEXT(4 + (n + 1) / 2);
}
PLAN_HANDLER(kThunk) {
  const Word* pc = pc_of(r2);
  const uint32_t n = high(pc[1]);
  const uint32_t words = n == 0 ? 1 : n;
  Word* at = hp;
  hp += 1 + words;
  at[0] = thunk_header(Kind::kThunk, words, info_of(pc[2])->index);
  at[1] = 0;
  for (uint32_t i = 0; i < n; ++i) at[1 + i] = fetch_listed(sp, pc, pc + 3, i);
  sp[low(pc[1])] = word_of(at) | kTagThunk;
  PLAN_NEXT(3 + (n + 1) / 2);
}
PLAN_HANDLER(kApplyThunk) {
  const Word* pc = pc_of(r2);
  const uint32_t n = high(pc[1]);
  Word* at = hp;
  hp += 1 + n;
  at[0] = thunk_header(Kind::kThunk, n, vm->apply_thunk_info->index);
  for (uint32_t i = 0; i < n; ++i) at[1 + i] = fetch_listed(sp, pc, pc + 2, i);
  sp[low(pc[1])] = word_of(at) | kTagThunk;
  PLAN_NEXT(2 + (n + 1) / 2);
}
PLAN_HANDLER(kPatch) {
  const Word* pc = pc_of(r2);
  Object* o = Value{fetch(sp, pc, low(pc[1]))}.object();
  o->payload[high(pc[1])] = fetch(sp, pc, low(pc[2]));
  PLAN_NEXT(3);
}

PLAN_HANDLER(kSetElement) {
  const Word* pc = pc_of(r2);
  const Word row = fetch(sp, pc, high(pc[1]));
  const uint64_t index = fetch(sp, pc, low(pc[2])) >> 1;
  Object* o = Value{row}.object();
  PLAN_ASSERT(index < o->length());
  o->payload[index] = fetch(sp, pc, high(pc[2]));
  vm->heap.remember_element(o, index);
  sp[low(pc[1])] = row;
  PLAN_NEXT(3);
}

// --- Calls. Arguments are written below the frame, first argument lowest.
PLAN_HANDLER(kCall) {
  const Word* pc = pc_of(r2);
  const uint32_t n = low(pc[1]);
  Word* to = sp - n;
  for (uint32_t i = 0; i < n; ++i) to[i] = fetch_listed(sp, pc, pc + 3, i);
  r1 = fetch(sp, pc, high(pc[1]));
  sp[0] = pc[2];
  sp = to;
  r3 = n;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}
PLAN_HANDLER(kCallKnown) {
  const Word* pc = pc_of(r2);
  const uint32_t n = low(pc[1]);
  Word* to = sp - n;
  for (uint32_t i = 0; i < n; ++i) to[i] = fetch_listed(sp, pc, pc + 5, i);
  sp[0] = pc[4];
  sp = to;
  r1 = pc[3];
  r2 = pc[2];
  PLAN_TAIL entry_of(info_of(r2))(PLAN_REGISTERS);
}
PLAN_HANDLER(kTailCall) {
  const Word* pc = pc_of(r2);
  const uint32_t n = low(pc[1]);
  Word* staged = sp - n;
  for (uint32_t i = 0; i < n; ++i) staged[i] = fetch_listed(sp, pc, pc + 3, i);
  r1 = fetch(sp, pc, low(pc[2]));
  sp += high(pc[1]);
  sp -= n;
  for (uint32_t i = n; i-- > 0;) sp[i] = staged[i];
  r3 = n;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}
PLAN_HANDLER(kTailKnown) {
  const Word* pc = pc_of(r2);
  const uint32_t n = low(pc[1]);
  Word* staged = sp - n;
  for (uint32_t i = 0; i < n; ++i) staged[i] = fetch_listed(sp, pc, pc + 4, i);
  sp += high(pc[1]);
  sp -= n;
  for (uint32_t i = n; i-- > 0;) sp[i] = staged[i];
  r1 = pc[3];
  r2 = pc[2];
  PLAN_TAIL entry_of(info_of(r2))(PLAN_REGISTERS);
}
PLAN_HANDLER(kSelfTail) {
  const Word* pc = pc_of(r2);
  const uint32_t n = low(pc[1]);
  Word* staged = sp - n;
  for (uint32_t i = 0; i < n; ++i) staged[i] = fetch_listed(sp, pc, pc + 4, i);
  Word* to = sp + high(pc[1]);
  for (uint32_t i = 0; i < n; ++i) to[i] = staged[i];
  if (!below_limits(vm, sp - n - 64, hp)) [[unlikely]] {
    sp[0] = pc[2];
    r1 = 0;
    PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
  }
  pc -= pc[3];
  StreamHeader& header = stream_header(const_cast<Word*>(pc));
  if (++header.heat >= 0) [[unlikely]] {
    // The next turn is an entry: of native code, if there is some by now.
    const Block* block = header.block;
    sp = to;
    r2 = word_of(block->info);
    r1 = block->code->function.word;
    PLAN_TAIL enter_hot(PLAN_REGISTERS);
  }
  PLAN_NEXT(0);
}
PLAN_HANDLER(kJet) {
  const Word* pc = pc_of(r2);
  const uint32_t n = low(pc[1]);
  Word* to = sp - n;
  for (uint32_t i = 0; i < n; ++i) to[i] = fetch_listed(sp, pc, pc + 6, i);
  sp[0] = pc[4];
  sp = to;
  r1 = pc[3];
  r2 = pc[2];
  PLAN_TAIL run_leaf_jet(PLAN_REGISTERS);
}

Word op_handler(Op op) {
  static constexpr EvalFn kHandlers[] = {
#define PLAN_OP(name, layout) op_##name,
#include "vm/ops.def"
#undef PLAN_OP
  };
  return reinterpret_cast<Word>(kHandlers[static_cast<size_t>(op)]);
}

const char* nat_op_name(NatOp op) {
  static constexpr const char* kNames[] = {"?", ">>", "<<", "&", "|", "^", "min", "max"};
  return kNames[static_cast<size_t>(op)];
}

const char* op_name(Op op) {
  static constexpr const char* kNames[] = {
#define PLAN_OP(name, layout) #name,
#include "vm/ops.def"
#undef PLAN_OP
  };
  return kNames[static_cast<size_t>(op)];
}

}  // namespace plan::vm
