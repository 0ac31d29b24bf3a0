// vm/low_text.cc: one line for each instruction.
#include "vm/low_text.h"

#include "gc/make.h"
#include "vm/code.h"
#include "vm/dispatch.h"
#include "vm/results.h"

namespace plan::vm {

namespace {

/// kIfEqual: if_equal
std::string text_name(Op op) {
  std::string name;
  for (const char* c = op_name(op) + 1; *c != '\0'; ++c) {
    const bool is_upper = *c >= 'A' && *c <= 'Z';
    if (is_upper && !name.empty()) name += '_';
    name += is_upper ? static_cast<char>(*c - 'A' + 'a') : *c;
  }
  return name;
}

const char* mode_name(Word mode) {
  switch (static_cast<CompareMode>(mode)) {
    case CompareMode::kOrder:
      return "order";
    case CompareMode::kEqual:
      return "==";
    case CompareMode::kNotEqual:
      return "!=";
    case CompareMode::kLess:
      return "<";
    case CompareMode::kLessEqual:
      return "<=";
    case CompareMode::kGreater:
      return ">";
    case CompareMode::kGreaterEqual:
      return ">=";
  }
  return "?";
}

std::string label_text(uint32_t label) {
  return "L" + std::to_string(label);
}

std::string operand_text(const Operand& o, ConstantNames& names) {
  return o.is_constant ? print_constant(o.value, names) : "s" + std::to_string(o.slot);
}

/// The expression that a new thunk will evaluate, if its law still has it.
std::string suspended_text(const Instruction& i, ConstantNames& names) {
  const auto* block = i.callee == nullptr ? nullptr : static_cast<const Block*>(i.callee->code);
  if (block == nullptr || block->body == nullptr) return "{}";
  const std::string expression = "{" + print_expr(block->code->ir, block->body, names) + "}";
  return block->is_once ? "once " + expression : expression;
}

/// The elements of the result that are wanted in registers.
std::string elements_text(const Instruction& i) {
  const uint32_t count = elements_wanted(i);
  return count == 0 ? "" : "elements " + std::to_string(count) + " ";
}

/// What is known beforehand, see vm/low_text.h. Each is followed by a space.
std::string known_text(const Instruction& i, ConstantNames& names) {
  switch (i.op) {
    case Op::kIdx:
    case Op::kLazyIdx:
      return print_constant(Value{i.immediate}, names) + " ";
    case Op::kPatch:
      return std::to_string(i.immediate) + " ";
    case Op::kCompare:
    case Op::kLazyCompare:
      return std::string(mode_name(i.immediate)) + " ";
    case Op::kLazyElement:
      return i.immediate != 0 ? "row first " : "";
    case Op::kLazyNat:
      return std::string(nat_op_name(static_cast<NatOp>(i.immediate))) + " ";
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
      return i.immediate != 0 ? "swapped " : "";
    case Op::kIfFunction:
      return print_constant(i.function, names) + " of " + std::to_string(i.immediate) + " ";
    case Op::kThunk:
      return suspended_text(i, names) + " ";
    case Op::kCall:
      return elements_text(i);
    case Op::kCallKnown:
      return print_constant(i.function, names) + " " + elements_text(i);
    case Op::kClosure:
    case Op::kTailKnown:
    case Op::kJet:
      return print_constant(i.function, names) + " ";
    default:
      return "";
  }
}

std::string targets_text(const Instruction& i, ConstantNames& names) {
  std::string text;
  for (size_t k = 0; k < i.labels.size(); ++k) {
    const std::string key =
        k < i.keys.size() ? print_constant(i.keys[k], names) : std::to_string(k);
    text += " " + key + ": " + label_text(i.labels[k]);
  }
  if (i.label == kNoLabel) return text;
  return text + (i.op == Op::kJump ? " " : " else ") + label_text(i.label);
}

std::string live_text(const LiveSet& live) {
  std::string text = "  ; live";
  for (uint32_t slot = 0; slot < live.size() * 64; ++slot) {
    if (is_live(live, slot)) text += " s" + std::to_string(slot);
  }
  return text;
}

}  // namespace

std::string print_instruction(const Instruction& i, ConstantNames& names) {
  if (i.binds_label != kNoLabel) return label_text(i.binds_label) + ":";
  std::string text = i.has_dst ? "s" + std::to_string(i.dst) + " = " : "";
  text += text_name(i.op) + " " + known_text(i, names);
  for (const Operand& o : i.operands) text += operand_text(o, names) + " ";
  text.pop_back();
  return text + targets_text(i, names);
}

std::string print_low_code(const LowCode& low, ConstantNames& names, LiveSets live) {
  std::string text =
      "block of " + std::to_string(low.parameters) + ", " + std::to_string(low.slots) + " slots\n";
  std::vector<LiveSet> sets;
  if (live == LiveSets::kShow) sets = live_after_suspension(low);
  for (size_t n = 0; n < low.instructions.size(); ++n) {
    const Instruction& i = low.instructions[n];
    if (i.binds_label == kNoLabel) text += "  ";
    text += print_instruction(i, names);
    if (n < sets.size() && !sets[n].empty()) text += live_text(sets[n]);
    text += "\n";
  }
  return text;
}

}  // namespace plan::vm
