// vm/unwind.cc: crashes, aborts, safepoints.
#include "vm/unwind.h"

#include <algorithm>
#include <chrono>

#include "gc/make.h"

namespace plan::vm {

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

namespace {

void restore_limits(Machine& vm) {
  vm.reset_limits();
  // An interrupt that came in between must not be lost.
  if (vm.interrupt.load(std::memory_order_relaxed) ||
      vm.tier_ready.load(std::memory_order_relaxed)) {
    vm.lower_limits();
  }
}

/// Grows the soft stack limit when the budget allows.
OutcomeKind grow_stack(Machine& vm, const Word* sp) {
  constexpr uint64_t kStepWords = uint64_t{1} << 17;
  constexpr uint64_t kReserveWords = 8192;
  Word* floor = vm.stack.floor() + kReserveWords;
  const uint64_t limit = vm.options.stack_limit_bytes;
  const auto used = static_cast<uint64_t>(vm.stack.base() - sp) * sizeof(Word);
  if (sp < floor || (limit != 0 && used > limit)) return OutcomeKind::kStack;
  if (!vm.heap.fits(kStepWords * sizeof(Word))) {
    Value none;
    vm.collector.collect_major(none);
    if (!vm.heap.fits(kStepWords * sizeof(Word))) return OutcomeKind::kMemory;
  }
  const Word* wanted = sp - vm.stack_request - kStepWords / 2;
  if (vm.stack_request > kReserveWords / 2 && wanted < floor) return OutcomeKind::kStack;
  while (vm.stack_soft_limit > floor && vm.stack_soft_limit > wanted) {
    vm.stack_soft_limit = std::max(floor, vm.stack_soft_limit - kStepWords);
  }
  return OutcomeKind::kValue;
}

}  // namespace

OutcomeKind poll(Machine& vm, Word* sp, Value& live) {
  vm.stack.sp = sp;
  if (vm.interrupt.load(std::memory_order_relaxed)) return OutcomeKind::kInterrupted;
  if (vm.deadline_ns != 0 && now_ns() > vm.deadline_ns) return OutcomeKind::kTime;
  if (vm.tier_ready.load(std::memory_order_relaxed)) install_native_code(vm, true);
  if (vm.heap.hp > vm.heap.hp_limit || vm.options.heap.stress ||
      vm.heap.used_bytes() > vm.heap.config().limit_bytes) {
    if (vm.options.heap.stress && ++vm.stress_polls % 3 == 0) {
      vm.collector.collect_major(live);
    } else {
      vm.collector.collect(live);
    }
    if (vm.heap.used_bytes() > vm.heap.config().limit_bytes) {
      vm.collector.collect_major(live);
      if (vm.heap.used_bytes() > vm.heap.config().limit_bytes) return OutcomeKind::kMemory;
    }
  }
  if (sp - vm.stack_request - 256 < vm.stack_soft_limit) {
    gc::Root root(vm.heap, live);
    const OutcomeKind kind = grow_stack(vm, sp);
    live = root.get();
    if (kind != OutcomeKind::kValue) return kind;
  }
  vm.stack_request = 0;
  restore_limits(vm);
  return OutcomeKind::kValue;
}

Value collect_for_room(Machine& vm, Word* sp, Value live) {
  vm.stack.sp = sp;
  vm.collector.collect_major(live);
  return live;
}

void unwind_to_stop(Machine& vm, Word* sp, OutcomeKind kind) {
  vm.stack.sp = sp;
  Word* p = sp;
  for (;;) {
    gc::Info* info = vm.stack.info_at(p);
    if (info->kind == gc::InfoKind::kStop) break;
    p += gc::frame_size_words(*info, p);
  }
  vm.stack.drop_markers(p + 1);
  vm.stack.sp = p;
  vm.outcome = kind;
}

Word unwind_crash(Machine& vm, Word* sp, Value op, Value value) {
  vm.stack.sp = sp;
  const Value pair[2] = {op, value};
  const Value row = gc::make_row(vm.heap, pair);
  Word* p = sp;
  gc::Info* info = vm.stack.info_at(p);
  while (info->kind != gc::InfoKind::kStop && info->kind != gc::InfoKind::kTry) {
    if (info->kind == gc::InfoKind::kUpdate) {
      Object* thunk = Value{p[1]}.object();
      thunk->header = (thunk->header & ~Word{0xff}) | static_cast<Word>(Kind::kCrash);
      thunk->init(0, row);
      vm.heap.remember(thunk);
    }
    p += gc::frame_size_words(*info, p);
    info = vm.stack.info_at(p);
  }
  vm.stack.drop_markers(p + 1);
  vm.stack.sp = p;
  if (info->kind == gc::InfoKind::kStop) {
    vm.outcome = OutcomeKind::kCrash;
    vm.crash_op = op;
    return value.word;
  }
  const Value failure[2] = {small_nat(0), row};
  const Value result = gc::make_row(vm.heap, failure);
  vm.stack.sp = p + 1;
  vm.stack.drop_markers(p + 1);
  return result.word;
}

Value select_argument(Machine& vm, Value x, uint64_t i) {
  static_cast<void>(vm);
  if (is_row(x)) return i < row_size(x) ? row_at(x, i) : small_nat(0);
  if (is_closure(x)) {
    const uint64_t n = closure_size(x);
    return i < n ? closure_arg(x, n - 1 - i) : small_nat(0);
  }
  if (is_tab(x)) return i == 0 ? tab_values(x) : small_nat(0);
  return small_nat(0);
}

}  // namespace plan::vm
