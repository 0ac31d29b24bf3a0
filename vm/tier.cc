// vm/tier.cc: prepares hot laws for the native tier and installs what it made.
#include "vm/tier.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "gc/make.h"
#include "gc/region.h"
#include "vm/dump.h"
#include "vm/law_copy.h"
#include "vm/machine.h"
#include "vm/nat_ops.h"
#include "vm/primops.h"
#include "vm/results.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

constexpr uint64_t kFirstCompileNs = 8'000'000;  ///< a guess, with the load of the compiler
constexpr uint32_t kBudgetRetryEntries = 200;
constexpr uint32_t kElementsFrameWordsMax = 65;  ///< larger ones need gc::Info::more_live

/// The counter of a law that many entries are left to.
int32_t heat_of(uint32_t entries) { return -static_cast<int32_t>(entries); }

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
void* address_of(F* function) {
  return reinterpret_cast<void*>(function);
}
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

/// Lowers the law of `hot` and every expression it suspends. Null: see `failure`.
std::unique_ptr<TierRequest> make_request(Machine& vm, Code& hot, TierFailure& failure) {
  Code& twin = *new_twin(vm, hot);
  make_versions(vm, hot, twin);
  auto request = std::make_unique<TierRequest>();
  request->twin = &twin;
  request->function = twin.function.word;
  request->name = printable_name(twin.function);
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

void install(Machine& vm, const TierRequest& request) {
  ++vm.tier_statistics.laws;
  if (request.cached) ++vm.tier_statistics.cached;
  vm.tier_statistics.code_bytes += request.code_bytes;
  for (const TierBlock& block : request.blocks) {
    for (size_t n = 0; n < block.resumes.size(); ++n) {
      gc::Info* resume = block.resumes[n];
      if (resume == nullptr) continue;
      resume->entry = block.resume_entries[n];
      if (block.elements_entries[n] == nullptr || resume->frame_words > kElementsFrameWordsMax) {
        continue;
      }
      resume->elements_entry = block.elements_entries[n];
      resume->elements = static_cast<uint8_t>(elements_wanted(block.low.instructions[n]));
    }
  }
  // The law comes last: only through it are the others reached.
  for (size_t i = request.blocks.size(); i-- > 0;) {
    const TierBlock& block = request.blocks[i];
    if (block.is_special()) continue;
    if (block.worker != nullptr) block.info->worker = block.worker;
    block.info->entry = block.entry;
  }
  request.twin->ir = Law{};
}

}  // namespace

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

