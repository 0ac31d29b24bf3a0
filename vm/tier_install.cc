// vm/tier_install.cc: native code put into place, and taken out of it again.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "gc/region.h"
#include "vm/machine.h"
#include "vm/results.h"
#include "vm/tier_parts.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

constexpr uint32_t kElementsFrameWordsMax = 65;  ///< larger ones need gc::Info::more_live

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

}  // namespace

void report(Machine& vm, const TierEvent& event) {
  if (vm.tier_sink != nullptr) vm.tier_sink(vm.tier_context, event);
}

void finish_request(Machine& vm, std::unique_ptr<TierRequest> request) {
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

void install_native_code(Machine& vm, bool at_safepoint) {
  vm.tier_ready.store(false, std::memory_order_relaxed);
  for (;;) {
    while (auto request = vm.tier->take_finished()) {
      vm.tier_statistics.compile_ns += request->compile_ns;
      if (request->twin != nullptr) finish_request(vm, std::move(request));
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
