// vm/control.cc: the order of control jets.
#include "vm/control.h"

namespace plan::vm {

namespace {

/// The key set of a literal tab, which is that set applied to a row; nothing if `e` is none.
std::optional<Value> literal_keys(const Expr* e) {
  if (e->kind != Expr::Kind::kApply || e->args.size() != 1) return std::nullopt;
  if (e->head->kind != Expr::Kind::kConstant || !is_set(e->head->value)) return std::nullopt;
  return set_keys(e->head->value);
}

bool are_nats(Value row) {
  for (uint64_t i = 0; i < row_size(row); ++i) {
    if (!row_at(row, i).is_nat()) return false;
  }
  return true;
}

/// The size of a row, constant or under construction.
std::optional<size_t> literal_row_size(const Expr* e) {
  if (e->kind == Expr::Kind::kConstant && is_row(e->value)) return row_size(e->value);
  if (e->kind != Expr::Kind::kApply || e->head->kind != Expr::Kind::kConstant) return std::nullopt;
  const Value cow = e->head->value;
  if (!is_cow(cow) || cow_size(cow) != small_nat(e->args.size())) return std::nullopt;
  return e->args.size();
}

}  // namespace

std::optional<ControlOrder> control_order(JetId jet) {
  switch (jet) {
    case JetId::kIf:
    case JetId::kIfz: return ControlOrder{{1, {0}}, {2, {1, 2}}};
    case JetId::kSeq: return ControlOrder{{2, {0, 1}}, {}};
    case JetId::kAnd:
    case JetId::kOr: return ControlOrder{{1, {0}}, {1, {1}}, true};
    case JetId::kMul: return ControlOrder{{1, {1}}, {1, {0}}, true};
    default: return std::nullopt;
  }
}

std::optional<SwitchArms> SwitchArms::of(JetId jet, const Expr* call) {
  if (jet != JetId::kSwitch && jet != JetId::kTabSwitch) return std::nullopt;
  SwitchArms arms;
  arms.row_ = call->args[2];
  if (jet == JetId::kTabSwitch) {
    const std::optional<Value> keys = literal_keys(arms.row_);
    // The law compares keys one by one; without any it does not evaluate the one it looks for.
    if (!keys || row_size(*keys) == 0 || !are_nats(*keys)) return std::nullopt;
    arms.has_keys_ = true;
    arms.keys_ = *keys;
    arms.row_ = arms.row_->args[0];
  }
  const std::optional<size_t> size = literal_row_size(arms.row_);
  if (!size || (arms.has_keys_ && row_size(arms.keys_) != *size)) return std::nullopt;
  arms.size_ = *size;
  return arms;
}

}  // namespace plan::vm
