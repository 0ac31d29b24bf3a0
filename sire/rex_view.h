// sire/rex_view.h: one layer of a Rex value, and making such values.
//
// The front end works on Rex as macros see it: PLAN values (spec/rex.md section 10), closures of
// nine pinned laws that never run. What a macro returns may be anything; only the layer that is
// looked at is judged, and what is no Rex there is *evil*.
#pragma once

#include "gc/heap.h"
#include "value/object.h"

#include <array>
#include <span>
#include <string_view>

namespace plan::sire {

enum class RexForm : uint8_t {
  kEvil,
  kEmbed,
  kWord,
  kText,
  kLine,
  kOpen,
  kNest,
  kInfix,
  kPrefix,
  kShut,
};

/// What a Rex value is. The parts are raw values, good until the next safepoint.
struct RexView {
  RexForm form = RexForm::kEvil;
  Value text;  ///< text of a leaf, rune of a node, or the embedded value
  Value sons;  ///< row, of a node
  Value heir;  ///< 0 if there is none

  bool is_leaf() const { return form >= RexForm::kWord && form <= RexForm::kLine; }
  bool is_node() const { return form >= RexForm::kOpen; }
  bool has_heir() const { return heir != small_nat(0); }
  uint64_t son_count() const { return row_size(sons); }
  /// The sons and then the heir, if there is one.
  uint64_t kid_count() const { return son_count() + (has_heir() ? 1 : 0); }
  Value kid(uint64_t i) const { return i < son_count() ? row_at(sons, i) : heir; }
};

/// `v` is a normal form.
RexView view_rex(Value v);

/// Makes Rex values. Allocates only.
class RexValueMaker {
 public:
  explicit RexValueMaker(gc::Heap& heap);

  Value leaf(RexForm form, Value text, Value heir = small_nat(0));
  Value node(RexForm form, Value rune, std::span<const Value> sons, Value heir = small_nat(0));
  Value word(std::string_view text);
  Value embed(Value v);

  gc::Heap& heap() { return heap_; }

 private:
  template <size_t N>
  Value closure(RexForm form, const std::array<Value, N>& parts);

  gc::Heap& heap_;
  gc::RootList constructors_;  // by form
};

}  // namespace plan::sire
