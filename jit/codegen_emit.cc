// jit/codegen_emit.cc: an instruction of linear code as LLVM IR: calls, branches, what is built.
#include <algorithm>

#include "base/check.h"
#include "jit/codegen_block.h"

namespace plan::jit {

void BlockGenerator::emit(size_t n) {
  const Instruction& i = code_[n];
  if (i.binds_label != kNoLabel) return;  // its leader has been opened
  if (in_loop_ && emit_in_loop(i)) return;
  switch (i.op) {
    case Op::kMove:
      if (!is_row_of_return(n)) set(i, value_of(i.operands[0]));
      return;
    case Op::kForce: emit_force(n); return;
    case Op::kRet:
      if (const auto row = row_returned_at(n)) return return_row(code_[*row]);
      return return_value(value_of(i.operands[0]));
    case Op::kRetEval: {
      IrValue v = value_of(i.operands[0]);
      if (!known(i.operands[0], kEvaluated)) {
        BasicBlock* thunk = new_block("thunk");
        BasicBlock* value = new_block("value");
        ir_.CreateCondBr(tag_is(v, kTagThunk), thunk, value);
        ir_.SetInsertPoint(thunk);
        tail_to(s_.runtime.eval_value, sp(), {v});
        ir_.SetInsertPoint(value);
      }
      return_value(v);
      return;
    }
    case Op::kJump: goto_instruction(at_label(i.label)); return;
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat:
      ir_.CreateCondBr(condition_of(i), block_at(n + 1), block_at(at_label(i.label)));
      return;
    case Op::kIfFunction: emit_function_test(n); return;
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: emit_compare_branch(n); return;
    case Op::kSwitch:
    case Op::kTabSwitch: emit_switch(i); return;
    case Op::kAdd:
    case Op::kSub:
    case Op::kInc:
    case Op::kDec: emit_sum(i); return;
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod: emit_long(n); return;
    case Op::kIdx: emit_idx(n); return;
    case Op::kLen: {
      IrValue v = value_of(i.operands[0]);
      BasicBlock* other = new_block("other");
      BasicBlock* join = new_block("join");
      IrValue length = length_above(v, Kind::kRow, kAnyLength, other);
      IrValue fast = ir_.CreateShl(length, constant(1));
      BasicBlock* fast_end = ir_.GetInsertBlock();
      ir_.CreateBr(join);
      ir_.SetInsertPoint(other);
      IrValue slow = call_helper(s_.runtime.count, v, constant(0));
      ir_.CreateBr(join);
      ir_.SetInsertPoint(join);
      llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
      result->addIncoming(fast, fast_end);
      result->addIncoming(slow, other);
      set(i, result);
      return;
    }
    case Op::kIsNat: set(i, bit(is_nat(i.operands[0]))); return;
    case Op::kIsZero:
      set(i, bit(ir_.CreateICmpEQ(value_of(i.operands[0]), constant(0))));
      return;
    case Op::kNot: set(i, bit(ir_.CreateNot(truth(i.operands[0])))); return;
    case Op::kBit: set(i, bit(truth(i.operands[0]))); return;
    case Op::kToNat: {
      const Operand& o = i.operands[0];
      set(i, ir_.CreateSelect(is_nat(o), value_of(o), constant(0)));
      return;
    }
    case Op::kCompare: emit_compare(n); return;
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod:
    case Op::kLazyCompare:
    case Op::kLazyNat:
    case Op::kLazyDec:
    case Op::kLazyInc:
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit:
    case Op::kLazyLen: emit_lazy(i); return;
    case Op::kLazyIdx: emit_lazy_idx(i); return;
    case Op::kLazyElement: emit_lazy_element(i); return;
    case Op::kRow:
      if (!is_row_of_return(n)) emit_build(i);
      return;
    case Op::kClosure:
    case Op::kThunk:
    case Op::kApplyThunk: emit_build(i); return;
    case Op::kSetElement: emit_set_element(i); return;
    case Op::kPatch: {
      IrValue o = ir_.CreateIntToPtr(
          ir_.CreateAnd(value_of(i.operands[0]), constant(~kTagMask)), s_.pointer);
      ir_.CreateStore(value_of(i.operands[1]), at(o, 1 + static_cast<int64_t>(i.immediate)));
      return;
    }
    case Op::kCall: emit_apply(push_frame(n), i); return;
    case Op::kCallKnown: emit_call(push_frame(n), i); return;
    case Op::kTailCall: emit_apply(sp(), i); return;
    case Op::kTailKnown: emit_call(sp(), i); return;
    case Op::kSelfTail: emit_self_tail(n); return;
    case Op::kJet: emit_jet(n); return;
    case Op::kIfCheap: {
      IrValue v = seen_through(i.operands[0]);
      set(i, v);
      ir_.CreateCondBr(is_even(v), block_at(n + 1), block_at(at_label(i.label)));
      return;
    }
    case Op::kCount: return;
  }
}

/// A loop, within the function that holds the entry; elsewhere a call, so that the code after a
/// suspension need not share a function with the entry.
void BlockGenerator::emit_self_tail(size_t n) {
  const Instruction& i = code_[n];
  const std::vector<IrValue> args = arguments(i, 0);
  if (in_loop_) {
    emit_next_turn(i, args);
    return;
  }
  if (general_ != nullptr) leave_variant_unless_small(sp(), args, i);
  if (group_of_[n] != group_of_[0]) {
    enter_worker(*this, sp(), args);
    return;
  }
  for (uint32_t p = 0; p < parameters_; ++p) ir_.CreateStore(args[p], body_->slots[p]);
  ir_.CreateBr(block_at(0));
}

void BlockGenerator::emit_apply(IrValue sp, const Instruction& i) {
  IrValue f = value_of(i.operands[0]);
  std::vector<IrValue> args = arguments(i, 1);
  if (args.size() <= vm::kRegisterArguments) {
    tail_to(s_.runtime.apply_registers[args.size()], sp, args, f);
    return;
  }
  IrValue to = push_words(sp, args);
  tail_to(s_.runtime.apply_values, to, {f, nullptr, constant(args.size())});
}

/// A call of the law itself, or of its variant.
void BlockGenerator::enter_worker(const BlockGenerator& callee, IrValue sp,
                                  const std::vector<IrValue>& args) {
  IrValue r7 = nullptr;
  if (callee.entered_by_record()) r7 = record(s_.law_info);
  tail(callee.worker(), sp, args, r7);
}

/// In the variant for small arguments: enters the law if those of `i` are not.
void BlockGenerator::leave_variant_unless_small(IrValue sp, const std::vector<IrValue>& args,
                                                const Instruction& i) {
  IrValue large = not_small(b_.small_arguments, args, &i);
  if (large == nullptr) return;
  BasicBlock* general = new_block("general");
  BasicBlock* special = new_block("special");
  branch_unlikely(large, general, special);
  ir_.SetInsertPoint(general);
  enter_worker(*general_, sp, args);
  ir_.SetInsertPoint(special);
}

void BlockGenerator::emit_call(IrValue sp, const Instruction& i) {
  std::vector<IrValue> args = arguments(i, 0);
  if (args.size() > vm::kRegisterArguments || args.empty()) {
    IrValue to = push_words(sp, args);
    tail(load_pointer(record_pointer(i.callee)), to, {reference(i.function), record(i.callee)});
    return;
  }
  if (i.callee == s_.law_info && s_.law->worker() != nullptr) {
    if (general_ == nullptr) {
      enter_worker(*s_.law, sp, args);
      return;
    }
    // From the variant for small arguments to itself, if they are.
    leave_variant_unless_small(sp, args, i);
    enter_worker(*this, sp, args);
    return;
  }
  IrValue field = ir_.CreateConstInBoundsGEP1_64(ir_.getInt8Ty(), record_pointer(i.callee),
                                                 s_.runtime.info_worker);
  tail(load_pointer(field), sp, args, record(i.callee));
}

void BlockGenerator::emit_force(size_t n) {
  const Instruction& i = code_[n];
  const Operand& o = i.operands[0];
  IrValue v = value_of(o);
  if (known(o, kEvaluated)) {
    set(i, v);
    goto_instruction(n + 1);
    return;
  }
  BasicBlock* evaluated = ir_.GetInsertBlock();
  BasicBlock* pointer = new_block("pointer");
  BasicBlock* through = new_block("through");
  BasicBlock* slow = new_block("force");
  BasicBlock* join = new_block("value");
  branch_unlikely(tag_is(v, kTagThunk), pointer, join);
  ir_.SetInsertPoint(pointer);
  IrValue header = load(object(v, kTagThunk));
  ir_.CreateCondBr(kind_is(header, Kind::kIndirection), through, slow);
  ir_.SetInsertPoint(through);
  IrValue target = load(at(object(v, kTagThunk), 1));
  branch_unlikely(tag_is(target, kTagThunk), slow, join);
  ir_.SetInsertPoint(slow);
  llvm::PHINode* thunk = ir_.CreatePHI(s_.word, 2);
  thunk->addIncoming(v, pointer);
  thunk->addIncoming(target, through);
  tail(s_.force_stub(), push_frame(n), {thunk});
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 2);
  result->addIncoming(v, evaluated);
  result->addIncoming(target, through);
  set(i, result);
  goto_instruction(n + 1);
}

