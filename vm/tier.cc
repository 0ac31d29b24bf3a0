// vm/tier.cc: when a law is translated, optimised and compiled.
#include "vm/tier.h"

#include <algorithm>
#include <utility>

#include "gc/region.h"
#include "vm/law_copy.h"
#include "vm/machine.h"
#include "vm/tier_parts.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

constexpr uint64_t kFirstCompileNs = 8'000'000;  ///< a guess, with the load of the compiler
constexpr uint32_t kBudgetRetryEntries = 200;

// Note [Thresholds]
//   kWarmEntries: the bytecode is translated, which takes some ten microseconds for a law and its
//   thunks. kOptimisedEntries: the law is optimised, which takes a few times as long, and runs what
//   came of it. jit_threshold: LLVM compiles that, which takes some milliseconds. Where the last is
//   less, it holds for all.
//   To load LLVM takes as long as to compile a law or two. So the law that it is loaded for has to
//   be as hot once more: a run that ends before has no use for it (the reference's library is
//   loaded with 6 % less work). Those that were hot meanwhile wait no longer.

// Note [Stored code]
//   Code that LLVM made in an earlier run costs what it takes to know its key, some tens of
//   microseconds for the optimiser. So a warm law of which something is stored, going by its name
//   and arity, is looked at for a few entries more and then optimised at once. Templates of its own
//   bytecode, which would serve for these entries, wait until it is known that there is no code:
//   a sixteenth of what a second run takes to become steady. What comes of the optimiser is kept
//   only if it is stored, or the code of a copy: the functions that the first entries are
//   given may not be those of the rest (vm/versions.h), and a law that takes functions of which
//   none was seen would be had without its copies, at half the speed that the first run ended with.
//   Such laws, and those not found, are hot after kOptimisedEntries as any other, and then looked
//   for again.

constexpr uint32_t kWarmEntries = 16;
constexpr uint32_t kOptimisedEntries = 5000;
/// Until the functions that a warm law is given have been seen.
constexpr uint32_t kSeenEntries = kWarmEntries + kObservations * (kObservationEntries + 1);

uint32_t compiled_entries(const Machine& vm) {
  if (vm.options.tier == TierMode::kNative) return 1;
  return std::clamp(vm.options.jit_threshold, 1u, 1u << 30);
}
/// Entries until a law that is interpreted is optimised.
uint32_t hot_entries(const Machine& vm) {
  return std::min(kOptimisedEntries, compiled_entries(vm));
}

}  // namespace

uint32_t retry_entries(const Machine& vm) {
  return std::max(kBudgetRetryEntries, hot_entries(vm));
}

bool uses_templates(const Machine& vm, const Code& code) {
  const TierMode mode = vm.options.tier;
  return vm.tier != nullptr && code.region != nullptr &&
         (mode == TierMode::kMixed || mode == TierMode::kTemplate);
}

void* bytecode_entry(const Block& block) {
  if (block.translation != nullptr) return block.translation_entry;
  if (block.is_law) return address_of(enter_interpreter);
  return address_of(block.is_once ? enter_once_interpreter : enter_thunk_interpreter);
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
  Code& code = *block.code;
  if (!code.optimise && !std::exchange(code.has_templates, true)) ++vm.tier_statistics.translated;
}
/// Translates what bytecode the law has.
void translate_blocks(Machine& vm, Code& code) {
  translate(vm, code.entry);
  for (Block& block : code.blocks) translate(vm, block);
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

/// The laws that `twin` will pass calls on to are as hot as it is.
void tier_up_copies(Machine& vm, const Code& twin) {
  for (const Version& version : twin.versions) {
    tier_up(vm, keeper_of_copies(vm, version.copy).entry);
  }
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
  tier_up_copies(vm, *code.request->twin);  // they come first
  return true;
}

}  // namespace

void begin_counting(Machine& vm, Code& code) { code.entry.heat = thunk_heat(vm, code); }

void translate_law(Machine& vm, Code& code) {
  if (code.is_translated || !uses_templates(vm, code)) return;
  code.is_translated = true;
  code.may_be_stored = vm.options.tier == TierMode::kMixed && hot_entries(vm) > kSeenEntries &&
                       vm.tier->has_stored_code(subject_of(code.function));
  // Its blocks have counted up to here, and begin anew.
  const int32_t heat = thunk_heat(vm, code);
  const auto begin_anew = [&](Block& block, int32_t heat_now) {
    if (vm.options.tier == TierMode::kMixed) block.heat = heat_now;
    if (block.stream.empty()) return;
    stream_header(block.stream.data() + kStreamHeaderWords).heat = block.heat;
  };
  // Only the law's own counter asks early: thunks may be many, and each would ask for itself.
  begin_anew(code.entry, code.may_be_stored ? heat_of(kObservationEntries) : heat);
  for (Block& block : code.blocks) begin_anew(block, heat);
  if (!code.may_be_stored) translate_blocks(vm, code);
}

