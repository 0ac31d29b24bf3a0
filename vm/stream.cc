// vm/stream.cc: the layouts of vm/ops.def, read.
#include "vm/stream.h"

#include <string_view>

#include "base/check.h"

namespace plan::vm {

namespace {

struct Name {
  std::string_view text;
  Field field;
};

constexpr Name kNames[] = {
    {"dst", Field::kDst},
    {"a", Field::kA},
    {"b", Field::kB},
    {"c", Field::kC},
    {"off", Field::kOffset},
    {"n", Field::kCount},
    {"frame", Field::kFrame},
    {"first parameter", Field::kFirstParameter},
    {"held", Field::kImmediate},
    {"index", Field::kImmediate},
    {"arity left", Field::kImmediate},
    {"mode", Field::kImmediate},
    {"operation", Field::kImmediate},
    {"row first", Field::kImmediate},
    {"swapped", Field::kImmediate},
    {"info", Field::kInfo},
    {"callee", Field::kCallee},
    {"fn", Field::kFunction},
    {"start", Field::kStart},
};

consteval Field field_of(std::string_view name) {
  for (const Name& n : kNames) {
    if (n.text == name) return n.field;
  }
  PLAN_UNREACHABLE();  // a name that is not known does not compile
}

/// What the fields say of the instruction as a whole.
consteval void note(Layout& layout, Field field, bool is_high) {
  switch (field) {
    case Field::kA:
    case Field::kB:
    case Field::kC: ++layout.operands; break;
    case Field::kOffset:
      layout.jump = layout.count;
      layout.jump_is_high = is_high;
      break;
    case Field::kCount: layout.count_is_high = is_high; break;
    case Field::kInfo: layout.record = layout.count; break;
    default: break;
  }
}

consteval void read_word(Layout& layout, std::string_view text) {
  const size_t bar = text.find('|');
  Layout::Halves& word = layout.words[layout.count];
  word.low = field_of(text.substr(0, bar));
  if (bar != text.npos) {
    word.high = field_of(text.substr(bar + 1));
  } else if (word.low == Field::kImmediate) {
    word.low = Field::kImmediateWord;
  }
  note(layout, word.low, false);
  note(layout, word.high, true);
  ++layout.count;
}

consteval Layout read_layout(std::string_view text) {
  Layout layout;
  while (!text.empty()) {
    const size_t end = text.find(", ");
    const std::string_view word = text.substr(0, end);
    text = end == text.npos ? "" : text.substr(end + 2);
    if (word == "ops..") {
      layout.listed = Listed::kOperands;
    } else if (word == "keys..") {
      layout.listed = Listed::kKeysAndArms;
    } else if (word == "offs..") {
      if (layout.listed == Listed::kNothing) layout.listed = Listed::kArms;
    } else {
      read_word(layout, word);
    }
  }
  return layout;
}

}  // namespace

constinit const std::array<Layout, static_cast<size_t>(Op::kCount)> kLayouts = {
#define PLAN_OP(name, layout) read_layout(layout),
#include "vm/ops.def"
#undef PLAN_OP
};

Op op_of_handler(Word handler) {
  static const auto kHandlers = [] {
    std::array<Word, static_cast<size_t>(Op::kCount)> handlers{};
    for (size_t i = 0; i < handlers.size(); ++i) handlers[i] = op_handler(static_cast<Op>(i));
    return handlers;
  }();
  size_t i = 0;
  while (i < kHandlers.size() && kHandlers[i] != handler) ++i;
  return static_cast<Op>(i);
}

}  // namespace plan::vm
