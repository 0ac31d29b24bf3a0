// jit/codegen_nat.cc: instructions on nats, suspended or not, and jets in line, as LLVM IR.
#include <algorithm>

#include "base/check.h"
#include "jit/codegen_block.h"

namespace plan::jit {

IrValue BlockGenerator::condition_of(const Instruction& i) {
  const Operand& o = i.operands[0];
  if (i.op == Op::kIfZero) return ir_.CreateICmpEQ(value_of(o), constant(0));
  return i.op == Op::kIf ? truth(o) : is_nat(o);
}

IrValue BlockGenerator::truth(const Operand& o) {
  IrValue v = value_of(o);
  if (known(o, kSmall)) return ir_.CreateICmpNE(v, constant(0));
  IrValue small = ir_.CreateAnd(is_even(v), ir_.CreateICmpNE(v, constant(0)));
  return ir_.CreateOr(small, tag_is(v, kTagBig));
}

IrValue BlockGenerator::is_nat(const Operand& o) {
  if (known(o, kNat)) return ir_.getTrue();
  IrValue v = value_of(o);
  return ir_.CreateOr(is_even(v), tag_is(v, kTagBig));
}

/// A comparison of evaluated operands of which one is an immediate: smaller than anything that is
/// not. Null if neither is known to be one.
IrValue BlockGenerator::compare_one_small(Op op, const Operand& a, const Operand& b) {
  const bool a_small = known(a, kSmall);
  const bool b_small = known(b, kSmall);
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  if (op == Op::kIfEqual) {
    return a_small || b_small ? ir_.CreateICmpEQ(x, y) : nullptr;
  }
  IrValue plain = op == Op::kIfLess ? ir_.CreateICmpULT(x, y) : ir_.CreateICmpULE(x, y);
  if (a_small && b_small) return plain;
  if (b_small) return ir_.CreateAnd(is_even(x), plain);
  if (a_small) return ir_.CreateOr(is_odd(y), plain);
  return nullptr;
}

void BlockGenerator::emit_sum(const Instruction& i) {
  const bool binary = i.op == Op::kAdd || i.op == Op::kSub;
  const Operand& a = i.operands[0];
  const Operand b = binary ? i.operands[1] : vm::constant_operand(small_nat(1));
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  const bool small = known(a, kSmall) && known(b, kSmall);
  const bool sum = i.op == Op::kAdd || i.op == Op::kInc;
  const void* helper = i.op == Op::kAdd   ? s_.runtime.add
                       : i.op == Op::kSub ? s_.runtime.subtract
                       : i.op == Op::kInc ? s_.runtime.increment
                                          : s_.runtime.decrement;
  const void* returning = sum ? s_.runtime.add_and_return : s_.runtime.subtract_and_return;
  if (!sum && small) {
    set(i, difference(x, y));
    return;
  }
  BasicBlock* slow = new_block("slow");
  BasicBlock* join = new_block("join");
  if (!small) {
    BasicBlock* fast = new_block("fast");
    IrValue bits = known(a, kSmall) ? y : known(b, kSmall) ? x : ir_.CreateOr(x, y);
    branch_unlikely(is_odd(bits), slow, fast);
    ir_.SetInsertPoint(fast);
  }
  IrValue quick = nullptr;
  if (sum) {
    IrValue pair = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::uadd_with_overflow, x, y);
    quick = ir_.CreateExtractValue(pair, 0);
    branch_unlikely(ir_.CreateExtractValue(pair, 1), slow, join);
  } else {
    quick = difference(x, y);
    ir_.CreateBr(join);
  }
  BasicBlock* fast_end = ir_.GetInsertBlock();
  ir_.SetInsertPoint(slow);
  const Instruction& next = code_[emitting_ + 1];
  if (next.op == Op::kRet && next.binds_label == kNoLabel && !next.operands[0].is_constant &&
      next.operands[0].slot == i.dst) {
    // The sum is the result: the slow path returns it itself, and polls.
    tail_to(returning, sp(), {x, y});
    ir_.SetInsertPoint(join);
    set(i, quick);
    return;
  }
  IrValue big = call_helper(helper, x, y);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(quick, fast_end);
  result->addIncoming(big, slow);
  set(i, result);
}

