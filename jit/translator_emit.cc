// jit/translator_emit.cc: the template of each instruction. What they do is written beside the
// handlers in vm/interpreter.cc.
#include "jit/translator.h"

namespace plan::jit {

using vm::high_half;
using vm::low_half;

/// A thunk of law's code is entered from here; one that has a value is seen through.
bool Translator::emit_force() {
  read(source(high_half(pc_[1])), Reg::rax);
  const Label thunk = a_.label();
  const Label evaluated = a_.label();
  const Label next = a_.label();
  const Label no_indirection = a_.label();
  expect_tag(Reg::rax, kTagThunk, thunk, If::kEqual);
  a_.bind(evaluated);
  const uint32_t to = low_half(pc_[1]);
  write(to);
  a_.cold();
  a_.bind(thunk);
  a_.compare_byte(Reg::rax, header_of(kTagThunk), static_cast<uint8_t>(Kind::kIndirection));
  a_.jump_if(If::kNotEqual, no_indirection);
  a_.load(Reg::rax, Reg::rax, field_of(kTagThunk, 0));
  expect_tag(Reg::rax, kTagThunk, evaluated);
  jump_to_handler(Op::kForce);
  a_.bind(no_indirection);
  a_.compare_byte(Reg::rax, header_of(kTagThunk), static_cast<uint8_t>(Kind::kThunk));
  a_.jump_if(If::kNotEqual, slow());
  gc::Info* info = vm::info_of(pc_[2]);
  push_frame(info, 0);
  a_.move(kR1, Reg::rax);
  a_.load_32(kR2, Reg::rax, header_of(kTagThunk) + 4);
  a_.multiply(kR2, kR2, sizeof(gc::Info));
  a_.operate_memory(Alu::kAdd, kR2, kVm, offset_in_machine(&vm_.info_base));
  a_.jump_memory(kR2, 0);
  resume(info);
  a_.jump(next);
  a_.hot();
  a_.bind(next);
  in_rax_ = to;
  return true;
}

bool Translator::emit_return(Op op) {
  read(source(low_half(pc_[1])), kR1);
  a_.operate(Alu::kAdd, kSp, bytes_of(high_half(pc_[1])));
  if (op == Op::kRetEval) {
    const Label thunk = a_.label();
    expect_tag(kR1, kTagThunk, thunk, If::kEqual);
    leave_at(thunk, kEvalValue);
  }
  a_.load(Reg::rax, kSp, 0);
  a_.jump_memory(Reg::rax, 0);
  in_rax_ = 0;
  return true;
}

bool Translator::emit_branch(Op op) {
  read(source(low_half(pc_[1])), Reg::rax);
  const Label otherwise = target(high_half(pc_[1]));
  switch (op) {
    case Op::kIf:
      expect_small(Reg::rax);
      a_.test(Reg::rax, Reg::rax);
      a_.jump_if(If::kEqual, otherwise);
      return true;
    case Op::kIfZero:
      a_.test(Reg::rax, Reg::rax);
      a_.jump_if(If::kNotEqual, otherwise);
      return true;
    case Op::kIfNat: {
      const Label is_nat = a_.label();
      a_.test_byte(Reg::rax, 1);
      a_.jump_if(If::kEqual, is_nat);
      expect_tag(Reg::rax, kTagBig, otherwise);
      a_.bind(is_nat);
      return true;
    }
    default:  // kIfCheap
      expect_small(Reg::rax);
      write(low_half(pc_[2]));
      return true;
  }
}

/// Only of an indirection the handler has to find out.
bool Translator::emit_function_branch() {
  const uint32_t held = high_half(pc_[2]);
  const Label other = a_.label();
  read(source(high_half(pc_[1])), Reg::rax);
  a_.constant(Reg::rcx, pc_[3]);
  if (held == 0) {
    a_.operate(Alu::kCompare, Reg::rax, Reg::rcx);
    a_.jump_if(If::kNotEqual, other);
  } else {
    expect_tag(Reg::rax, kTagFunction, other);
    a_.compare_byte(Reg::rax, header_of(kTagFunction), static_cast<uint8_t>(Kind::kClosure));
    a_.jump_if(If::kNotEqual, other);
    a_.operate_memory(Alu::kCompare, Reg::rcx, Reg::rax, field_of(kTagFunction, 0));
    a_.jump_if(If::kNotEqual, other);
    a_.load(Reg::rdx, Reg::rax, header_of(kTagFunction));
    a_.shift_left(Reg::rdx, 24);
    a_.shift_right(Reg::rdx, 40);
    a_.operate(Alu::kCompare, Reg::rdx, static_cast<int32_t>(held));
    a_.jump_if(If::kNotEqual, other);
  }
  write(low_half(pc_[1]));
  a_.cold();
  a_.bind(other);
  expect_tag(Reg::rax, kTagThunk, target(low_half(pc_[2])));
  a_.jump(slow());
  a_.hot();
  return true;
}

bool Translator::emit_compare_branch(Op op) {
  const Source x = source(low_half(pc_[1]));
  const Source y = source(high_half(pc_[1]));
  read_two(x, y);
  expect_both_small(x, y);
  a_.operate(Alu::kCompare, Reg::rax, Reg::rcx);
  const If unless = op == Op::kIfEqual  ? If::kNotEqual
                    : op == Op::kIfLess ? If::kAboveEqual
                                        : If::kAbove;
  a_.jump_if(unless, target(low_half(pc_[2])));
  return true;
}

bool Translator::emit_switch() {
  const uint32_t arms = high_half(pc_[1]);
  if (arms > kArmsMax) return false;
  read(source(low_half(pc_[1])), Reg::rax);
  for (uint32_t i = 0; i < arms; ++i) {
    a_.operate(Alu::kCompare, Reg::rax, static_cast<int32_t>(i << 1));
    a_.jump_if(If::kEqual, target(low_half(pc_[3 + i])));
  }
  a_.jump(target(low_half(pc_[2])));
  return true;
}

void Translator::emit_product() {
  a_.move(Reg::rdx, Reg::rax);
  a_.operate(Alu::kOr, Reg::rdx, Reg::rcx);
  a_.shift_right(Reg::rdx, 32);
  a_.jump_if(If::kNotEqual, slow());
  a_.shift_right(Reg::rax, 1);
  a_.multiply(Reg::rax, Reg::rcx);
}

void Translator::emit_quotient(const Source& y, bool is_remainder) {
  if (!y.is_constant || y.value == 0) {
    a_.test(Reg::rcx, Reg::rcx);
    a_.jump_if(If::kEqual, slow());
  }
  a_.constant(Reg::rdx, 0);
  a_.divide(Reg::rcx);
  if (is_remainder) {
    a_.move(Reg::rax, Reg::rdx);
  } else {
    a_.operate(Alu::kAdd, Reg::rax, Reg::rax);
  }
}

/// Eager or lazy: on immediate operands they are the same.
bool Translator::emit_arithmetic(Op op, const Source& x, const Source& y) {
  read_two(x, y);
  expect_both_small(x, y);
  switch (op) {
    case Op::kAdd:
    case Op::kLazyAdd:
      a_.operate(Alu::kAdd, Reg::rax, Reg::rcx);
      a_.jump_if(If::kCarry, slow());
      break;
    case Op::kSub:
    case Op::kLazySub:
      a_.constant(Reg::rdx, 0);
      a_.operate(Alu::kSub, Reg::rax, Reg::rcx);
      a_.move_if(If::kBelow, Reg::rax, Reg::rdx);
      break;
    case Op::kMul:
    case Op::kLazyMul: emit_product(); break;
    default: emit_quotient(y, op == Op::kMod || op == Op::kLazyMod); break;
  }
  write(low_half(pc_[1]));
  return true;
}

bool Translator::emit_compare(vm::CompareMode mode, const Source& x, const Source& y) {
  If condition = If::kEqual;
  switch (mode) {
    case vm::CompareMode::kOrder: return false;
    case vm::CompareMode::kEqual: condition = If::kEqual; break;
    case vm::CompareMode::kNotEqual: condition = If::kNotEqual; break;
    case vm::CompareMode::kLess: condition = If::kBelow; break;
    case vm::CompareMode::kLessEqual: condition = If::kBelowEqual; break;
    case vm::CompareMode::kGreater: condition = If::kAbove; break;
    case vm::CompareMode::kGreaterEqual: condition = If::kAboveEqual; break;
  }
  read_two(x, y);
  expect_both_small(x, y);
  a_.operate(Alu::kCompare, Reg::rax, Reg::rcx);
  truth(condition);
  write(low_half(pc_[1]));
  return true;
}

bool Translator::emit_nat(vm::NatOp op, const Source& x, const Source& y) {
  Alu alu = Alu::kAnd;
  switch (op) {
    case vm::NatOp::kAnd: break;
    case vm::NatOp::kOr: alu = Alu::kOr; break;
    case vm::NatOp::kXor: alu = Alu::kXor; break;
    default: return false;
  }
  read_two(x, y);
  expect_both_small(x, y);
  a_.operate(alu, Reg::rax, Reg::rcx);
  write(low_half(pc_[1]));
  return true;
}

/// Of what is no immediate the handlers know, but for the length of a row.
bool Translator::emit_unary(Op op) {
  read(source(high_half(pc_[1])), Reg::rax);
  if (op == Op::kLen || op == Op::kLazyLen) {
    expect_row();
    a_.move(Reg::rax, Reg::rdx);
    a_.operate(Alu::kAdd, Reg::rax, Reg::rax);
    write(low_half(pc_[1]));
    return true;
  }
  expect_small(Reg::rax);
  switch (op) {
    case Op::kDec:
    case Op::kLazyDec:
      a_.constant(Reg::rdx, 0);
      a_.operate(Alu::kSub, Reg::rax, 2);
      a_.move_if(If::kBelow, Reg::rax, Reg::rdx);
      break;
    case Op::kInc:
    case Op::kLazyInc:
      a_.operate(Alu::kAdd, Reg::rax, 2);
      a_.jump_if(If::kCarry, slow());
      break;
    case Op::kIsNat:
    case Op::kLazyIsNat: a_.constant(Reg::rax, 2); break;
    case Op::kIsZero:
    case Op::kLazyIsZero:
    case Op::kNot:
    case Op::kLazyNot:
      a_.test(Reg::rax, Reg::rax);
      truth(If::kEqual);
      break;
    case Op::kBit:
    case Op::kLazyBit:
      a_.test(Reg::rax, Reg::rax);
      truth(If::kNotEqual);
      break;
    default: break;  // kToNat
  }
  write(low_half(pc_[1]));
  return true;
}

/// Element `index`, a nat word, of a row.
bool Translator::emit_element(const Source& row, Word index) {
  if (index >> 24 != 0) return false;
  read(row, Reg::rax);
  expect_row();
  a_.operate(Alu::kCompare, Reg::rdx, static_cast<int32_t>(index >> 1));
  a_.jump_if(If::kBelowEqual, slow());
  a_.load(Reg::rax, Reg::rax, field_of(kTagData, index >> 1));
  write(low_half(pc_[1]));
  return true;
}

bool Translator::emit_element_at(const Source& row, const Source& index) {
  read_two(row, index);
  expect_small(Reg::rcx);
  expect_row();
  a_.shift_right(Reg::rcx, 1);
  a_.operate(Alu::kCompare, Reg::rcx, Reg::rdx);
  a_.jump_if(If::kAboveEqual, slow());
  a_.load_indexed(Reg::rax, Reg::rax, Reg::rcx, field_of(kTagData, 0));
  write(low_half(pc_[1]));
  return true;
}

bool Translator::emit_object(Op op) {
  const uint32_t n = high_half(pc_[1]);
  if (n > kFieldsMax || (op == Op::kRow && n == 0)) return false;
  Word header = 0;
  Word tag = kTagThunk;
  const Word* list = pc_ + 2;
  uint32_t fields = n;
  uint32_t first = 0;  // field of the first operand
  switch (op) {
    case Op::kRow:
      header = make_header(Kind::kRow, n);
      tag = kTagData;
      break;
    case Op::kClosure:
      header = closure_header(n, pc_[3]);
      tag = kTagFunction;
      list = pc_ + 4;
      fields = n + 1;
      first = 1;
      break;
    case Op::kThunk:
      fields = n == 0 ? 1 : n;
      header = thunk_header(Kind::kThunk, fields, vm::info_of(pc_[2])->index);
      list = pc_ + 3;
      break;
    default: header = thunk_header(Kind::kThunk, n, vm_.apply_thunk_info->index); break;
  }
  if (op == Op::kThunk && n == 0) a_.store(kHp, 8, 0);
  if (op == Op::kClosure) copy({true, 0, pc_[2]}, kHp, 8);
  for (uint32_t i = 0; i < n; ++i) copy(listed(list, i), kHp, bytes_of(1 + first + i));
  copy({true, 0, header}, kHp, 0);
  a_.address(Reg::rax, kHp, static_cast<int32_t>(tag));
  a_.operate(Alu::kAdd, kHp, bytes_of(1 + fields));
  write(low_half(pc_[1]));
  return true;
}

bool Translator::emit_call(Op op) {
  const uint32_t n = low_half(pc_[1]);
  gc::Info* info = vm::frame_record(op, pc_);
  switch (op) {
    case Op::kCall:
      push_arguments(n, pc_ + 3);
      read(source(high_half(pc_[1])), kR1);
      push_frame(info, n);
      a_.constant(kR3, n);
      a_.jump_slot(kApplyValues);
      break;
    case Op::kCallKnown:
      push_arguments(n, pc_ + 5);
      push_frame(info, n);
      jump_to_record(pc_[3], pc_[2]);
      break;
    default:  // kJet
      push_arguments(n, pc_ + 6);
      push_frame(info, n);
      a_.constant(kR1, pc_[3]);
      a_.constant(kR2, pc_[2]);
      a_.jump_slot(kRunLeafJet);
      break;
  }
  resume(info);
  return true;
}

bool Translator::emit_tail_call(Op op) {
  const uint32_t n = low_half(pc_[1]);
  const auto first = static_cast<int32_t>(high_half(pc_[1]) - n);
  const Word* list = pc_ + (op == Op::kTailCall ? 3 : 4);
  if (!can_replace(n, list, first)) return false;
  if (op == Op::kTailCall) read(source(low_half(pc_[2])), kR1);
  replace(n, list, first);
  a_.operate(Alu::kAdd, kSp, bytes_of(first));
  if (op == Op::kTailKnown) {
    jump_to_record(pc_[3], pc_[2]);
    return true;
  }
  a_.constant(kR3, n);
  a_.jump_slot(kApplyValues);
  return true;
}

bool Translator::emit_self_tail() {
  const uint32_t n = low_half(pc_[1]);
  const auto first = static_cast<int32_t>(high_half(pc_[1]));
  if (!can_replace(n, pc_ + 4, first)) return false;
  in_rax_ = 0;
  count(slow());
  poll(n + vm::kEntrySlackWords, slow());
  replace(n, pc_ + 4, first);
  a_.jump(main_[0]);
  return true;
}

bool Translator::emit_value(Op op) {
  const Source x = source(high_half(pc_[1]));
  switch (op) {
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod: return emit_arithmetic(op, x, source(low_half(pc_[2])));
    case Op::kCompare:
    case Op::kLazyCompare: {
      const auto mode = static_cast<vm::CompareMode>(high_half(pc_[2]));
      return emit_compare(mode, x, source(low_half(pc_[2])));
    }
    case Op::kLazyNat: {
      const auto operation = static_cast<vm::NatOp>(high_half(pc_[2]));
      return emit_nat(operation, x, source(low_half(pc_[2])));
    }
    case Op::kLazyElement: {
      const Source y = source(low_half(pc_[2]));
      return high_half(pc_[2]) != 0 ? emit_element_at(x, y) : emit_element_at(y, x);
    }
    case Op::kIdx:
    case Op::kLazyIdx: return emit_element(x, pc_[2]);
    case Op::kMove:
      read(x, Reg::rax);
      write(low_half(pc_[1]));
      return true;
    default: return emit_unary(op);
  }
}

bool Translator::emit(Op op) {
  switch (op) {
    case Op::kForce: return emit_force();
    case Op::kRet:
    case Op::kRetEval: return emit_return(op);
    case Op::kJump:
      a_.jump(target(low_half(pc_[1])));
      in_rax_ = 0;
      return true;
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat:
    case Op::kIfCheap: return emit_branch(op);
    case Op::kIfFunction: return emit_function_branch();
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: return emit_compare_branch(op);
    case Op::kSwitch: return emit_switch();
    case Op::kRow:
    case Op::kClosure:
    case Op::kThunk:
    case Op::kApplyThunk: return emit_object(op);
    case Op::kCall:
    case Op::kCallKnown:
    case Op::kJet: return emit_call(op);
    case Op::kTailCall:
    case Op::kTailKnown: return emit_tail_call(op);
    case Op::kSelfTail: return emit_self_tail();
    case Op::kTabSwitch:
    case Op::kSetElement:
    case Op::kPatch:
    case Op::kCount: return false;
    default: return emit_value(op);
  }
}

}  // namespace plan::jit