void translate_new_block(Machine& vm, Block& block) {
  if (block.code->is_translated && !block.code->may_be_stored) translate(vm, block);
}

int32_t thunk_heat(const Machine& vm, const Code& code) {
  const bool is_cold = !code.is_translated && uses_templates(vm, code);
  return heat_of(is_cold ? std::min(kWarmEntries, hot_entries(vm)) : hot_entries(vm));
}

namespace {

/// Whether it is too early to load LLVM for the law, whose templates run.
bool waits_for_compiler(const Machine& vm, const Code& code) {
  const bool is_loaded = vm.tier_statistics.requested != 0;
  const bool is_usual = compiled_entries(vm) > hot_entries(vm);
  return !is_loaded && is_usual && uses_templates(vm, code) && !code.request->has_waited;
}

void ask_later(Code& code, uint32_t entries) {
  code.tier_asked = false;
  code.entry.heat = heat_of(entries);
}

enum class Stored : uint8_t { kInstalled, kLacksRoom, kNotThere };

/// Looks for the code of the request in what is stored.
Stored load(Machine& vm, Code& code) {
  if (vm.tier->load(*code.request)) {
    finish_request(vm, std::move(code.request));
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

bool look_for_copies(Machine& vm, const Code& twin);

/// Looks for native code of a law that is not hot. See Note [Stored code]. Whether it was there, or
/// that of a copy.
bool look_early(Machine& vm, Code& code) {
  code.may_be_stored = false;
  const bool takes_functions = !code.function_parameters.empty();
  TierFailure failure = TierFailure::kNone;
  if (!takes_functions || !code.observations.empty()) {
    code.tier_asked = true;  // so that it is not asked again from below
    code.request = make_request(vm, code, failure);
  }
  if (code.request != nullptr) {
    const Code& twin = *code.request->twin;
    const Stored stored = load(vm, code);
    const bool is_copy_there = look_for_copies(vm, twin);
    if (stored == Stored::kInstalled) return true;
    if (stored == Stored::kLacksRoom) {
      translate_blocks(vm, code);
      ask_later(code, retry_entries(vm));
      return true;
    }
    if (is_copy_there) {
      ask_later(put_twin_in_charge(vm, code), compiled_entries(vm));
      return true;
    }
    code.request = nullptr;
  }
  translate_blocks(vm, code);
  code.observed = 0;
  ask_later(code, hot_entries(vm));
  return false;
}

/// Looks for native code of what `twin` passes calls on to. Whether there is any.
bool look_for_copies(Machine& vm, const Code& twin) {
  bool found = false;
  for (const Version& version : twin.versions) {
    Code& copy = keeper_of_copies(vm, version.copy);
    if (!copy.tier_asked && vm.tier->has_stored_code(subject_of(copy.function))) {
      found = look_early(vm, copy) || found;
    }
  }
  return found;
}
}  // namespace

bool is_hot(Machine& vm, Code& code) {
  if (code.is_translated || !uses_templates(vm, code)) return true;
  translate_law(vm, code);
  return hot_entries(vm) <= kWarmEntries;
}

void tier_up(Machine& vm, Block& block) {
  Code& code = code_in_charge(block);
  if (vm.tier == nullptr || code.region == nullptr || vm.options.tier == TierMode::kTemplate) {
    code.entry.heat = kHeatNever;
    return;
  }
  code.entry.heat = kHeatRecheck;
  if (code.may_be_stored) {
    look_early(vm, code);
    return;
  }
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
  if (waits_for_compiler(vm, now)) {
    now.request->has_waited = true;
    return ask_later(now, compiled_entries(vm));
  }
  // Without the law that tests for them the copies are of no use.
  const bool is_wanted = now.request->twin->versions.empty() || uses_templates(vm, now);
  if (is_wanted && is_over_budget(vm)) return ask_later(now, retry_entries(vm));
  ++vm.tier_statistics.requested;
  const bool wait = vm.options.tier == TierMode::kNative;
  vm.tier->submit(std::move(now.request), wait);
  if (wait) install_native_code(vm, false);
}

}  // namespace plan::vm
