// jit/codegen_loop.cc: see Note [Loops for small numbers] in jit/codegen.h.
#include "jit/codegen_block.h"

#include "base/check.h"

namespace plan::jit {

namespace {

/// Operations in an arm whose result is thrown away if the other is taken.
constexpr uint32_t kArmOperationsMax = 4;

bool is_test(const Instruction& i) {
  if (i.binds_label != kNoLabel) return false;
  return i.op == Op::kIf || i.op == Op::kIfZero || i.op == Op::kIfNat || is_compare_branch(i.op);
}

bool is_same(const Operand& a, const Operand& b) {
  if (a.is_constant != b.is_constant) return false;
  return a.is_constant ? a.value.word == b.value.word : a.slot == b.slot;
}

}  // namespace

void BlockGenerator::find_loop() {
  in_loop_code_.assign(code_.size(), false);
  if (b_.loop.small == 0) return;
  in_loop_code_ = vm::small_loop_code(b_.low, b_.loop);
  loop_facts_ = vm::facts_in_small_loop(b_.low, b_.loop);
  label_uses_.assign(b_.low.labels, 0);
  for (const Instruction& i : code_) {
    if (i.label != kNoLabel) ++label_uses_[i.label];
    for (const uint32_t label : i.labels) ++label_uses_[label];
  }
}

/// The second form, after the first.
void BlockGenerator::emit_loop() {
  if (!has_loop()) return;
  in_loop_ = true;
  loop_block_at_.assign(code_.size(), nullptr);
  body_ = &bodies_[group_of_[0]];
  ir_.SetInsertPoint(body_->start);
  for (uint32_t p = 0; p < parameters_; ++p) turn_args_.push_back(ir_.CreateAlloca(s_.word));
  loop_turn_ = new_block("small_turn");
  loop_poll_ = new_block("small_poll");
  loop_exit_ = new_block("side_exit");
  for (size_t n = 0; n < code_.size(); ++n) {
    if (!in_loop_code_[n]) continue;
    if (leader_[n]) {
      if (n > 0 && ir_.GetInsertBlock()->getTerminator() == nullptr) goto_instruction(n);
      ir_.SetInsertPoint(n == 0 ? loop_turn_ : block_at(n));
    }
    if (n == 0) load_turn_args();
    emitting_ = n;
    if (const std::optional<Arms> arms = arms_at(n)) {
      emit_arms(n, *arms);
      n = arms->end - 1;
    } else {
      emit(n);
    }
  }
  ir_.SetInsertPoint(loop_exit_);
  load_turn_args();
  ir_.CreateBr(turn_);
  in_loop_ = false;
}

/// Gives the parameters the values that they have at the start of the turn.
void BlockGenerator::load_turn_args() {
  for (uint32_t p = 0; p < parameters_; ++p) {
    IrValue v = load(turn_args_[p]);
    // A sum only where the loop is left: else LLVM would find what it has shifted before it.
    const bool starts = ir_.GetInsertBlock() == loop_turn_;
    if (is_small_in_loop(p)) v = starts ? tagged(v) : ir_.CreateNUWAdd(v, v);
    ir_.CreateStore(v, body_->slots[p]);
  }
}

/// Before a turn of the second form whose parameters are `args`.
void BlockGenerator::store_turn_args(const std::vector<IrValue>& args) {
  for (uint32_t p = 0; p < parameters_; ++p) {
    ir_.CreateStore(is_small_in_loop(p) ? untagged(args[p]) : args[p], turn_args_[p]);
  }
}

void BlockGenerator::leave_loop_if(IrValue condition) {
  BasicBlock* stay = new_block("stay");
  branch_unlikely(condition, loop_exit_, stay);
  ir_.SetInsertPoint(stay);
}

/// Emits what is done otherwise than in the first form; false if `i` is not that.
bool BlockGenerator::emit_in_loop(const Instruction& i) {
  if (vm::wants_small(i, facts()[emitting_])) {
    emit_small(i);
    return true;
  }
  switch (i.op) {
    case Op::kIdx: {
      const Word index = i.immediate >> 1;
      IrValue v = value_of(i.operands[0]);
      length_above(v, Kind::kRow, index, loop_exit_);
      set(i, load(at(object(v, kTagData), static_cast<int64_t>(1 + index))));
      return true;
    }
    case Op::kLen:
      set(i, tagged(length_above(value_of(i.operands[0]), Kind::kRow, kAnyLength, loop_exit_)));
      return true;
    case Op::kJet: {
      IrValue quick = jet_in_line(i, arguments(i, 0), loop_exit_);
      leave_loop_if(tag_is(quick, kTagThunk));
      set(i, quick);
      return true;
    }
    default: return false;
  }
}

/// An operation on immediates, with an immediate as result; computed without tags.
void BlockGenerator::emit_small(const Instruction& i) {
  if (is_compare_branch(i.op)) {
    IrValue condition = loop_condition(i);
    ir_.CreateCondBr(condition, block_at(emitting_ + 1), block_at(at_label(i.label)));
    return;
  }
  const std::vector<IrValue> args = small_arguments(i);
  IrValue overflow = nullptr;
  IrValue result = plain_result(i, args[0], args.size() > 1 ? args[1] : nullptr, overflow);
  if (overflow != nullptr) leave_loop_if(overflow);
  set(i, tagged(result));
}

/// The operands, without tags; leaves if one is not an immediate.
std::vector<IrValue> BlockGenerator::small_arguments(const Instruction& i) {
  std::vector<IrValue> args = arguments(i, 0);
  IrValue bits = nullptr;
  for (size_t k = 0; k < args.size(); ++k) {
    if (known(i.operands[k], kSmall)) continue;
    bits = bits == nullptr ? args[k] : ir_.CreateOr(bits, args[k]);
  }
  if (bits != nullptr) leave_loop_if(is_odd(bits));
  for (IrValue& arg : args) arg = untagged(arg);
  return args;
}

IrValue BlockGenerator::loop_condition(const Instruction& i) {
  if (!is_compare_branch(i.op)) return condition_of(i);
  if (!vm::wants_small(i, facts()[emitting_])) {
    return compare_one_small(i.op, i.operands[0], i.operands[1]);
  }
  const std::vector<IrValue> args = small_arguments(i);
  if (i.op == Op::kIfEqual) return ir_.CreateICmpEQ(args[0], args[1]);
  return i.op == Op::kIfLess ? ir_.CreateICmpULT(args[0], args[1])
                             : ir_.CreateICmpULE(args[0], args[1]);
}

/// Of numbers below 2^63, and such a number itself unless `overflow` is set and then true.
IrValue BlockGenerator::plain_result(const Instruction& i, IrValue x, IrValue y,
                                     IrValue& overflow) {
  IrValue one = constant(1);
  const auto sum = [&](IrValue addend) {
    IrValue result = ir_.CreateNUWAdd(x, addend);
    overflow = ir_.CreateICmpSLT(result, constant(0));
    return result;
  };
  switch (i.op) {
    case Op::kAdd:
    case Op::kLazyAdd: return sum(y);
    case Op::kInc:
    case Op::kLazyInc: return sum(one);
    case Op::kSub:
    case Op::kLazySub:
      if (is_ordered(i.operands[1], i.operands[0])) return ir_.CreateNUWSub(x, y);
      return difference(x, y);
    case Op::kDec:
    case Op::kLazyDec:
      // A test for zero comes before it, as a rule.
      return ir_.CreateSelect(ir_.CreateICmpEQ(x, constant(0)), x, ir_.CreateSub(x, one));
    case Op::kMul:
    case Op::kLazyMul: {
      IrValue pair = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smul_with_overflow, x, y);
      overflow = ir_.CreateExtractValue(pair, 1);
      return ir_.CreateExtractValue(pair, 0);
    }
    case Op::kDiv:
    case Op::kMod:
    case Op::kLazyDiv:
    case Op::kLazyMod: return plain_quotient(i, x, y, overflow);
    case Op::kCompare:
    case Op::kLazyCompare: return plain_comparison(i, x, y);
    case Op::kJet: return plain_nat_result(vm::nat_op_of(i), x, y, overflow);
    case Op::kLazyNat:
      return plain_nat_result(static_cast<vm::NatOp>(i.immediate), x, y, overflow);
    default: return x;  // kIfCheap
  }
}