void BlockGenerator::emit_function_test(size_t n) {
  const Instruction& i = code_[n];
  IrValue f = seen_through(i.operands[0]);
  set(i, f);
  BasicBlock* other = block_at(at_label(i.label));
  IrValue wanted = reference(i.function);
  if (i.immediate == 0) {
    ir_.CreateCondBr(ir_.CreateICmpEQ(f, wanted), block_at(n + 1), other);
    return;
  }
  BasicBlock* function = new_block("function");
  BasicBlock* closure = new_block("closure");
  ir_.CreateCondBr(tag_is(f, kTagFunction), function, other);
  ir_.SetInsertPoint(function);
  IrValue header = load(object(f, kTagFunction));
  constexpr Word kKindAndSize = 0xff'ffff'00ff;  // without what it lacks, and the flags
  const Word expected = closure_header(i.immediate, 0) & kKindAndSize;
  IrValue kind = ir_.CreateAnd(header, constant(kKindAndSize));
  ir_.CreateCondBr(ir_.CreateICmpEQ(kind, constant(expected)), closure, other);
  ir_.SetInsertPoint(closure);
  IrValue head = load(at(object(f, kTagFunction), 1));
  ir_.CreateCondBr(ir_.CreateICmpEQ(head, wanted), block_at(n + 1), other);
}

