// jit/request.cc: numbers for what a request refers to, and its canonical text.
#include "jit/request.h"

#include <cstring>

#include "base/check.h"

namespace plan::jit {

namespace {

enum class Form : uint8_t { kImmediate, kConstant, kSlot };

// A new field has to be written below, or different requests would share their code.
static_assert(sizeof(vm::Operand) == 16);
static_assert(sizeof(vm::Instruction) == 120);
static_assert(sizeof(vm::LowCode) == 40);
static_assert(sizeof(vm::TierBlock) == 184);

}  // namespace

RequestWriter::RequestWriter(const vm::TierRequest& request) {
  write_value(Value{request.function});
  write(request.blocks.size());
  for (const vm::TierBlock& block : request.blocks) write_block(block);
}

/// Seven bits a byte, the last one without the high bit: no text is the beginning of another.
void RequestWriter::write(uint64_t n) {
  for (; n >= 128; n >>= 7) text_.push_back(static_cast<uint8_t>(n | 128));
  text_.push_back(static_cast<uint8_t>(n));
}

/// Immediates by value; of others only the tag, by which code generation knows what they are.
void RequestWriter::write_value(Value v) {
  if (v.is_small()) {
    write(static_cast<uint64_t>(Form::kImmediate));
    write(v.word);
    return;
  }
  const auto number = static_cast<uint32_t>(references_.constants.size());
  const auto [at, fresh] = constants_.emplace(v.word, number);
  if (fresh) references_.constants.push_back(v);
  write(static_cast<uint64_t>(Form::kConstant));
  write(v.word & kTagMask);
  write(at->second);
}

void RequestWriter::write_record(gc::Info* info) {
  if (info == nullptr) {
    write(0);
    return;
  }
  const auto number = static_cast<uint32_t>(references_.records.size());
  const auto [at, fresh] = records_.emplace(info, number);
  if (fresh) references_.records.push_back(info);
  write(uint64_t{1} + at->second);
}

void RequestWriter::write_instruction(const vm::Instruction& i) {
  write(static_cast<uint64_t>(i.op));
  write(i.has_dst ? 1 : 0);
  write(i.dst);
  write(i.operands.size());
  for (const vm::Operand& o : i.operands) {
    if (o.is_constant) {
      write_value(o.value);
    } else {
      write(static_cast<uint64_t>(Form::kSlot));
      write(o.slot);
    }
  }
  write(i.immediate);
  write_record(i.callee);
  write_value(i.function);
  write(i.label);
  write(i.labels.size());
  for (const uint32_t label : i.labels) write(label);
  write(i.keys.size());
  for (const Value key : i.keys) write_value(key);
  write(i.binds_label);
}

void RequestWriter::write_block(const vm::TierBlock& block) {
  write_record(block.info);
  write(block.small_arguments);
  write(block.loop.small);
  write(block.loop.evaluated);
  write(block.is_once ? 1 : 0);
  write(block.low.parameters);
  write(block.low.slots);
  write(block.low.labels);
  write(block.low.instructions.size());
  for (const vm::Instruction& i : block.low.instructions) write_instruction(i);
  for (const vm::LiveSet& set : block.live) {
    write(set.size());
    for (const uint64_t part : set) write(part);
  }
  for (gc::Info* info : block.resumes) write_record(info);
}

Word runtime_address(const vm::TierRuntime& runtime, uint32_t number) {
  PLAN_ASSERT(number < kRuntimeAddresses);
  Word word = 0;
  std::memcpy(&word,
              reinterpret_cast<const char*>(&runtime) + offsetof(vm::TierRuntime, update_info) +
                  number * sizeof(Word),
              sizeof word);
  return word;
}

uint32_t runtime_number(const vm::TierRuntime& runtime, const void* address) {
  for (uint32_t n = 0; n < kRuntimeAddresses; ++n) {
    if (runtime_address(runtime, n) == reinterpret_cast<Word>(address)) return n;
  }
  PLAN_UNREACHABLE();
}

std::vector<uint8_t> runtime_text(const vm::TierRuntime& runtime) {
  constexpr size_t kBytes = offsetof(vm::TierRuntime, update_info);
  static_assert(kBytes == 10 * sizeof(uint32_t) + sizeof(uint64_t));  // no gaps
  const auto* bytes = reinterpret_cast<const uint8_t*>(&runtime);
  return {bytes, bytes + kBytes};
}

}  // namespace plan::jit