/// By zero: lazy operations give 0 and the dividend, strict ones leave it to others.
IrValue BlockGenerator::plain_quotient(const Instruction& i, IrValue x, IrValue y,
                                       IrValue& overflow) {
  const bool lazy = i.op == Op::kLazyDiv || i.op == Op::kLazyMod;
  const bool quotient = i.op == Op::kLazyDiv || i.op == Op::kDiv;
  IrValue by_zero = ir_.CreateICmpEQ(y, constant(0));
  if (!lazy) overflow = by_zero;
  IrValue divisor = ir_.CreateSelect(by_zero, constant(1), y);
  IrValue result = quotient ? ir_.CreateUDiv(x, divisor) : ir_.CreateURem(x, divisor);
  return ir_.CreateSelect(by_zero, quotient ? constant(0) : x, result);
}

IrValue BlockGenerator::plain_comparison(const Instruction& i, IrValue x, IrValue y) {
  const auto bit_of = [&](IrValue condition) { return ir_.CreateZExt(condition, s_.word); };
  switch (static_cast<vm::CompareMode>(i.immediate)) {
    case vm::CompareMode::kEqual: return bit_of(ir_.CreateICmpEQ(x, y));
    case vm::CompareMode::kNotEqual: return bit_of(ir_.CreateICmpNE(x, y));
    case vm::CompareMode::kLess: return bit_of(ir_.CreateICmpULT(x, y));
    case vm::CompareMode::kLessEqual: return bit_of(ir_.CreateICmpULE(x, y));
    case vm::CompareMode::kGreater: return bit_of(ir_.CreateICmpUGT(x, y));
    case vm::CompareMode::kGreaterEqual: return bit_of(ir_.CreateICmpUGE(x, y));
    case vm::CompareMode::kOrder: break;
  }
  return ir_.CreateAdd(bit_of(ir_.CreateICmpUGT(x, y)), bit_of(ir_.CreateICmpUGE(x, y)));
}

