// vm/apply.cc: evaluating code of eval/apply: forcing, applying, updating, safepoints, crashes.
// (Marlow and Peyton Jones, "Making a fast curry", 2004, section 4: eval/apply.)
#include <cstring>

#include "base/check.h"
#include "vm/dispatch.h"
#include "vm/machine.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

gc::Info* thunk_info(const Machine* vm, const Object* o) {
  return vm->info_base + o->info_index();
}

// What the thunk was is gone: vm/usage.cc is wrong.
__attribute__((noinline)) PLAN_EVALUATES enter_spent(PLAN_STATE) {
  static_cast<void>(r1), static_cast<void>(r2), static_cast<void>(r3), static_cast<void>(r4);
  static_cast<void>(r5), static_cast<void>(r6), static_cast<void>(r7);
  vm->heap.hp = hp;
  vm->stack.sp = sp;
  check_failed("a single-entry thunk is entered again", __FILE__, __LINE__);
}

}  // namespace

// r1: any value. Returns its WHNF to the frame at sp.
PLAN_EVALUATES eval_value(PLAN_STATE) {
  while ((r1 & kTagMask) == kTagThunk) {
    Object* o = Value{r1}.object();
    switch (o->kind()) {
      case Kind::kIndirection: r1 = o->payload[0]; continue;
      case Kind::kThunk:
      case Kind::kSelector: {
        gc::Info* info = thunk_info(vm, o);
        r2 = word_of(info);
        PLAN_TAIL entry_of(info)(PLAN_REGISTERS);
      }
      case Kind::kCrash: {
        const Value row = o->field(0);
        r1 = row_at(row, 0).word;
        r2 = row_at(row, 1).word;
        PLAN_TAIL raise_crash(PLAN_REGISTERS);
      }
      case Kind::kSpent: PLAN_TAIL enter_spent(PLAN_REGISTERS);
      default: PLAN_TAIL abort_loop(PLAN_REGISTERS);
    }
  }
  PLAN_RETURN();
}

// Continuation of an apply frame [info, args..]: r1 is the function, evaluated.
PLAN_EVALUATES apply_return(PLAN_STATE) {
  r3 = info_of(sp[0])->arity;
  sp += 1;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}