void BlockGenerator::emit_compare_branch(size_t n) {
  const Instruction& i = code_[n];
  const Operand& a = i.operands[0];
  const Operand& b = i.operands[1];
  const size_t other = at_label(i.label);
  if (IrValue condition = compare_one_small(i.op, a, b)) {
    ir_.CreateCondBr(condition, block_at(n + 1), block_at(other));
    return;
  }
  IrValue x = value_of(a);
  IrValue y = value_of(b);
  BasicBlock* mixed = new_block("mixed");
  BasicBlock* small = new_block("small");
  BasicBlock* slow = new_block("compare");
  BasicBlock* ordered = new_block("ordered");
  branch_unlikely(is_odd(ir_.CreateOr(x, y)), mixed, small);
  const auto test = [&](IrValue p, IrValue q, bool is_signed) {
    if (i.op == Op::kIfEqual) return ir_.CreateICmpEQ(p, q);
    if (i.op == Op::kIfLess) {
      return is_signed ? ir_.CreateICmpSLT(p, q) : ir_.CreateICmpULT(p, q);
    }
    return is_signed ? ir_.CreateICmpSLE(p, q) : ir_.CreateICmpULE(p, q);
  };
  ir_.SetInsertPoint(small);
  ir_.CreateCondBr(test(x, y, false), block_at(n + 1), block_at(other));
  ir_.SetInsertPoint(mixed);
  IrValue order = call_helper(s_.runtime.order, x, y);
  ir_.CreateCondBr(ir_.CreateICmpEQ(order, constant(2)), slow, ordered);
  ir_.SetInsertPoint(ordered);
  ir_.CreateCondBr(test(order, constant(0), true), block_at(n + 1), block_at(other));
  ir_.SetInsertPoint(slow);
  const bool swapped = i.immediate != 0;
  vm::CompareMode mode = vm::CompareMode::kEqual;
  if (i.op == Op::kIfLess) {
    mode = swapped ? vm::CompareMode::kGreater : vm::CompareMode::kLess;
  } else if (i.op == Op::kIfLessEqual) {
    mode = swapped ? vm::CompareMode::kGreaterEqual : vm::CompareMode::kLessEqual;
  }
  tail_to(s_.runtime.compare_values, push_frame(n),
          {swapped ? y : x, swapped ? x : y, constant(static_cast<Word>(mode))});
}