IrValue BlockGenerator::plain_nat_result(vm::NatOp op, IrValue x, IrValue y, IrValue& overflow) {
  IrValue bounded = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, y, constant(63));
  switch (op) {
    case vm::NatOp::kShiftRight: return ir_.CreateLShr(x, bounded);  // by 63: 0
    case vm::NatOp::kShiftLeft: {
      IrValue shifted = ir_.CreateShl(x, bounded);
      overflow = ir_.CreateICmpNE(ir_.CreateAShr(shifted, bounded), x);
      return shifted;
    }
    default: return immediate_result(op, x, y, overflow);
  }
}

/// To the next turn, which is of the second form if its arguments are immediates.
void BlockGenerator::emit_next_turn(const Instruction& i, const std::vector<IrValue>& args) {
  if (IrValue large = not_small(b_.loop.small, args, &i)) {
    BasicBlock* other = new_block("large");
    BasicBlock* small = new_block("small");
    branch_unlikely(large, other, small);
    ir_.SetInsertPoint(other);
    for (uint32_t p = 0; p < parameters_; ++p) ir_.CreateStore(args[p], body_->slots[p]);
    ir_.CreateBr(first_form_at(0));
    ir_.SetInsertPoint(small);
  }
  store_turn_args(args);
  ir_.CreateBr(loop_poll_);
}

/// What comes before a turn of the second form: from the poll of the first, which continues in
/// `polled`, and from the turn before. It allocates nothing, and has polled the heap for what the
/// first form allocates after a side exit.
void BlockGenerator::emit_loop_poll(BasicBlock* polled, BasicBlock* slow) {
  ir_.SetInsertPoint(polled);
  std::vector<IrValue> params;
  for (uint32_t p = 0; p < parameters_; ++p) params.push_back(load(body_->slots[p]));
  BasicBlock* small = new_block("small");
  IrValue other = not_small(b_.loop.small, params, nullptr);
  for (uint32_t p = 0; p < std::min(parameters_, 32u); ++p) {
    if (((b_.loop.evaluated >> p) & 1) == 0) continue;
    other = ir_.CreateOr(other, tag_is(params[p], kTagThunk));
  }
  branch_unlikely(other, turn_, small);
  ir_.SetInsertPoint(small);
  store_turn_args(params);
  ir_.CreateBr(loop_turn_);
  ir_.SetInsertPoint(loop_poll_);
  BasicBlock* leave = new_block("small_slow");
  branch_unlikely(wants_safepoint(false), leave, loop_turn_);
  ir_.SetInsertPoint(leave);
  load_turn_args();
  ir_.CreateBr(slow);
}

// --- See Note [Arms without branches] in jit/codegen.h.

/// Whether instruction n is cheap, and leaves only where it overflows.
bool BlockGenerator::is_plain(size_t n) const {
  const Instruction& i = code_[n];
  if (i.binds_label != kNoLabel || !in_loop_code_[n]) return false;
  const bool small = std::all_of(i.operands.begin(), i.operands.end(), [&](const Operand& o) {
    return vm::is_known(o, kSmall, loop_facts_[n]);
  });
  switch (i.op) {
    case Op::kMove: return true;
    case Op::kBit:
    case Op::kNot:
    case Op::kIsZero: return small;
    case Op::kDiv:
    case Op::kMod:
    case Op::kLazyDiv:
    case Op::kLazyMod: return false;
    default: return small && !is_compare_branch(i.op) && vm::wants_small(i, loop_facts_[n]);
  }
}