/// Products, quotients and remainders: what is not immediate suspends.
void BlockGenerator::emit_long(size_t n) {
  const Instruction& i = code_[n];
  const Operand& a = i.operands[0];
  const Operand& b = i.operands[1];
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  BasicBlock* slow = new_block("slow");
  const bool small = known(a, kSmall) && known(b, kSmall);
  if (!small) {
    BasicBlock* fast = new_block("fast");
    IrValue bits = known(a, kSmall) ? y : known(b, kSmall) ? x : ir_.CreateOr(x, y);
    branch_unlikely(is_odd(bits), slow, fast);
    ir_.SetInsertPoint(fast);
  }
  BasicBlock* done = new_block("done");
  IrValue quick = nullptr;
  if (i.op == Op::kMul) {
    IrValue overflow = nullptr;
    quick = product(x, y, overflow);
    branch_unlikely(overflow, slow, done);
    ir_.SetInsertPoint(done);
  } else {
    if (b.is_constant && b.value.word != 0) {
      ir_.CreateBr(done);
    } else {
      branch_unlikely(ir_.CreateICmpEQ(y, constant(0)), slow, done);
    }
    ir_.SetInsertPoint(done);
    quick = i.op == Op::kDiv ? ir_.CreateShl(ir_.CreateUDiv(x, y), constant(1))
                             : ir_.CreateURem(x, y);
  }
  set(i, quick);
  goto_instruction(n + 1);
  ir_.SetInsertPoint(slow);
  const void* target = i.op == Op::kMul   ? s_.runtime.multiply
                       : i.op == Op::kDiv ? s_.runtime.divide
                                          : s_.runtime.modulo;
  tail_to(target, push_frame(n), {x, y});
}

