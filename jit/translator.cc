// jit/translator.cc: where blocks and instructions begin, operands, suspensions.
#include "jit/translator.h"

namespace plan::jit {

using vm::high_half;
using vm::low_half;

std::array<Word, kSlots> slot_addresses() {
  std::array<Word, kSlots> slots{};
  for (uint32_t i = 0; i < static_cast<uint32_t>(vm::Op::kCount); ++i) {
    slots[i] = vm::op_handler(static_cast<vm::Op>(i));
  }
  const auto address = [](vm::EvalFn f) { return reinterpret_cast<Word>(f); };
  slots[kEnterHot] = address(vm::enter_hot);
  slots[kEnterInterpreter] = address(vm::enter_interpreter);
  slots[kEnterThunkInterpreter] = address(vm::enter_thunk_interpreter);
  slots[kEnterOnceInterpreter] = address(vm::enter_once_interpreter);
  slots[kEvalValue] = address(vm::eval_value);
  slots[kApplyValues] = address(vm::apply_values);
  slots[kRunLeafJet] = address(vm::run_leaf_jet);
  slots[kSafepointSlow] = address(vm::safepoint_slow);
  return slots;
}

Translator::Translator(const vm::Machine& vm, vm::Block& block)
    : vm_(vm),
      block_(block),
      code_(block.stream.data() + vm::kStreamHeaderWords),
      main_(block.code_words),
      is_target_(block.code_words) {}

void Translator::run() {
  for (uint32_t at = 0; at < block_.code_words;) {
    const Op op = op_at(at);
    main_[at] = a_.label();
    vm::for_each_jump(op, code_ + at,
                      [&](uint32_t distance) { is_target_[at + distance] = true; });
    at += vm::instruction_words(op, code_ + at);
  }
  if (block_.is_law) {
    law_entry();
  } else {
    thunk_entry();
  }
  for (uint32_t at = 0; at < block_.code_words;) {
    pc_ = code_ + at;
    const Op op = op_at(at);
    begin(at, is_target_[at]);
    slow_.reset();
    if (!emit(op)) {
      jump_to_handler(op);
      in_rax_ = 0;
    }
    if (slow_) {
      a_.cold();
      a_.bind(*slow_);
      jump_to_handler(op);
      a_.hot();
    }
    at += vm::instruction_words(op, pc_);
  }
  a_.cold();
  for (const auto& [label, slot] : exits_) {
    a_.bind(label);
    a_.jump_slot(slot);
  }
}

Translator::Source Translator::source(uint32_t operand) const {
  const uint32_t at = operand & ~vm::kConstantBit;
  if ((operand & vm::kConstantBit) == 0) return {false, at, 0};
  return {true, 0, pc_[at]};
}

Translator::Source Translator::listed(const Word* list, uint32_t i) const {
  const Word w = list[i / 2];
  return source((i & 1) != 0 ? high_half(w) : low_half(w));
}

void Translator::begin(uint32_t at, bool is_target) {
  if (is_target) in_rax_ = 0;
  a_.bind(main_[at]);
  if (in_rax_ == 0) {
    patches_.push_back({at, main_[at]});
    return;
  }
  const Label from_stream = a_.label();
  patches_.push_back({at, from_stream});
  a_.cold();
  a_.bind(from_stream);
  a_.load(Reg::rax, kSp, bytes_of(in_rax_));
  a_.jump(main_[at]);
  a_.hot();
}

void Translator::count(Label label) {
  a_.constant(Reg::rax, vm::word_of(&header().heat));
  a_.increment_32(Reg::rax, 0);
  a_.jump_if(If::kNotSign, label);
}

void Translator::poll(uint64_t words, Label label) {
  a_.address(Reg::rcx, kSp, -bytes_of(static_cast<int64_t>(words)));
  a_.operate_memory(Alu::kCompare, Reg::rcx, kVm, offset_in_machine(&vm_.stack_limit));
  a_.jump_if(If::kBelow, label);
  a_.operate_memory(Alu::kCompare, kHp, kVm, offset_in_machine(&vm_.hp_limit));
  a_.jump_if(If::kAbove, label);
}

// What these leave, enter_interpreter and enter_thunk_interpreter do.
void Translator::law_entry() {
  entry_ = a_.label();
  a_.bind(entry_);
  const Label hot = a_.label();
  const Label no_room = a_.label();
  count(hot);
  poll(header().room_words, no_room);
  a_.operate(Alu::kSub, kSp, bytes_of(block_.locals + 1));
  leave_at(hot, kEnterHot);
  leave_at(no_room, kEnterInterpreter);
}

void Translator::thunk_entry() {
  entry_ = a_.label();
  a_.bind(entry_);
  const Label leave = a_.label();
  count(leave);
  poll(header().room_words, leave);
  const bool is_once = block_.is_once;
  const int64_t update_words = is_once ? 0 : 2;
  if (!is_once) {
    a_.load(Reg::rax, kVm, offset_in_machine(&vm_.update_info));
    a_.store(kSp, -16, Reg::rax);
    a_.store(kSp, -8, kR1);
  }
  const uint32_t n = header().parameters;
  for (uint32_t i = 0; i < n; ++i) {
    a_.load(Reg::rcx, kR1, field_of(kTagThunk, i));
    a_.store(kSp, bytes_of(int64_t{i} - n - update_words), Reg::rcx);
  }
  const Kind entered = is_once ? Kind::kSpent : Kind::kBlackhole;
  a_.store_byte(kR1, header_of(kTagThunk), static_cast<uint8_t>(entered));
  a_.operate(Alu::kSub, kSp, bytes_of(update_words + 1 + block_.locals + n));
  leave_at(leave, is_once ? kEnterOnceInterpreter : kEnterThunkInterpreter);
}

Label Translator::slow() {
  if (!slow_) slow_ = a_.label();
  return *slow_;
}

void Translator::jump_to_handler(Op op) {
  a_.constant(kR2, vm::word_of(pc_));
  a_.jump_slot(static_cast<uint32_t>(op));
}

// --- Operands and results.

void Translator::read(const Source& s, Reg to) {
  if (s.is_constant) {
    a_.constant(to, s.value);
  } else if (s.offset == in_rax_) {
    if (to != Reg::rax) a_.move(to, Reg::rax);
  } else {
    a_.load(to, kSp, bytes_of(s.offset));
  }
  if (to == Reg::rax) in_rax_ = s.is_constant ? 0 : s.offset;
}

void Translator::read_two(const Source& x, const Source& y) {
  const bool y_first = !y.is_constant && y.offset == in_rax_;
  if (y_first) read(y, Reg::rcx);
  read(x, Reg::rax);
  if (!y_first) read(y, Reg::rcx);
}

void Translator::write(uint32_t offset) {
  a_.store(kSp, bytes_of(offset), Reg::rax);
  in_rax_ = offset;
}

void Translator::copy(const Source& s, Reg base, int32_t displacement) {
  const auto half = static_cast<int32_t>(s.value);
  if (s.is_constant && s.value == static_cast<Word>(int64_t{half})) {
    a_.store(base, displacement, half);
  } else if (!s.is_constant && s.offset == in_rax_) {
    a_.store(base, displacement, Reg::rax);
  } else {
    read(s, Reg::rcx);
    a_.store(base, displacement, Reg::rcx);
  }
}

void Translator::expect_tag(Reg r, Word tag, Label otherwise, If unless) {
  a_.move(Reg::rdx, r);
  a_.operate(Alu::kAnd, Reg::rdx, static_cast<int32_t>(kTagMask));
  a_.operate(Alu::kCompare, Reg::rdx, static_cast<int32_t>(tag));
  a_.jump_if(unless, otherwise);
}

void Translator::expect_small(Reg r) {
  a_.test_byte(r, 1);
  a_.jump_if(If::kNotEqual, slow());
}

void Translator::expect_both_small(const Source& x, const Source& y) {
  if (x.is_small_constant()) return expect_small(Reg::rcx);
  if (y.is_small_constant()) return expect_small(Reg::rax);
  a_.move(Reg::rdx, Reg::rax);
  a_.operate(Alu::kOr, Reg::rdx, Reg::rcx);
  expect_small(Reg::rdx);
}

void Translator::expect_row() {
  expect_tag(Reg::rax, kTagData, slow());
  a_.compare_byte(Reg::rax, header_of(kTagData), static_cast<uint8_t>(Kind::kRow));
  a_.jump_if(If::kNotEqual, slow());
  a_.load(Reg::rdx, Reg::rax, header_of(kTagData));
  a_.shift_right(Reg::rdx, 16);
}

void Translator::truth(If condition) {
  a_.set(condition, Reg::rax);
  a_.operate(Alu::kAdd, Reg::rax, Reg::rax);
}

// --- Suspensions.

void Translator::resume(gc::Info* info) {
  const Label from_frame = a_.label();
  const Label no_room = a_.label();
  a_.bind(from_frame);
  records_.push_back({info, from_frame});
  poll(vm::kEntrySlackWords, no_room);
  leave_at(no_room, kSafepointSlow);
  a_.move(Reg::rax, kR1);
  write(info->arity);
}

void Translator::push_frame(gc::Info* info, uint32_t arguments) {
  a_.constant(Reg::rcx, vm::word_of(info));
  a_.store(kSp, 0, Reg::rcx);
  if (arguments != 0) a_.operate(Alu::kSub, kSp, bytes_of(arguments));
}

void Translator::push_arguments(uint32_t n, const Word* list) {
  for (uint32_t i = 0; i < n; ++i) copy(listed(list, i), kSp, bytes_of(int64_t{i} - n));
}

void Translator::jump_to_record(Word function, Word info) {
  a_.constant(kR1, function);
  a_.constant(kR2, info);
  a_.jump_memory(kR2, 0);
}

bool Translator::can_replace(uint32_t n, const Word* list, int32_t first) const {
  uint32_t staged = 0;
  for (uint32_t i = 0; i < n; ++i) {
    if (!stays(listed(list, i), first + static_cast<int32_t>(i))) ++staged;
  }
  return staged <= kStagedMax;
}

void Translator::replace(uint32_t n, const Word* list, int32_t first) {
  uint32_t staged = 0;
  std::array<std::pair<Source, int32_t>, kStagedMax> moves;
  for (uint32_t i = 0; i < n; ++i) {
    const Source s = listed(list, i);
    const int32_t to = first + static_cast<int32_t>(i);
    if (!stays(s, to)) moves[staged++] = {s, to};
  }
  // rax, the first, is read into last: until then it may be read from.
  for (uint32_t k = staged; k-- > 0;) read(moves[k].first, kStaging[k]);
  for (uint32_t k = 0; k < staged; ++k) {
    a_.store(kSp, bytes_of(moves[k].second), kStaging[k]);
  }
  in_rax_ = 0;
}

}  // namespace plan::jit
