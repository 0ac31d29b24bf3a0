// vm/results.cc: finds the results of calls that are only taken apart.
#include "vm/results.h"

#include <algorithm>

namespace plan::vm {

namespace {

constexpr uint32_t kCallsMax = 64;  ///< of a block that are looked at

/// What an instruction does with the result of a call, that is in a slot.
enum class Use : uint8_t {
  kElement,  ///< takes an element
  kKind,     ///< asks something that has the same answer for all rows
  kOther,
};

Use use_of(const Instruction& i) {
  switch (i.op) {
    case Op::kIdx:
    case Op::kLazyIdx:
      return (i.immediate >> 1) < kResultElementsMax ? Use::kElement : Use::kOther;
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat:
    case Op::kIsNat:
    case Op::kIsZero:
    case Op::kNot:
    case Op::kBit:
    case Op::kToNat: return Use::kKind;
    default: return Use::kOther;
  }
}

bool reads(const Instruction& i, uint32_t slot) {
  return std::any_of(i.operands.begin(), i.operands.end(),
                     [slot](const Operand& o) { return !o.is_constant && o.slot == slot; });
}

/// Which of the values that a slot may have come to an instruction: bits.
constexpr uint8_t kResult = 1;
constexpr uint8_t kAnother = 2;

/// The instructions that take elements of the result of call `n`. Nothing if it is used in another
/// way, or where the slot may as well hold something else.
std::vector<size_t> elements_taken(const LowCode& low, size_t n) {
  const uint32_t slot = low.instructions[n].dst;
  std::vector<size_t> taken;
  std::vector<uint8_t> at_label(low.labels, 0);
  uint8_t holds = 0;
  for (size_t k = 0; k < low.instructions.size(); ++k) {
    const Instruction& i = low.instructions[k];
    if (i.binds_label != kNoLabel) {
      holds |= at_label[i.binds_label];
      continue;
    }
    if (k != n && (holds & kResult) != 0 && reads(i, slot)) {
      const Use use = use_of(i);
      if (holds != kResult || use == Use::kOther) return {};
      if (use == Use::kElement) taken.push_back(k);
    }
    // Not every branch that has a destination writes it.
    if (i.label != kNoLabel) at_label[i.label] |= holds;
    if (i.has_dst && i.dst == slot) holds = k == n ? kResult : kAnother;
    if (i.label != kNoLabel) at_label[i.label] |= holds;
    for (const uint32_t label : i.labels) at_label[label] |= holds;
    const bool leaves = ends_path(i.op) || i.op == Op::kJump || i.op == Op::kSwitch ||
                        i.op == Op::kTabSwitch;
    if (leaves) holds = 0;
  }
  return taken;
}

Instruction take(uint32_t dst, uint32_t from, Word index) {
  Instruction i;
  i.op = Op::kIdx;
  i.has_dst = true;
  i.dst = dst;
  i.operands = {slot_operand(from)};
  i.immediate = index;
  return i;
}

}  // namespace

void take_results_apart(LowCode& low) {
  std::vector<std::vector<Instruction>> behind(low.instructions.size());
  uint32_t calls = 0;
  for (size_t n = 0; n < low.instructions.size() && calls < kCallsMax; ++n) {
    Instruction& call = low.instructions[n];
    const bool is_call = call.op == Op::kCall || call.op == Op::kCallKnown;
    if (call.binds_label != kNoLabel || !is_call) continue;
    ++calls;
    uint32_t slots[kResultElementsMax] = {};  // 0: not taken; a call's result is no parameter
    for (const size_t k : elements_taken(low, n)) {
      Instruction& i = low.instructions[k];
      uint32_t& slot = slots[i.immediate >> 1];
      if (slot == 0) {
        slot = low.slots++;
        behind[n].push_back(take(slot, call.dst, i.immediate));
        call.immediate = std::max(call.immediate, Word{1} + (i.immediate >> 1));
      }
      i.op = Op::kMove;
      i.immediate = 0;
      i.operands = {slot_operand(slot)};
    }
  }
  std::vector<Instruction> out;
  for (size_t n = 0; n < low.instructions.size(); ++n) {
    out.push_back(std::move(low.instructions[n]));
    std::move(behind[n].begin(), behind[n].end(), std::back_inserter(out));
  }
  low.instructions = std::move(out);
}

}  // namespace plan::vm