void BlockGenerator::emit_compare(size_t n) {
  const Instruction& i = code_[n];
  const auto mode = static_cast<vm::CompareMode>(i.immediate);
  IrValue x = value_of(i.operands[0]);
  IrValue y = value_of(i.operands[1]);
  if (known(i.operands[0], kSmall) || known(i.operands[1], kSmall)) {
    set(i, compare_with_small(i, x, y));
    goto_instruction(n + 1);
    return;
  }
  BasicBlock* mixed = new_block("mixed");
  BasicBlock* small = new_block("small");
  BasicBlock* join = new_block("join");
  BasicBlock* slow = new_block("compare");
  branch_unlikely(is_odd(ir_.CreateOr(x, y)), mixed, small);
  ir_.SetInsertPoint(small);
  IrValue less = ir_.CreateSExt(ir_.CreateICmpULT(x, y), s_.word);
  IrValue greater = ir_.CreateZExt(ir_.CreateICmpUGT(x, y), s_.word);
  IrValue quick = ir_.CreateOr(less, greater);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(mixed);
  IrValue helped = call_helper(s_.runtime.order, x, y);
  ir_.CreateCondBr(ir_.CreateICmpEQ(helped, constant(2)), slow, join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* order = ir_.CreatePHI(s_.word, 2);
  order->addIncoming(quick, small);
  order->addIncoming(helped, mixed);
  IrValue zero = constant(0);
  IrValue result = nullptr;
  switch (mode) {
    case vm::CompareMode::kOrder:
      result = ir_.CreateShl(ir_.CreateAdd(order, constant(1)), constant(1));
      break;
    case vm::CompareMode::kEqual: result = bit(ir_.CreateICmpEQ(order, zero)); break;
    case vm::CompareMode::kNotEqual: result = bit(ir_.CreateICmpNE(order, zero)); break;
    case vm::CompareMode::kLess: result = bit(ir_.CreateICmpSLT(order, zero)); break;
    case vm::CompareMode::kLessEqual: result = bit(ir_.CreateICmpSLE(order, zero)); break;
    case vm::CompareMode::kGreater: result = bit(ir_.CreateICmpSGT(order, zero)); break;
    case vm::CompareMode::kGreaterEqual: result = bit(ir_.CreateICmpSGE(order, zero)); break;
  }
  set(i, result);
  goto_instruction(n + 1);
  ir_.SetInsertPoint(slow);
  tail_to(s_.runtime.compare_values, push_frame(n), {x, y, constant(i.immediate)});
}

/// The condition under which a lazy operation on x (and y) has to be suspended; null: never.
IrValue BlockGenerator::must_suspend(const Instruction& i, IrValue x, IrValue y) {
  const Operand& a = i.operands[0];
  const bool small = known(a, kSmall) && (y == nullptr || known(i.operands[1], kSmall));
  switch (i.op) {
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit:
    case Op::kLazyLen: return known(a, kEvaluated) ? nullptr : tag_is(x, kTagThunk);
    case Op::kLazyCompare: {
      if (small) return nullptr;
      // Wanted: both evaluated, and at least one an immediate.
      IrValue thunk = ir_.CreateOr(tag_is(x, kTagThunk), tag_is(y, kTagThunk));
      return ir_.CreateOr(thunk, is_odd(ir_.CreateAnd(x, y)));
    }
    default: return small ? nullptr : is_odd(y != nullptr ? ir_.CreateOr(x, y) : x);
  }
}

/// The answer of `i`, a comparison of evaluated operands, one of them an immediate: smaller than
/// anything else.
IrValue BlockGenerator::compare_with_small(const Instruction& i, IrValue x, IrValue y) {
  IrValue less = ir_.CreateICmpULT(x, y);
  if (!known(i.operands[0], kSmall)) less = ir_.CreateAnd(is_even(x), less);
  if (!known(i.operands[1], kSmall)) less = ir_.CreateOr(is_odd(y), less);
  IrValue same = ir_.CreateICmpEQ(x, y);
  switch (static_cast<vm::CompareMode>(i.immediate)) {
    case vm::CompareMode::kEqual: return bit(same);
    case vm::CompareMode::kNotEqual: return bit(ir_.CreateNot(same));
    case vm::CompareMode::kLess: return bit(less);
    case vm::CompareMode::kLessEqual: return bit(ir_.CreateOr(less, same));
    case vm::CompareMode::kGreater: return bit(ir_.CreateNot(ir_.CreateOr(less, same)));
    case vm::CompareMode::kGreaterEqual: return bit(ir_.CreateNot(less));
    case vm::CompareMode::kOrder: break;
  }
  IrValue unequal =
      ir_.CreateSelect(less, constant(small_nat(0).word), constant(small_nat(2).word));
  return ir_.CreateSelect(same, constant(small_nat(1).word), unequal);
}

/// Of immediates, or of nats without tags; 0 if y is above x. In this form LLVM sees where the
/// dominating branch says that it is not.
IrValue BlockGenerator::difference(IrValue x, IrValue y) {
  IrValue pair = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_with_overflow, x, y);
  return ir_.CreateSelect(ir_.CreateExtractValue(pair, 1), constant(0),
                          ir_.CreateExtractValue(pair, 0));
}

/// Of immediates. As signed words: that instruction takes any registers.
IrValue BlockGenerator::product(IrValue x, IrValue y, IrValue& overflow) {
  IrValue pair =
      ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smul_with_overflow,
                                ir_.CreateLShr(x, constant(1)), ir_.CreateLShr(y, constant(1)));
  overflow = ir_.CreateExtractValue(pair, 1);
  return ir_.CreateShl(ir_.CreateExtractValue(pair, 0), constant(1), "", true);
}