/// The first instruction from n on that is not plain; none if there are too many before it.
std::optional<size_t> BlockGenerator::end_of_arm(size_t n) const {
  uint32_t operations = 0;
  for (; n < code_.size() && is_plain(n); ++n) {
    const Op op = code_[n].op;
    if (op != Op::kMove && op != Op::kIfCheap) ++operations;
  }
  if (n == code_.size() || operations > kArmOperationsMax) return std::nullopt;
  return n;
}

std::optional<BlockGenerator::Arms> BlockGenerator::arms_at(size_t n) const {
  const Instruction& i = code_[n];
  if (!is_test(i) || label_uses_[i.label] != 1) return std::nullopt;
  const std::optional<size_t> jump = end_of_arm(n + 1);
  if (!jump || code_[*jump].binds_label != kNoLabel || code_[*jump].op != Op::kJump) {
    return std::nullopt;
  }
  if (code_[*jump + 1].binds_label != i.label) return std::nullopt;
  const std::optional<size_t> end = end_of_arm(*jump + 2);
  if (!end || code_[*end].binds_label != code_[*jump].label) return std::nullopt;
  return Arms{*jump, *jump + 2, *end};
}

void BlockGenerator::emit_arms(size_t n, const Arms& arms) {
  IrValue condition = loop_condition(code_[n]);
  std::map<uint32_t, IrValue> written;  // slots, with their values before, then in the first arm
  for (size_t k = n + 1; k < arms.end; ++k) {
    if (code_[k].has_dst) written.emplace(code_[k].dst, nullptr);
  }
  for (auto& [slot, value] : written) value = load(body_->slots[slot]);
  emit_arm(n + 1, arms.then_end, order_of(n, true));
  for (auto& [slot, value] : written) {
    IrValue before = value;
    value = load(body_->slots[slot]);
    ir_.CreateStore(before, body_->slots[slot]);
  }
  emit_arm(arms.otherwise, arms.end, order_of(n, false));
  for (const auto& [slot, value] : written) {
    const bool small = (loop_facts_[arms.end][slot] & kSmall) == kSmall;
    IrValue other = load(body_->slots[slot]);
    IrValue chosen = small ? tagged(choose(condition, untagged(value), untagged(other)))
                           : choose(condition, value, other);
    ir_.CreateStore(chosen, body_->slots[slot]);
  }
}

IrValue BlockGenerator::choose(IrValue condition, IrValue then, IrValue otherwise) {
  IrValue chosen = ir_.CreateSelect(condition, then, otherwise);
  if (auto* select = llvm::dyn_cast<llvm::SelectInst>(chosen)) {
    select->setMetadata(llvm::LLVMContext::MD_unpredictable, llvm::MDNode::get(s_.context, {}));
  }
  return chosen;
}

void BlockGenerator::emit_arm(size_t from, size_t to, const Order& order) {
  order_ = order;
  for (emitting_ = from; emitting_ < to; ++emitting_) {
    const Instruction& i = code_[emitting_];
    emit(emitting_);
    for (const Operand* o : {&order_.low, &order_.high}) {
      if (i.has_dst && is_same(*o, vm::slot_operand(i.dst))) order_ = {};
    }
  }
  order_ = {};
}

/// What the test at n says of its operands where it is true, or false.
BlockGenerator::Order BlockGenerator::order_of(size_t n, bool is_true) const {
  const Instruction* test = &code_[n];
  auto mode = vm::CompareMode::kOrder;
  if (test->op == Op::kIfLess || test->op == Op::kIfLessEqual) {
    mode = vm::CompareMode::kLess;
  } else if (test->op == Op::kIf && n > 0 && code_[n - 1].has_dst &&
             (code_[n - 1].op == Op::kLazyCompare || code_[n - 1].op == Op::kCompare) &&
             is_same(test->operands[0], vm::slot_operand(code_[n - 1].dst))) {
    test = &code_[n - 1];
    mode = static_cast<vm::CompareMode>(test->immediate);
  }
  const Operand& a = test->operands[0];
  switch (mode) {
    case vm::CompareMode::kLess:
    case vm::CompareMode::kLessEqual:
      return is_true ? Order{a, test->operands[1]} : Order{test->operands[1], a};
    case vm::CompareMode::kGreater:
    case vm::CompareMode::kGreaterEqual:
      return is_true ? Order{test->operands[1], a} : Order{a, test->operands[1]};
    default: return {};
  }
}

bool BlockGenerator::is_ordered(const Operand& low, const Operand& high) const {
  return is_same(low, order_.low) && is_same(high, order_.high);
}

}  // namespace plan::jit
