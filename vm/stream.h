// vm/stream.h: the layout of a block's bytecode, for what writes it (vm/encode.cc) and what reads
// it again (jit/). vm/ops.def and vm/code.h describe it.
#pragma once

#include <array>
#include <cstdint>

#include "gc/info.h"
#include "value/value.h"
#include "vm/ops.h"

namespace plan::vm {

/// What stands in half a word of an instruction, or in all of it.
enum class Field : uint8_t {
  kNone,
  kDst,
  kA,  ///< operand 0, and so on
  kB,
  kC,
  kOffset,
  kCount,           ///< of the operands listed, or of a switch's arms
  kFrame,           ///< words of the frame
  kFirstParameter,  ///< where it is
  kImmediate,
  // Whole words.
  kImmediateWord,
  kInfo,
  kCallee,
  kFunction,
  kStart,  ///< distance in words from the first instruction
};

/// What is listed behind the words that an instruction always has.
enum class Listed : uint8_t { kNothing, kOperands, kArms, kKeysAndArms };

/// The words of an instruction: its line in vm/ops.def.
struct Layout {
  static constexpr uint32_t kWordsMax = 6;
  struct Halves {
    Field low = Field::kNone;  ///< or the whole word
    Field high = Field::kNone;
  };
  std::array<Halves, kWordsMax> words{};  ///< [0]: the handler
  uint8_t count = 1;                      ///< of the words
  Listed listed = Listed::kNothing;
  uint8_t operands = 0;  ///< with places of their own; those listed come behind
  bool count_is_high = false;
  uint8_t record = 0;  ///< the word that holds the record of its frame; 0: it pushes none
  uint8_t jump = 0;    ///< the word that holds an offset; 0: none
  bool jump_is_high = false;

  /// Its operands are written below sp.
  bool is_call() const { return listed == Listed::kOperands && !count_is_high; }
};
extern const std::array<Layout, static_cast<size_t>(Op::kCount)> kLayouts;
inline const Layout& layout_of(Op op) { return kLayouts[static_cast<size_t>(op)]; }

/// The instruction whose handler is `handler`; kCount: none, the word has been replaced.
Op op_of_handler(Word handler);

inline uint32_t low_half(Word w) { return static_cast<uint32_t>(w); }
inline uint32_t high_half(Word w) { return static_cast<uint32_t>(w >> 32); }

/// Operands or arms listed by the instruction at `pc`.
inline uint32_t listed_count(const Layout& layout, const Word* pc) {
  return layout.count_is_high ? high_half(pc[1]) : low_half(pc[1]);
}

/// Words of the instruction at `pc`, from the handler to the last operand.
inline uint32_t instruction_words(Op op, const Word* pc) {
  const Layout& layout = layout_of(op);
  switch (layout.listed) {
    case Listed::kNothing: break;
    case Listed::kOperands: return layout.count + (listed_count(layout, pc) + 1) / 2;
    case Listed::kArms: return layout.count + listed_count(layout, pc);
    case Listed::kKeysAndArms: return layout.count + 2 * listed_count(layout, pc);
  }
  return layout.count;
}

/// The record of its frame; null if it pushes none.
inline gc::Info* frame_record(Op op, const Word* pc) {
  const uint32_t at = layout_of(op).record;
  return at != 0 ? info_of(pc[at]) : nullptr;
}

/// Calls f(distance in words from pc) for each place that the instruction may jump to.
template <typename F>
void for_each_jump(Op op, const Word* pc, F f) {
  const Layout& layout = layout_of(op);
  if (layout.jump == 0) return;
  f(layout.jump_is_high ? high_half(pc[layout.jump]) : low_half(pc[layout.jump]));
  if (layout.listed != Listed::kArms && layout.listed != Listed::kKeysAndArms) return;
  const uint32_t arms = listed_count(layout, pc);
  const Word* first = pc + instruction_words(op, pc) - arms;
  for (uint32_t i = 0; i < arms; ++i) f(low_half(first[i]));
}

}  // namespace plan::vm