/// Of immediates; vm::immediate_result(). `overflow`: see lazy_result().
IrValue BlockGenerator::immediate_result(vm::NatOp op, IrValue x, IrValue y, IrValue& overflow) {
  IrValue count = ir_.CreateLShr(y, constant(1));
  switch (op) {
    case vm::NatOp::kShiftRight: {
      IrValue shifted = ir_.CreateLShr(x, ir_.CreateAnd(count, constant(63)));
      IrValue whole = ir_.CreateAnd(shifted, constant(~Word{1}));
      return ir_.CreateSelect(ir_.CreateICmpULT(count, constant(64)), whole, constant(0));
    }
    case vm::NatOp::kShiftLeft: {
      IrValue bounded = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, count, constant(63));
      IrValue shifted = ir_.CreateShl(x, bounded);
      overflow = ir_.CreateICmpNE(ir_.CreateLShr(shifted, bounded), x);
      return shifted;
    }
    case vm::NatOp::kAnd: return ir_.CreateAnd(x, y);
    case vm::NatOp::kOr: return ir_.CreateOr(x, y);
    case vm::NatOp::kXor: return ir_.CreateXor(x, y);
    case vm::NatOp::kMin: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, x, y);
    case vm::NatOp::kMax: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::umax, x, y);
    case vm::NatOp::kNone: break;
  }
  return constant(0);
}

/// The common case of a jet, without a call; goes to `other` if it is not that. Null if there is no
/// such case.
IrValue BlockGenerator::jet_in_line(const Instruction& i, const std::vector<IrValue>& args,
                                    BasicBlock* other) {
  const std::optional<vm::JetId> jet = vm::jet_of(i);
  if (!jet) return nullptr;
  if (jet == vm::JetId::kIdx) return element_at(args[0], args[1], Kind::kRow, other);
  if (jet == vm::JetId::kGet) return element_at(args[1], args[0], Kind::kRow, other);
  if (jet == vm::JetId::kBarIdx) return element_at(args[0], args[1], Kind::kBar, other);
  if (jet == vm::JetId::kBarLen) {
    return ir_.CreateShl(length_above(args[0], Kind::kBar, kAnyLength, other), constant(1));
  }
  const vm::NatOp op = vm::nat_op_of(*jet);
  if (op == vm::NatOp::kNone) return nullptr;
  BasicBlock* fast = new_block("fast");
  branch_unlikely(is_odd(ir_.CreateOr(args[0], args[1])), other, fast);
  ir_.SetInsertPoint(fast);
  IrValue overflow = nullptr;
  IrValue quick = immediate_result(op, args[0], args[1], overflow);
  if (overflow != nullptr) {
    BasicBlock* done = new_block("done");
    branch_unlikely(overflow, other, done);
    ir_.SetInsertPoint(done);
  }
  return quick;
}

/// An element of a row (maybe a thunk), or a byte of a bar as a nat.
IrValue BlockGenerator::element_at(IrValue index, IrValue sequence, Kind kind, BasicBlock* other) {
  BasicBlock* data = new_block("data");
  BasicBlock* inside = new_block("inside");
  IrValue fits = ir_.CreateAnd(is_even(index), tag_is(sequence, kTagData));
  ir_.CreateCondBr(fits, data, other);
  ir_.SetInsertPoint(data);
  IrValue from = object(sequence, kTagData);
  IrValue header = load(from);
  IrValue number = ir_.CreateLShr(index, constant(1));
  IrValue below = ir_.CreateICmpULT(number, ir_.CreateLShr(header, constant(16)));
  ir_.CreateCondBr(ir_.CreateAnd(kind_is(header, kind), below), inside, other);
  ir_.SetInsertPoint(inside);
  IrValue first = at(from, 1);
  if (kind == Kind::kRow) return load(ir_.CreateInBoundsGEP(s_.word, first, number));
  llvm::Type* byte = ir_.getInt8Ty();
  IrValue found = ir_.CreateLoad(byte, ir_.CreateInBoundsGEP(byte, first, number));
  return ir_.CreateShl(ir_.CreateZExt(found, s_.word), constant(1));
}

