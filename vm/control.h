// vm/control.h: which operands of a control jet are evaluated when, where its call stands.
//
// One answer for all who go by the order of evaluation of vm/lower_control.cc: the passes that
// walk through strict code (vm/usage.cc, vm/cse.cc), and for switches vm/demand.cc and the code
// itself. Of jets that are not here, the operands that vm/demand.h names are evaluated, in its
// order, before anything else.
#pragma once

#include "gc/make.h"
#include "vm/ir.h"
#include "vm/jets.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace plan::vm {

/// Up to two operands, by index from 0.
struct Operands {
  uint8_t count = 0;
  uint8_t index[2] = {};

  const uint8_t* begin() const { return index; }
  const uint8_t* end() const { return index + count; }
};

struct ControlOrder {
  Operands first;        ///< evaluated always, in this order
  Operands one_of;       ///< then one of these
  bool may_end = false;  ///< or none of them
};

/// The order of a saturated call; nothing if the jet is no control jet, or a switch.
std::optional<ControlOrder> control_order(JetId jet);

/// The arms of a call of `_Switch` or `tabSwitch`, if they are branches of its code. Refers to the
/// call.
class SwitchArms {
 public:
  /// Nothing for anything else.
  static std::optional<SwitchArms> of(JetId jet, const Expr* call);

  size_t size() const { return size_; }
  /// What the first operand is compared with.
  Value key(size_t i) const { return has_keys_ ? row_at(keys_, i) : small_nat(i); }
  /// The arm for that key; null if the arms are constants.
  const Expr* expression(size_t i) const {
    return row_->kind == Expr::Kind::kApply ? row_->args[size_ - 1 - i] : nullptr;
  }
  /// Only if expression() is null.
  Value constant(size_t i) const { return row_at(row_->value, i); }

 private:
  const Expr* row_ = nullptr;
  size_t size_ = 0;
  bool has_keys_ = false;
  Value keys_;  ///< a row of nats
};

}  // namespace plan::vm