PLAN_EVALUATES apply_counted_return(PLAN_STATE) {
  r3 = (sp[1] >> 1) - 2;
  sp += 2;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

namespace {

/// Puts an apply frame's head before the `n` arguments at sp.
inline Word* push_apply_head(Machine* vm, Word* sp, uint64_t n) {
  if (n < kApplyInfos) {
    sp -= 1;
    sp[0] = word_of(vm->apply_info[n]);
  } else {
    sp -= 2;
    sp[0] = word_of(vm->apply_counted_info);
    sp[1] = (n + 2) << 1;
  }
  return sp;
}

/// Splits n arguments at sp into `k` for the call and an apply frame for the rest.
inline Word* split_arguments(Machine* vm, Word* sp, uint64_t n, uint64_t k) {
  const uint64_t rest = n - k;
  const uint64_t head = rest < kApplyInfos ? 1 : 2;
  std::memmove(sp - head, sp, k * sizeof(Word));
  Word* frame = sp + k - head;
  if (head == 1) {
    frame[0] = word_of(vm->apply_info[rest]);
  } else {
    frame[0] = word_of(vm->apply_counted_info);
    frame[1] = (rest + 2) << 1;
  }
  return sp - head;
}

inline uint64_t nat_class(Word f) {
  return (f & 1) == 0 && f <= (4 << 1) ? f >> 1 : 5;
}

}  // namespace

// Data in function position, n >= 1 arguments at sp. Pops one, returns or applies further.
PLAN_EVALUATES apply_data(PLAN_STATE) {
  const Value f{r1};
  Value result;
  switch (f.object()->kind()) {
    case Kind::kRow:
      PLAN_SYNC(result = gc::make_cow(vm->heap, small_nat(row_size(f))));
      break;
    case Kind::kBar:
      if (f.object()->length() == 0) {
        // The law {1 1 1}: variable 1.
        r1 = sp[0];
        sp += 1;
        if (--r3 != 0) {
          PLAN_TAIL apply_values(PLAN_REGISTERS);
        }
        PLAN_TAIL eval_value(PLAN_REGISTERS);
      }
      PLAN_SYNC(result = gc::bar_nat(vm->heap, f));
      break;
    case Kind::kTab: result = tab_keys(f); break;
    default: PLAN_UNREACHABLE();
  }
  sp += 1;
  r1 = result.word;
  if (--r3 != 0) {
    PLAN_TAIL apply_values(PLAN_REGISTERS);
  }
  PLAN_RETURN();
}

PLAN_EVALUATES apply_partial(PLAN_STATE) {
  const uint64_t n = r3;
  Value result;
  PLAN_SYNC(result = gc::make_partial(vm->heap, Value{r1},
                                      {reinterpret_cast<const Value*>(sp), n}));
  sp += n;
  r1 = result.word;
  PLAN_TAIL safepoint_return(PLAN_REGISTERS);
}

// A closure that gets at least what it lacks: its arguments go under the new ones.
PLAN_EVALUATES apply_closure(PLAN_STATE) {
  const Object* closure = Value{r1}.object();
  const uint64_t lacks = closure->closure_arity();
  const uint64_t has = closure->closure_args();
  if (sp - has - 64 < vm->stack_limit.load(std::memory_order_relaxed)) {
    vm->stack_request = has + 64;
    sp = push_apply_head(vm, sp, r3);
    PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
  }
  if (r3 > lacks) sp = split_arguments(vm, sp, r3, lacks);
  sp -= has;
  for (uint64_t i = 0; i < has; ++i) sp[i] = closure->payload[1 + i];
  const Value head = closure->field(0);
  // A stuck closure of a set takes any further argument and returns its keys.
  if (is_set(head)) {
    sp += has + lacks;
    r1 = set_keys(head).word;
    PLAN_RETURN();
  }
  r1 = head.word;
  r3 = has + lacks;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

// r1: function, any value; r3: argument count >= 1, arguments at sp.
PLAN_EVALUATES apply_values(PLAN_STATE) {
  const Value f{r1};
  if (f.is_function()) [[likely]] {
    Object* o = f.object();
    if (o->kind() != Kind::kClosure) {
      gc::Info* info = vm->info_base + o->info_index();
      if (o->info_index() == 0) [[unlikely]] info = function_info(*vm, f);
      const uint64_t arity = info->arity;
      if (r3 < arity) PLAN_TAIL apply_partial(PLAN_REGISTERS);
      if (r3 > arity) sp = split_arguments(vm, sp, r3, arity);
      r2 = word_of(info);
      PLAN_TAIL entry_of(info)(PLAN_REGISTERS);
    }
    if (r3 >= o->closure_arity()) PLAN_TAIL apply_closure(PLAN_REGISTERS);
    PLAN_TAIL apply_partial(PLAN_REGISTERS);
  }
  if (f.is_nat()) {
    gc::Info* info = vm->nat_info[nat_class(r1)];
    const uint64_t arity = info->arity;
    if (r3 < arity) PLAN_TAIL apply_partial(PLAN_REGISTERS);
    if (r3 > arity) sp = split_arguments(vm, sp, r3, arity);
    r2 = word_of(info);
    PLAN_TAIL run_leaf_jet(PLAN_REGISTERS);
  }
  if (f.is_thunk()) {
    sp = push_apply_head(vm, sp, r3);
    PLAN_TAIL eval_value(PLAN_REGISTERS);
  }
  // Data: row, tab, bar, set, cow.
  const Kind kind = f.object()->kind();
  if (kind == Kind::kSet) {
    if (r3 > 1) sp = split_arguments(vm, sp, r3, 1);
    r2 = word_of(vm->set_info);
    PLAN_TAIL run_leaf_jet(PLAN_REGISTERS);
  }
  if (kind == Kind::kCow) {
    const uint64_t n = gc::eval_arity(f);
    if (r3 <= n) PLAN_TAIL apply_partial(PLAN_REGISTERS);
    // n+1 arguments: through the row, back to the cow itself.
    sp += n + 1;
    r3 -= n + 1;
    if (r3 != 0) {
      PLAN_TAIL apply_values(PLAN_REGISTERS);
    }
    PLAN_RETURN();
  }
  PLAN_TAIL apply_data(PLAN_REGISTERS);
}

// --- Arguments in registers.
namespace {

template <uint32_t n>
inline Word* push_registers(Word* sp, Word r1, Word r2, Word r3, Word r4, Word r5, Word r6) {
  sp -= n;
  if constexpr (n >= 1) sp[0] = r1;
  if constexpr (n >= 2) sp[1] = r2;
  if constexpr (n >= 3) sp[2] = r3;
  if constexpr (n >= 4) sp[3] = r4;
  if constexpr (n >= 5) sp[4] = r5;
  if constexpr (n >= 6) sp[5] = r6;
  return sp;
}

template <uint32_t n>
PLAN_EVALUATES push_arguments(PLAN_STATE) {
  sp = push_registers<n>(sp, r1, r2, r3, r4, r5, r6);
  r2 = r7;
  r1 = info_of(r7)->function;
  PLAN_TAIL entry_of(info_of(r2))(PLAN_REGISTERS);
}

template <uint32_t n>
PLAN_EVALUATES apply_registers(PLAN_STATE) {
  const Value f{r7};
  if (f.is_function()) [[likely]] {
    const Object* o = f.object();
    if (o->kind() != Kind::kClosure) {
      gc::Info* info = vm->info_base + o->info_index();
      if (o->info_index() != 0 && info->arity == n) {
        r7 = word_of(info);
        PLAN_TAIL reinterpret_cast<EvalFn>(info->worker)(PLAN_REGISTERS);
      }
    } else if (o->closure_arity() == n && o->closure_args() + n <= kRegisterArguments) {
      const Value head = o->field(0);
      if (head.is_function() && head.object()->info_index() != 0) {
        // What the closure holds goes before the new arguments.
        for (uint64_t i = o->closure_args(); i > 0; --i) {
          r6 = r5, r5 = r4, r4 = r3, r3 = r2, r2 = r1;
          r1 = o->payload[i];
        }
        gc::Info* info = vm->info_base + head.object()->info_index();
        r7 = word_of(info);
        PLAN_TAIL reinterpret_cast<EvalFn>(info->worker)(PLAN_REGISTERS);
      }
    }
  }
  sp = push_registers<n>(sp, r1, r2, r3, r4, r5, r6);
  r1 = r7;
  r3 = n;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

}  // namespace

const EvalFn kApplyRegisters[kRegisterArguments + 1] = {
    nullptr,            apply_registers<1>, apply_registers<2>, apply_registers<3>,
    apply_registers<4>, apply_registers<5>, apply_registers<6>,
};
const EvalFn kPushArguments[kRegisterArguments + 1] = {
    nullptr,           push_arguments<1>, push_arguments<2>, push_arguments<3>,
    push_arguments<4>, push_arguments<5>, push_arguments<6>,
};

// --- Update frames: [info, thunk].
//
// Note [Single-entry thunks]
//   A thunk that is entered once at most needs no update. Hot code knows some of these beforehand
//   (pass `once`: vm/usage.h): lets, and arguments of known functions. They have code of their own
//   (Block::is_once), whose entry pushes no update frame; so it may end with a call that takes its
//   place, and a chain of such thunks needs no stack.
//   The entry marks the thunk as spent (Kind::kSpent), as it would make it a blackhole: what it
//   captured is in the frame now, and dead to the collector from then on. No pointer is written, so
//   there is no write barrier. A crash does not touch it: who waited for it is unwound as well, and
//   is entered again only if it is a thunk that crashes again. Who looks at it without entering
//   (cheap eagerness, the collector with selectors) sees something unevaluated. To enter it again
//   would be a mistake in the analysis, and ends the process: its value is gone.
//   What it brings is little. Thunks that were updated, those looked at again afterwards (with a
//   nursery that never fills, for the collector shortens what leads to them), and those that the
//   pass leaves without:
//
//                                    updated   looked at again   not updated any more
//     bench: listsum                   3.0 M         0                    0
//            sieve                     2.0 M         0                    0
//            mergesort                 0.9 M        10 %                  0
//            nqueens                   0.6 M         0                    5 %
//            pipeline                  0.5 M         0                    0
//            strings                   0.3 M         0                    0
//            the others             under 40 000                          0
//     reference: pipelist              3.2 M         0                    0
//                msort100k             3.9 M        25 %                  0
//                sumlist               2.0 M         0                    0
//                queens10              0.6 M         0                    5 %
//     load of its prelude              0.9 M        10 %                  1 %
//
//   So 75 to 100 % could do without, but those stand in rows, nearly all: the tails of lists. That
//   a list is walked once is known to who walks it, not where its cells are made; with usage in
//   types (Turner, Wadler and Mossin, "Once upon a type", 1995) there would be a version of the
//   producer for each usage. Of what is made in the load most is made by laws that are not hot yet,
//   and those are not analysed. And there is little to gain: with no update frame in native code at
//   all, listsum and sieve take 0.92 of their time, nqueens 0.97. With the pass, nqueens takes what
//   it takes without (0.39 s for 12 queens and the load), and the load 0.4 % more instructions, for
//   the analysis.
PLAN_EVALUATES update_old(PLAN_STATE);
PLAN_EVALUATES update_return(PLAN_STATE) {
  Object* thunk = Value{sp[1]}.object();
  thunk->header = (thunk->header & ~Word{0xff}) | static_cast<Word>(Kind::kIndirection);
  thunk->payload[0] = r1;
  if (!vm->heap.is_young_or_large(thunk)) [[unlikely]] PLAN_TAIL update_old(PLAN_REGISTERS);
  sp += 2;
  PLAN_RETURN();
}
// The write barrier's slow half, apart so that the fast one needs no prologue.
PLAN_EVALUATES update_old(PLAN_STATE) {
  vm->heap.remember(Value{sp[1]}.object());
  sp += 2;
  PLAN_RETURN();
}

// --- Thunks that are applications: payload fn, arg1 .. argk.
PLAN_EVALUATES enter_apply_thunk(PLAN_STATE) {
  if (!below_limits(vm, sp - 16, hp)) [[unlikely]] PLAN_TAIL safepoint_thunk(PLAN_REGISTERS);
  Object* thunk = Value{r1}.object();
  const uint64_t n = thunk->thunk_words() - 1;
  sp -= 2;
  sp[0] = word_of(vm->update_info);
  sp[1] = r1;
  if (n <= kRegisterArguments) [[likely]] {
    // Falls through from the last argument to the first; the function is read before the header
    // says that nothing in the thunk is live.
    const Word* args = thunk->payload + 1;
    switch (n) {
      case 6: r6 = args[5]; [[fallthrough]];
      case 5: r5 = args[4]; [[fallthrough]];
      case 4: r4 = args[3]; [[fallthrough]];
      case 3: r3 = args[2]; [[fallthrough]];
      case 2: r2 = args[1]; [[fallthrough]];
      default: r1 = args[0];
    }
    r7 = thunk->payload[0];
    thunk->header = (thunk->header & ~Word{0xff}) | static_cast<Word>(Kind::kBlackhole);
    PLAN_TAIL kApplyRegisters[n](PLAN_REGISTERS);
  }
  sp -= n;
  std::memcpy(sp, thunk->payload + 1, n * sizeof(Word));
  thunk->header = (thunk->header & ~Word{0xff}) | static_cast<Word>(Kind::kBlackhole);
  r1 = thunk->payload[0];
  r3 = n;
  PLAN_TAIL apply_values(PLAN_REGISTERS);
}

// --- Selector thunks: payload x, i. Forces x, then takes argument i.
PLAN_EVALUATES selector_return(PLAN_STATE) {
  const Value part = select_argument(*vm, Value{r1}, sp[1] >> 1);
  sp += 2;
  r1 = part.word;
  PLAN_TAIL eval_value(PLAN_REGISTERS);
}
PLAN_EVALUATES enter_selector(PLAN_STATE) {
  if (!below_limits(vm, sp - 16, hp)) [[unlikely]] PLAN_TAIL safepoint_thunk(PLAN_REGISTERS);
  Object* thunk = Value{r1}.object();
  sp -= 4;
  sp[2] = word_of(vm->update_info);
  sp[3] = r1;
  sp[0] = word_of(vm->selector_frame_info);
  sp[1] = thunk->payload[1];
  thunk->header = (thunk->header & ~Word{0xff}) | static_cast<Word>(Kind::kBlackhole);
  r1 = thunk->payload[0];
  PLAN_TAIL eval_value(PLAN_REGISTERS);
}

// --- Safepoints.

// r1 is returned to the frame at sp after polling. Nothing else is live.
PLAN_EVALUATES safepoint_return(PLAN_STATE) {
  if (below_limits(vm, sp, hp) && !vm->options.heap.stress) [[likely]] PLAN_RETURN();
  PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
}
PLAN_EVALUATES safepoint_slow(PLAN_STATE) {
  Value live{r1};
  OutcomeKind kind;
  PLAN_SYNC(kind = poll(*vm, sp, live));
  if (kind != OutcomeKind::kValue) [[unlikely]] {
    unwind_to_stop(*vm, sp, kind);
    sp = vm->stack.sp;
    r1 = 0;
  } else {
    r1 = live.word;
  }
  PLAN_RETURN();
}
// r1: a thunk about to be entered, untouched so far.
PLAN_EVALUATES safepoint_thunk(PLAN_STATE) {
  sp -= 1;
  sp[0] = word_of(vm->reenter_info);
  PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
}
PLAN_EVALUATES reenter_return(PLAN_STATE) {
  sp += 1;
  if ((r1 & kTagMask) != kTagThunk) PLAN_RETURN();
  Object* o = Value{r1}.object();
  if (o->kind() != Kind::kThunk && o->kind() != Kind::kSelector) {
    PLAN_TAIL eval_value(PLAN_REGISTERS);
  }
  gc::Info* info = thunk_info(vm, o);
  r2 = word_of(info);
  r7 = 1;
  PLAN_TAIL entry_of(info)(PLAN_REGISTERS);
}
// r1: a function about to be entered, r3: its argument count.
PLAN_EVALUATES safepoint_apply(PLAN_STATE) {
  sp = push_apply_head(vm, sp, r3);
  PLAN_TAIL safepoint_slow(PLAN_REGISTERS);
}

// --- Markers (gc/stack.h).
PLAN_EVALUATES marker_return(PLAN_STATE) {
  gc::Info* hidden = vm->stack.pop_marker(sp);
  PLAN_TAIL entry_of(hidden)(PLAN_REGISTERS);
}

// --- The end of an evaluation: back to direct code.
PLAN_EVALUATES stop_return(PLAN_STATE) {
  static_cast<void>(r2), static_cast<void>(r3), static_cast<void>(r4), static_cast<void>(r5);
  static_cast<void>(r6), static_cast<void>(r7);
  vm->result = Value{r1};
  vm->heap.hp = hp;
  vm->stack.sp = sp + 1;
}

// --- Crashes and aborts.
PLAN_EVALUATES raise_crash(PLAN_STATE) {
  Word next = 0;
  PLAN_SYNC(next = unwind_crash(*vm, sp, Value{r1}, Value{r2}));
  sp = vm->stack.sp;
  r1 = next;
  PLAN_RETURN();
}
PLAN_EVALUATES abort_loop(PLAN_STATE) {
  unwind_to_stop(*vm, sp, OutcomeKind::kLoop);
  sp = vm->stack.sp;
  r1 = 0;
  PLAN_RETURN();
}

// --- _Try: [info]; r1 is the normal form of what was tried.
PLAN_EVALUATES try_return(PLAN_STATE) {
  const Value pair[2] = {small_nat(1), Value{r1}};
  Value row;
  PLAN_SYNC(row = gc::make_row(vm->heap, pair));
  sp += 1;
  r1 = row.word;
  PLAN_RETURN();
}

void register_apply_infos(Machine& vm) {
  const auto frame = [&vm](EvalFn entry, uint32_t words, uint64_t live, gc::InfoKind kind) {
    gc::Info* info = vm.infos.add();
    info->entry = reinterpret_cast<void*>(entry);
    info->frame_words = words;
    info->live = live;
    info->kind = kind;
    return info;
  };
  using gc::InfoKind;
  vm.update_info = frame(update_return, 2, 1, InfoKind::kUpdate);
  for (uint32_t n = 1; n < kApplyInfos; ++n) {
    vm.apply_info[n] = frame(apply_return, n + 1, (uint64_t{1} << n) - 1, InfoKind::kResume);
    vm.apply_info[n]->arity = n;
  }
  vm.apply_counted_info = frame(apply_counted_return, 0, 0, InfoKind::kResume);
  vm.selector_frame_info = frame(selector_return, 2, 0, InfoKind::kResume);
  vm.reenter_info = frame(reenter_return, 1, 0, InfoKind::kResume);
  vm.try_info = frame(try_return, 1, 0, InfoKind::kTry);
  vm.stop_info = frame(stop_return, 1, 0, InfoKind::kStop);
  gc::Info* marker = frame(marker_return, 1, 0, InfoKind::kMarker);
  vm.stack.marker_info = marker;
  vm.apply_thunk_info = frame(enter_apply_thunk, 1, 0, InfoKind::kThunk);
  vm.selector_info = frame(enter_selector, 1, 0, InfoKind::kThunk);
}

}  // namespace plan::vm