void BlockGenerator::emit_switch(const Instruction& i) {
  IrValue v = value_of(i.operands[0]);
  const size_t otherwise = at_label(i.label);
  BasicBlock* fallback = block_at(otherwise);
  std::vector<size_t> big;
  if (i.op == Op::kTabSwitch) {
    for (size_t k = 0; k < i.keys.size(); ++k) {
      if (!i.keys[k].is_small()) big.push_back(k);
    }
    if (!big.empty()) fallback = new_block("big");
  }
  llvm::SwitchInst* dispatch =
      ir_.CreateSwitch(v, fallback, static_cast<unsigned>(i.labels.size()));
  for (size_t k = 0; k < i.labels.size(); ++k) {
    const Word key = i.op == Op::kSwitch ? small_nat(k).word : i.keys[k].word;
    if ((key & 1) == 0) dispatch->addCase(ir_.getInt64(key), block_at(at_label(i.labels[k])));
  }
  if (big.empty()) return;
  ir_.SetInsertPoint(fallback);
  BasicBlock* next = new_block("key");
  ir_.CreateCondBr(tag_is(v, kTagBig), next, block_at(otherwise));
  for (const size_t k : big) {
    ir_.SetInsertPoint(next);
    IrValue order = call_helper(s_.runtime.order, v, reference(i.keys[k]));
    next = new_block("key");
    ir_.CreateCondBr(ir_.CreateICmpEQ(order, constant(0)), block_at(at_label(i.labels[k])), next);
  }
  ir_.SetInsertPoint(next);
  ir_.CreateBr(block_at(otherwise));
}

/// Goes on, with its length, if `v` is a row longer than `index` (all ones: of any length); else to
/// `other`.
IrValue BlockGenerator::length_above(IrValue v, Kind kind, Word index, BasicBlock* other) {
  BasicBlock* data = new_block("data");
  BasicBlock* row = new_block("row");
  ir_.CreateCondBr(tag_is(v, kTagData), data, other);
  ir_.SetInsertPoint(data);
  IrValue header = load(object(v, kTagData));
  IrValue length = ir_.CreateLShr(header, constant(16));
  IrValue fits = kind_is(header, kind);
  if (index != kAnyLength) fits = ir_.CreateAnd(fits, ir_.CreateICmpUGT(length, constant(index)));
  ir_.CreateCondBr(fits, row, other);
  ir_.SetInsertPoint(row);
  return length;
}

void BlockGenerator::emit_idx(size_t n) {
  const Instruction& i = code_[n];
  IrValue v = value_of(i.operands[0]);
  const Word index = i.immediate >> 1;
  BasicBlock* other = new_block("other");
  BasicBlock* join = new_block("join");
  length_above(v, Kind::kRow, index, other);
  IrValue element = load(at(object(v, kTagData), static_cast<int64_t>(1 + index)));
  BasicBlock* fast_end = ir_.GetInsertBlock();
  ir_.CreateBr(join);
  ir_.SetInsertPoint(other);
  BasicBlock* nat = nullptr;
  if (is_taken_apart(n)) {
    // The call may as well give a nat: then nobody asks for its elements.
    nat = other;
    other = new_block("select");
    ir_.CreateCondBr(is_even(v), join, other);
    ir_.SetInsertPoint(other);
  }
  IrValue slow = call_helper(s_.runtime.select, v, constant(index));
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 3);
  result->addIncoming(element, fast_end);
  result->addIncoming(slow, other);
  if (nat != nullptr) result->addIncoming(constant(0), nat);
  set(i, result);
}