/// A leaf jet is called without leaving the function. Only if it wants something first, the call
/// goes into a frame.
void BlockGenerator::emit_jet(size_t n) {
  const Instruction& i = code_[n];
  const std::vector<IrValue> args = arguments(i, 0);
  BasicBlock* leaf = new_block("leaf");
  BasicBlock* thunk = new_block("thunk");
  BasicBlock* slow = new_block("jet");
  BasicBlock* evaluate = new_block("evaluate");
  BasicBlock* join = new_block("join");
  IrValue quick = jet_in_line(i, args, leaf);
  BasicBlock* quick_end = ir_.GetInsertBlock();
  ir_.CreateBr(quick != nullptr ? join : leaf);
  ir_.SetInsertPoint(leaf);
  IrValue callee = record(i.callee);
  IrValue at_args = ir_.CreatePtrToInt(push_words(sp(), args), s_.word);
  IrValue called = call_helper(s_.runtime.call_leaf_jet, callee, at_args);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  if (quick != nullptr) result->addIncoming(quick, quick_end);
  result->addIncoming(called, leaf);
  set(i, result);
  branch_unlikely(tag_is(result, kTagThunk), thunk, block_at(n + 1));
  ir_.SetInsertPoint(thunk);
  ir_.CreateCondBr(ir_.CreateICmpEQ(result, constant(s_.runtime.no_result)), slow, evaluate);
  ir_.SetInsertPoint(slow);
  tail_to(s_.runtime.run_leaf_jet, push_words(push_frame(n), args),
          {reference(i.function), callee});
  ir_.SetInsertPoint(evaluate);
  tail_to(s_.runtime.eval_value, push_frame(n), {result});
}

/// The result of a lazy operation whose operands allow it. `overflow` is set to the condition under
/// which it has to be suspended after all, or stays null; then the result is an immediate.
IrValue BlockGenerator::lazy_result(const Instruction& i, IrValue x, IrValue y,
                                    IrValue& overflow) {
  const auto sum = [&](IrValue addend) {
    IrValue pair = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::uadd_with_overflow, x, addend);
    overflow = ir_.CreateExtractValue(pair, 1);
    return ir_.CreateExtractValue(pair, 0);
  };
  IrValue one = constant(small_nat(1).word);
  switch (i.op) {
    case Op::kLazyAdd: return sum(y);
    case Op::kLazyInc: return sum(one);
    case Op::kLazyMul: return product(x, y, overflow);
    case Op::kLazyNat:
      return immediate_result(static_cast<vm::NatOp>(i.immediate), x, y, overflow);
    case Op::kLazySub: return difference(x, y);
    case Op::kLazyDec: return difference(x, one);
    case Op::kLazyDiv:
    case Op::kLazyMod: {
      // By zero: 0, and the dividend.
      IrValue zero = ir_.CreateICmpEQ(y, constant(0));
      IrValue divisor = ir_.CreateSelect(zero, constant(2), y);
      if (i.op == Op::kLazyMod) return ir_.CreateSelect(zero, x, ir_.CreateURem(x, divisor));
      IrValue quotient = ir_.CreateShl(ir_.CreateUDiv(x, divisor), constant(1));
      return ir_.CreateSelect(zero, constant(0), quotient);
    }
    case Op::kLazyCompare: return compare_with_small(i, x, y);
    case Op::kLazyIsNat: return bit(ir_.CreateOr(is_even(x), tag_is(x, kTagBig)));
    case Op::kLazyIsZero: return bit(ir_.CreateICmpEQ(x, constant(0)));
    case Op::kLazyNot:
    case Op::kLazyBit: {
      IrValue truth = ir_.CreateAnd(is_even(x), ir_.CreateICmpNE(x, constant(0)));
      truth = ir_.CreateOr(truth, tag_is(x, kTagBig));
      return bit(i.op == Op::kLazyBit ? truth : ir_.CreateNot(truth));
    }
    default: return call_helper(s_.runtime.count, x, constant(0));  // kLazyLen
  }
}

