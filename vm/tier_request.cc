// vm/tier_request.cc: a hot law as a request to the native tier, and all that its code will use.
#include <algorithm>

#include "gc/region.h"
#include "vm/dump.h"
#include "vm/machine.h"
#include "vm/nat_ops.h"
#include "vm/primops.h"
#include "vm/results.h"
#include "vm/tier_parts.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

uint32_t offset_in(const Machine& vm, const void* field) {
  return static_cast<uint32_t>(static_cast<const char*>(field) -
                               reinterpret_cast<const char*>(&vm));
}

// Native code keeps the stack aligned to words only.
#define PLAN_HELPER __attribute__((force_align_arg_pointer)) Word

PLAN_HELPER add(Machine* vm, Word a, Word b) {
  return nat_add(vm->heap, nat_of(Value{a}), nat_of(Value{b})).word;
}
PLAN_HELPER subtract(Machine* vm, Word a, Word b) {
  return nat_sub(vm->heap, nat_of(Value{a}), nat_of(Value{b})).word;
}
PLAN_HELPER increment(Machine* vm, Word a, Word) {
  return nat_inc(vm->heap, nat_of(Value{a})).word;
}
PLAN_HELPER decrement(Machine* vm, Word a, Word) {
  return nat_dec(vm->heap, nat_of(Value{a})).word;
}
PLAN_HELPER select(Machine* vm, Word x, Word i) { return select_argument(*vm, Value{x}, i).word; }
PLAN_HELPER call_leaf_jet(Machine* vm, Word record, Word args) {
  return leaf_result(*vm, info_of(record), reinterpret_cast<Word*>(args));
}
PLAN_HELPER remember(Machine* vm, Word row, Word index) {
  vm->heap.remember_element(Value{row}.object(), index >> 1);
  return 0;
}
PLAN_HELPER count(Machine*, Word x, Word) { return argument_count(x); }
PLAN_HELPER order(Machine*, Word a, Word b) { return static_cast<Word>(quick_order(a, b)); }

template <typename F>
const void* address(F* function) {
  return reinterpret_cast<const void*>(function);
}

/// The record of the frame of one suspension: [record, live slots].
gc::Info* native_resume_info(Machine& vm, Code& twin, Block& block, const LiveSet& live) {
  gc::Info* info = vm.infos.add();
  twin.infos.push_back(info);
  info->code = &block;
  info->owner = twin.region;
  uint32_t words = 0;
  for (const uint64_t part : live) words += static_cast<uint32_t>(__builtin_popcountll(part));
  info->frame_words = 1 + words;
  info->live = words >= 64 ? ~uint64_t{0} : (uint64_t{1} << words) - 1;
  if (words > 64) {
    auto masks = std::make_unique<uint64_t[]>((words + 63) / 64 - 1);
    std::fill_n(masks.get(), (words + 63) / 64 - 1, ~uint64_t{0});
    info->more_live = masks.get();
    twin.masks.push_back(std::move(masks));
  }
  return info;
}

bool builds_huge_object(const LowCode& low) {
  return std::any_of(low.instructions.begin(), low.instructions.end(), [](const Instruction& i) {
    return i.operands.size() > kTierObjectWordsMax;
  });
}

void make_resumes(Machine& vm, Code& twin, Block& block, TierBlock& result) {
  result.resumes.resize(result.live.size());
  for (size_t n = 0; n < result.live.size(); ++n) {
    // A loop's next turn is not a frame: its poll goes back to the entry.
    if (result.live[n].empty() || result.low.instructions[n].op == Op::kSelfTail) continue;
    result.resumes[n] = native_resume_info(vm, twin, block, result.live[n]);
  }
}

TierBlock lower_for_native(Machine& vm, Code& twin, Block& block) {
  TierBlock result;
  result.block = &block;
  result.info = block.info;
  result.is_once = block.is_once;
  decode_block(vm, block);
  result.low = lower_block(vm, block);
  result.live = live_after_suspension(result.low);
  make_resumes(vm, twin, block, result);
  return result;
}

bool is_numeric(const Instruction& i) {
  switch (i.op) {
    case Op::kJet: return nat_op_of(i) != NatOp::kNone;
    case Op::kIfZero:
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kDec:
    case Op::kInc:
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod:
    case Op::kLazyNat:
    case Op::kIfCheap:
    case Op::kLazyDec:
    case Op::kLazyInc: return true;
    default: return false;
  }
}

/// The parameters that the law computes with.
uint32_t numeric_parameters(const LowCode& low) {
  const uint32_t count = std::min(low.parameters, 32u);
  uint32_t result = 0;
  for (const Instruction& i : low.instructions) {
    if (i.binds_label != kNoLabel || !is_numeric(i)) continue;
    for (const Operand& o : i.operands) {
      if (!o.is_constant && o.slot < count) result |= uint32_t{1} << o.slot;
    }
  }
  return result;
}