/// The operand with one indirection removed.
IrValue BlockGenerator::seen_through(const Operand& o) {
  IrValue v = value_of(o);
  if (known(o, kEvaluated)) return v;
  BasicBlock* before = ir_.GetInsertBlock();
  BasicBlock* pointer = new_block("pointer");
  BasicBlock* through = new_block("through");
  BasicBlock* join = new_block("seen");
  ir_.CreateCondBr(tag_is(v, kTagThunk), pointer, join);
  ir_.SetInsertPoint(pointer);
  ir_.CreateCondBr(kind_is(load(object(v, kTagThunk)), Kind::kIndirection), through, join);
  ir_.SetInsertPoint(through);
  IrValue target = load(at(object(v, kTagThunk), 1));
  ir_.CreateBr(join);
  ir_.SetInsertPoint(join);
  llvm::PHINode* result = ir_.CreatePHI(s_.word, 3);
  result->addIncoming(v, before);
  result->addIncoming(v, pointer);
  result->addIncoming(target, through);
  return result;
}

/// Allocates, where it is known to.
IrValue BlockGenerator::place(IrValue header, const std::vector<IrValue>& words, Word tag) {
  IrValue to = hp();
  ir_.CreateStore(header, to);
  for (size_t k = 0; k < words.size(); ++k) {
    ir_.CreateStore(words[k], at(to, 1 + static_cast<int64_t>(k)));
  }
  ir_.CreateStore(at(to, 1 + static_cast<int64_t>(words.size())), body_->hp);
  return ir_.CreateOr(ir_.CreatePtrToInt(to, s_.word), constant(tag));
}

/// Eden is the beginning of the heap: what is below hp needs no barrier.
void BlockGenerator::emit_set_element(const Instruction& i) {
  IrValue row = value_of(i.operands[0]);
  IrValue index = value_of(i.operands[1]);
  IrValue element = value_of(i.operands[2]);
  IrValue o = object(row, kTagData);
  IrValue number = ir_.CreateLShr(index, constant(1));
  ir_.CreateStore(element, ir_.CreateInBoundsGEP(s_.word, at(o, 1), number));
  if (!known(i.operands[2], kSmall)) {
    BasicBlock* barrier = new_block("barrier");
    BasicBlock* written = new_block("written");
    IrValue is_older = ir_.CreateICmpUGE(o, hp());
    branch_unlikely(ir_.CreateAnd(is_odd(element), is_older), barrier, written);
    ir_.SetInsertPoint(barrier);
    call_helper(s_.runtime.remember, row, index);
    ir_.CreateBr(written);
    ir_.SetInsertPoint(written);
  }
  set(i, row);
}

void BlockGenerator::emit_build(const Instruction& i) {
  std::vector<IrValue> words = arguments(i, 0);
  const size_t count = words.size();
  if (words.empty()) words.push_back(constant(0));
  switch (i.op) {
    case Op::kRow:
      set(i, allocate(make_header(Kind::kRow, count), words, kTagData));
      return;
    case Op::kClosure: {
      if (count == 0) words.clear();
      words.insert(words.begin(), reference(i.function));
      set(i, allocate(closure_header(count, i.immediate), words, kTagFunction));
      return;
    }
    case Op::kThunk:
      set(i, allocate(thunk_header_of(i.callee, words.size()), words, kTagThunk));
      return;
    default:  // kApplyThunk
      set(i, allocate(thunk_header(Kind::kThunk, words.size(), s_.runtime.apply_thunk_index), words,
                      kTagThunk));
      return;
  }
}

}  // namespace plan::jit