/// Cheap eagerness (the Note in vm/lower_lazy.cc).
void BlockGenerator::emit_lazy(const Instruction& i) {
  const bool binary = i.operands.size() == 2;
  IrValue x = seen_through(i.operands[0]);
  IrValue y = binary ? seen_through(i.operands[1]) : nullptr;
  BasicBlock* slow = nullptr;
  const auto leave_if = [&](IrValue condition) {
    if (slow == nullptr) slow = new_block("suspend");
    BasicBlock* fast = new_block("cheap");
    ir_.CreateCondBr(condition, slow, fast);
    ir_.SetInsertPoint(fast);
  };
  if (IrValue condition = must_suspend(i, x, y)) leave_if(condition);
  IrValue overflow = nullptr;
  IrValue quick = lazy_result(i, x, y, overflow);
  if (overflow != nullptr) leave_if(overflow);
  if (slow == nullptr) {
    set(i, quick);
    return;
  }
  BasicBlock* fast_end = ir_.GetInsertBlock();
  BasicBlock* join = new_block("join");
  ir_.CreateBr(join);
  ir_.SetInsertPoint(slow);
  std::vector<IrValue> words{reference(i.function), x};
  if (binary) words.push_back(y);
  IrValue thunk = allocate(thunk_header(Kind::kThunk, words.size(), s_.runtime.apply_thunk_index),
                           words, kTagThunk);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(quick, fast_end);
  result->addIncoming(thunk, slow);
  set(i, result);
}

void BlockGenerator::emit_lazy_idx(const Instruction& i) {
  const Word index = i.immediate >> 1;
  IrValue v = seen_through(i.operands[0]);
  BasicBlock* other = new_block("other");
  BasicBlock* join = new_block("join");
  std::vector<std::pair<IrValue, BasicBlock*>> results;
  length_above(v, Kind::kRow, index, other);
  IrValue element = load(at(object(v, kTagData), static_cast<int64_t>(1 + index)));
  results.emplace_back(element, ir_.GetInsertBlock());
  ir_.CreateBr(join);
  ir_.SetInsertPoint(other);
  if (!known(i.operands[0], kEvaluated)) {
    BasicBlock* thunk = new_block("suspend");
    BasicBlock* value = new_block("value");
    ir_.CreateCondBr(tag_is(v, kTagThunk), thunk, value);
    ir_.SetInsertPoint(thunk);
    IrValue selector = allocate(thunk_header(Kind::kSelector, 2, s_.runtime.selector_index),
                                {v, constant(i.immediate)}, kTagThunk);
    results.emplace_back(selector, thunk);
    ir_.CreateBr(join);
    ir_.SetInsertPoint(value);
  }
  IrValue slow = call_helper(s_.runtime.select, v, constant(index));
  results.emplace_back(slow, ir_.GetInsertBlock());
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 3);
  for (const auto& [w, from] : results) result->addIncoming(w, from);
  set(i, result);
}

/// At an index that is no constant: computed if both are evaluated, and it is there.
void BlockGenerator::emit_lazy_element(const Instruction& i) {
  IrValue x = seen_through(i.operands[0]);
  IrValue y = seen_through(i.operands[1]);
  const bool row_first = i.immediate != 0;
  BasicBlock* suspend = new_block("suspend");
  BasicBlock* join = new_block("join");
  IrValue element = element_at(row_first ? y : x, row_first ? x : y, Kind::kRow, suspend);
  BasicBlock* found = ir_.GetInsertBlock();
  ir_.CreateBr(join);
  ir_.SetInsertPoint(suspend);
  IrValue thunk = allocate(thunk_header(Kind::kThunk, 3, s_.runtime.apply_thunk_index),
                           {reference(i.function), x, y}, kTagThunk);
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(element, found);
  result->addIncoming(thunk, suspend);
  set(i, result);
}

}  // namespace plan::jit