/// A law that calls itself and computes with some of its arguments gets a second body in which
/// these are known to be immediate: no tests, no forcing (design, optimiser-study.md section 4.1).
/// If it is a loop of nothing but that, the second body is part of the first, see
/// jit/codegen_loop.cc.
void add_small_variant(Machine& vm, Code& twin, TierRequest& request) {
  TierBlock& law = request.blocks[0];
  bool loops = false;
  bool calls_itself = false;
  for (const Instruction& i : law.low.instructions) {
    if (i.binds_label != kNoLabel) continue;
    loops = loops || i.op == Op::kSelfTail;
    calls_itself = calls_itself || (i.op == Op::kCallKnown && i.callee == law.info);
  }
  if (!loops && !calls_itself) return;
  const uint32_t small = numeric_parameters(law.low);
  const bool one_loop = !calls_itself || law.low.parameters > kRegisterArguments;
  if (small != 0 && one_loop) {
    const LoopParameters loop = loop_parameters(law.low, small);
    if (small_loop_code(law.low, loop)[0]) {
      law.loop = loop;
      return;
    }
  }
  if (small == 0 || law.low.parameters > kRegisterArguments) return;
  TierBlock variant;
  variant.block = law.block;
  variant.info = law.info;
  variant.low = law.low;
  variant.live = law.live;
  variant.small_arguments = small;
  make_resumes(vm, twin, *law.block, variant);
  request.blocks.push_back(std::move(variant));
}

}  // namespace

std::unique_ptr<TierRequest> make_request(Machine& vm, Code& hot, TierFailure& failure) {
  Code& twin = *new_twin(vm, hot);
  make_versions(vm, hot, twin);
  auto request = std::make_unique<TierRequest>();
  request->twin = &twin;
  request->function = twin.function.word;
  request->name = printable_name(twin.function);
  request->subject = subject_of(twin.function);
  request->dump = is_named(vm.options.dump_asm, twin.function);
  vm.has_dumped_asm = vm.has_dumped_asm || request->dump;
  uint64_t instructions = 0;
  const auto accept = [&](Block& block) {
    request->blocks.push_back(lower_for_native(vm, twin, block));
    const LowCode& low = request->blocks.back().low;
    instructions += low.instructions.size();
    if (instructions > kTierInstructionsMax) failure = TierFailure::kTooLarge;
    if (builds_huge_object(low)) failure = TierFailure::kHugeObject;
  };
  accept(twin.entry);
  add_small_variant(vm, twin, *request);
  for (size_t i = 0; i < twin.blocks.size() && failure == TierFailure::kNone; ++i) {
    accept(twin.blocks[i]);
  }
  return failure == TierFailure::kNone ? std::move(request) : nullptr;
}

std::string printable_name(Value function) {
  Value law = function;
  if (is_pin(law)) law = deref(pin_item(law));
  std::string text;
  if (!is_law(law)) return "?";
  uint64_t scratch = 0;
  for (const uint64_t limb : nat_limbs(law_name(law), scratch)) {
    for (uint64_t rest = limb; rest != 0; rest >>= 8) text.push_back(static_cast<char>(rest));
  }
  std::replace_if(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; }, '_');
  return text.empty() ? "law" : text.substr(0, 64);
}

uint64_t subject_of(Value function) {
  Value law = function;
  if (is_pin(law)) law = deref(pin_item(law));
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a, of words
  const auto add = [&](uint64_t word) { hash = (hash ^ word) * 0x100000001b3; };
  if (!is_law(law)) return hash;
  uint64_t scratch = 0;
  for (const uint64_t limb : nat_limbs(law_name(law), scratch)) add(limb);
  add(law_args(law).word);
  return hash;
}

const char* tier_failure_name(TierFailure failure) {
  switch (failure) {
    case TierFailure::kNone: return "none";
    case TierFailure::kTooLarge: return "too large";
    case TierFailure::kHugeObject: return "builds a huge object";
    case TierFailure::kCodeBudget: return "no code memory left";
    case TierFailure::kCodeMemory: return "the system gives no memory for code";
    case TierFailure::kCompiler: return "refused by the compiler";
  }
  return "?";
}

TierRuntime tier_runtime(Machine& vm) {
  TierRuntime r{};
  r.stack_limit = offset_in(vm, &vm.stack_limit);
  r.hp_limit = offset_in(vm, &vm.hp_limit);
  r.heap_hp = offset_in(vm, &vm.heap.hp);
  r.stack_request = offset_in(vm, &vm.stack_request);
  r.info_base = offset_in(vm, &vm.info_base);
  const auto offset_in_info = [&](const void* field) {
    return static_cast<uint32_t>(static_cast<const char*>(field) -
                                 reinterpret_cast<const char*>(vm.update_info));
  };
  r.info_worker = offset_in_info(&vm.update_info->worker);
  r.info_elements = offset_in_info(&vm.update_info->elements);
  r.info_elements_entry = offset_in_info(&vm.update_info->elements_entry);
  r.apply_thunk_index = vm.apply_thunk_info->index;
  r.selector_index = vm.selector_info->index;
  r.update_info = vm.update_info;
  r.eval_value = address(eval_value);
  r.apply_values = address(apply_values);
  for (uint32_t n = 1; n <= kRegisterArguments; ++n) {
    r.apply_registers[n] = address(kApplyRegisters[n]);
  }
  r.safepoint_apply = address(safepoint_apply);
  r.safepoint_thunk = address(safepoint_thunk);
  r.safepoint_slow = address(safepoint_slow);
  r.compare_values = address(compare_values);
  r.run_leaf_jet = address(run_leaf_jet);
  r.call_leaf_jet = address(call_leaf_jet);
  r.no_result = kNoResult;
  r.multiply = address(slow_multiply);
  r.divide = address(slow_divide);
  r.modulo = address(slow_modulo);
  r.add_and_return = address(slow_add);
  r.subtract_and_return = address(slow_subtract);
  r.add = address(add);
  r.subtract = address(subtract);
  r.increment = address(increment);
  r.decrement = address(decrement);
  r.select = address(select);
  r.count = address(count);
  r.remember = address(remember);
  r.order = address(order);
  r.some_row = reinterpret_cast<const void*>(vm.heap.empty_row().word);
  return r;
}

}  // namespace plan::vm