const char* tier_failure_name(TierFailure failure) {
  switch (failure) {
    case TierFailure::kNone: return "none";
    case TierFailure::kTooLarge: return "too large";
    case TierFailure::kHugeObject: return "builds a huge object";
    case TierFailure::kCodeBudget: return "no code memory left";
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

namespace {

// Note [Thresholds]
//   kWarmEntries: the bytecode is translated, which takes a microsecond or two. kOptimisedEntries:
//   the law is optimised, which takes a hundred, and runs what came of it; if LLVM's code for that
//   is stored, it is taken. Sooner it would be had for laws whose functions have not been seen, and
//   would stay slower than what a first run ends with (vm/versions.h). jit_threshold: LLVM
//   compiles that, which takes some milliseconds. Where the last is less, it holds for all.

constexpr uint32_t kWarmEntries = 16;
constexpr uint32_t kOptimisedEntries = 5000;

uint32_t compiled_entries(const Machine& vm) {
  if (vm.options.tier == TierMode::kNative) return 1;
  return std::clamp(vm.options.jit_threshold, 1u, 1u << 30);
}
/// Entries until a law that is interpreted is optimised.
uint32_t hot_entries(const Machine& vm) {
  return std::min(kOptimisedEntries, compiled_entries(vm));
}

/// Entries until it is asked again whether there is time, or room.
uint32_t retry_entries(const Machine& vm) {
  return std::max(kBudgetRetryEntries, hot_entries(vm));
}

}  // namespace

bool uses_templates(const Machine& vm, const Code& code) {
  const TierMode mode = vm.options.tier;
  return vm.tier != nullptr && code.region != nullptr &&
         (mode == TierMode::kMixed || mode == TierMode::kTemplate);
}

void* bytecode_entry(const Block& block) {
  if (block.translation != nullptr) return block.translation_entry;
  return address_of(block.is_law ? enter_interpreter : enter_thunk_interpreter);
}

namespace {
void translate(Machine& vm, Block& block) {
  if (block.stream.empty()) return;
  void* before = bytecode_entry(block);
  if (!vm.tier->translate(block)) {
    ++vm.tier_statistics.untranslated;
    return;
  }
  // It may be native by now, or have been entered never.
  if (block.info->entry == before) block.info->entry = block.translation_entry;
}
/// Whether compiling has taken its share already. What is under way counts as what came before.
bool is_over_budget(const Machine& vm) {
  const uint64_t percent = vm.options.jit_budget_percent;
  if (percent == 0 || vm.options.tier == TierMode::kNative) return false;
  const TierStatistics& s = vm.tier_statistics;
  const uint64_t done = s.laws - s.cached + s.failures;
  const uint64_t each = done == 0 ? kFirstCompileNs : s.compile_ns / done;
  const uint64_t spent = s.compile_ns + (s.requested - std::min(s.requested, done)) * each;
  return spent * 100 > (now_ns() - vm.start_ns) * percent;
}

// Note [Eviction]
//   Code memory has a bound. Once half of it is used, the requests of laws that become native are
//   kept, oldest first. When something does not fit, the oldest of these go: their records get
//   their interpreted entries back, and their memory is free. This happens in poll() only. There
//   no native code is on the C stack, for evaluating code never returns; who comes back to native
//   code does so through the record of a frame; so a law without a frame on the evaluation stack
//   is not running. Thunks of the evicted law stay, with bytecode for their code. The request goes
//   back to the law, which will load its code from the cache when it is hot again, or have it made.
//   Price: what filled the first half stays until its law is collected.

constexpr uint64_t kEvictBytes = uint64_t{1} << 20;  ///< at once, for the stack is walked for it

/// Gives the law and its thunks their interpreted entries back.
void uninstall(Machine& vm, std::unique_ptr<TierRequest> request) {
  for (size_t k = 0; k < request->blocks.size(); ++k) {
    TierBlock& b = request->blocks[k];
    for (gc::Info* resume : b.resumes) {
      if (resume == nullptr) continue;
      resume->entry = nullptr;
      resume->elements = gc::kNoElements;
    }
    if (k == 0 || b.is_special()) continue;
    b.block->heat = kHeatNever;
    if (b.block->stream.empty()) encode_block(vm, *b.block, b.low);
    b.info->entry = bytecode_entry(*b.block);
  }
  gc::Info* info = request->blocks[0].info;
  Block& law = *static_cast<Block*>(info->code);
  info->entry = law.stream.empty() ? address_of(enter_uncompiled) : bytecode_entry(law);
  if (info->arity <= kRegisterArguments) info->worker = address_of(kPushArguments[info->arity]);
  law.heat = heat_of(retry_entries(vm));
  if (!law.stream.empty()) {
    stream_header(law.stream.data() + kStreamHeaderWords).heat = law.heat;
  }
  ++vm.tier_statistics.evicted;
  vm.tier_statistics.code_bytes -= request->code_bytes;
  vm.tier->give_back(*request);
  request->was_native = true;
  law.code->tier_asked = false;
  law.code->request = std::move(request);
}

bool is_active(const TierRequest& request, const std::unordered_set<const gc::Info*>& on_stack) {
  for (const TierBlock& block : request.blocks) {
    for (const gc::Info* resume : block.resumes) {
      if (resume != nullptr && on_stack.contains(resume)) return true;
    }
  }
  return false;
}

/// See Note [Eviction]. Whether there is room now.
bool evict(Machine& vm) {
  std::unordered_set<const gc::Info*> on_stack;
  const gc::Info* last = nullptr;
  vm.stack.walk(false, [&](const gc::Info* info, const Word*) {
    if (info != last && info->kind == gc::InfoKind::kResume) on_stack.insert(info);
    last = info;
  });
  uint64_t freed = 0;
  for (std::unique_ptr<TierRequest>& request : vm.evictable) {
    if (freed >= kEvictBytes && !vm.tier->lacks_room()) break;
    if (is_active(*request, on_stack)) continue;
    freed += request->code_bytes;
    uninstall(vm, std::move(request));
  }
  std::erase(vm.evictable, nullptr);
  return !vm.tier->lacks_room();
}

void report(Machine& vm, const TierEvent& event) {
  if (vm.tier_sink != nullptr) vm.tier_sink(vm.tier_context, event);
}

/// What became of a request whose law still exists.
void finish(Machine& vm, std::unique_ptr<TierRequest> request) {
  const TierEvent event{Value{request->function}, request->failure, request->cached,
                        request->compile_ns, request->code_bytes};
  if (request->failure != TierFailure::kNone) {
    ++vm.tier_statistics.failures;
  } else {
    install(vm, *request);
    if (vm.tier->is_half_full()) vm.evictable.push_back(std::move(request));
  }
  report(vm, event);
}

/// The code that a law runs, if it is not native: its own, or the twin's.
Code& code_in_charge(const Block& block) {
  return *static_cast<Block*>(block.code->entry.info->code)->code;
}

// Note [Optimised bytecode]
//   What the twin's blocks are lowered to is made bytecode of as well, and that is translated: it
//   is at hand, and takes microseconds where the native tier takes milliseconds, and its turn in a
//   queue. From then on the twin is in charge of the law: its entry counts, its code has the
//   request. The record of the law leads to the twin's stream, so loops that run change over as
//   they do to native code. Thunks and frames made before go on with what made them.

/// See Note [Optimised bytecode].
Code& put_twin_in_charge(Machine& vm, Code& code) {
  Code& twin = *code.request->twin;
  if (!uses_templates(vm, code) || &twin == &code) return code;
  twin.is_translated = true;
  ++vm.tier_statistics.optimised;
  for (TierBlock& b : code.request->blocks) {
    if (b.is_special() || !b.block->stream.empty()) continue;
    b.block->heat = heat_of(compiled_entries(vm));
    encode_block(vm, *b.block, b.low);
    translate(vm, *b.block);
    b.info->entry = bytecode_entry(*b.block);
  }
  twin.entry.info->code = &twin.entry;
  twin.request = std::move(code.request);
  twin.tier_asked = code.tier_asked;
  twin.observed = kObservations;  // what the law was given has been seen
  return twin;
}

/// Gives the code its request. False: it was refused.
bool begin_request(Machine& vm, Code& code) {
  TierFailure failure = TierFailure::kNone;
  code.request = make_request(vm, code, failure);
  if (code.request == nullptr) {
    ++vm.tier_statistics.requested;
    ++vm.tier_statistics.failures;
    report(vm, {code.function, failure});
    return false;
  }
  // What the law will pass calls on to comes first.
  for (const Version& version : code.request->twin->versions) {
    tier_up(vm, keeper_of_copies(vm, version.copy).entry);
  }
  return true;
}

}  // namespace

void begin_counting(Machine& vm, Code& code) { code.entry.heat = thunk_heat(vm, code); }

void translate_law(Machine& vm, Code& code) {
  if (code.is_translated || !uses_templates(vm, code)) return;
  code.is_translated = true;
  ++vm.tier_statistics.translated;
  // Its blocks have counted up to here, and begin anew.
  const auto translate_one = [&](Block& block) {
    if (vm.options.tier == TierMode::kMixed) block.heat = thunk_heat(vm, code);
    if (block.stream.empty()) return;
    translate(vm, block);
    stream_header(block.stream.data() + kStreamHeaderWords).heat = block.heat;
  };
  translate_one(code.entry);
  for (Block& block : code.blocks) translate_one(block);
}

void translate_new_block(Machine& vm, Block& block) {
  if (block.code->is_translated) translate(vm, block);
}

int32_t thunk_heat(const Machine& vm, const Code& code) {
  const bool is_cold = !code.is_translated && uses_templates(vm, code);
  return heat_of(is_cold ? std::min(kWarmEntries, hot_entries(vm)) : hot_entries(vm));
}

bool is_hot(Machine& vm, Code& code) {
  if (code.is_translated || !uses_templates(vm, code)) return true;
  translate_law(vm, code);
  return hot_entries(vm) <= kWarmEntries;
}

namespace {

void ask_later(Code& code, uint32_t entries) {
  code.tier_asked = false;
  code.entry.heat = heat_of(entries);
}

enum class Stored : uint8_t { kInstalled, kLacksRoom, kNotThere };

/// Looks for the code of the request in what is stored.
Stored load(Machine& vm, Code& code) {
  if (vm.tier->load(*code.request)) {
    finish(vm, std::move(code.request));
    return Stored::kInstalled;
  }
  const bool lacks_room = vm.tier->lacks_room();
  code.request->was_native = lacks_room;
  if (!lacks_room) return Stored::kNotThere;
  // Only a safepoint can make room.
  vm.tier_ready.store(true, std::memory_order_relaxed);
  vm.lower_limits();
  return Stored::kLacksRoom;
}

}  // namespace

void tier_up(Machine& vm, Block& block) {
  Code& code = code_in_charge(block);
  if (vm.tier == nullptr || code.region == nullptr || vm.options.tier == TierMode::kTemplate) {
    code.entry.heat = kHeatNever;
    return;
  }
  code.entry.heat = kHeatRecheck;
  if (code.tier_asked) return;  // a loop looks whether its native code has come
  const bool is_new = code.request == nullptr;
  // What is stored costs nothing that the budget counts. Asked for once, a request is kept.
  const bool may_load = vm.tier->has_stored_code() && (is_new || code.request->was_native);
  if (!may_load && !uses_templates(vm, code) && is_over_budget(vm)) {
    return ask_later(code, retry_entries(vm));
  }
  code.tier_asked = true;  // so that it is not asked again from below
  if (is_new && !begin_request(vm, code)) return;
  if (may_load) {
    const Stored stored = load(vm, code);
    if (stored == Stored::kInstalled) return;
    if (stored == Stored::kLacksRoom) return ask_later(code, retry_entries(vm));
  }
  Code& now = put_twin_in_charge(vm, code);
  const uint32_t more = compiled_entries(vm) - hot_entries(vm);
  if (&now != &code && more > 0) return ask_later(now, more);
  // Without the law that tests for them the copies are of no use.
  const bool is_wanted = now.request->twin->versions.empty() || uses_templates(vm, now);
  if (is_wanted && is_over_budget(vm)) return ask_later(now, retry_entries(vm));
  ++vm.tier_statistics.requested;
  const bool wait = vm.options.tier == TierMode::kNative;
  vm.tier->submit(std::move(now.request), wait);
  if (wait) install_native_code(vm, false);
}

void install_native_code(Machine& vm, bool at_safepoint) {
  vm.tier_ready.store(false, std::memory_order_relaxed);
  for (;;) {
    while (auto request = vm.tier->take_finished()) {
      vm.tier_statistics.compile_ns += request->compile_ns;
      if (request->twin != nullptr) finish(vm, std::move(request));
    }
    if (!vm.tier->lacks_room()) return;
    if (!at_safepoint) {
      vm.tier_ready.store(true, std::memory_order_relaxed);
      vm.lower_limits();
      return;
    }
    if (!evict(vm)) vm.tier->give_up();
  }
}

void forget_native_code(Machine& vm, Code& code) {
  if (vm.tier == nullptr) return;
  vm.tier->release_translation(code.entry);
  for (Block& block : code.blocks) vm.tier->release_translation(block);
  vm.tier->forget(&code);
  std::erase_if(vm.evictable, [&](const std::unique_ptr<TierRequest>& request) {
    if (request->twin != &code) return false;
    vm.tier->give_back(*request);
    return true;
  });
}

}  // namespace plan::vm
