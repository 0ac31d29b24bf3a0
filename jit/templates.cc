// jit/templates.cc: a template for each instruction worth one. See the note in the header.
//
// Registers: those of vm/dispatch.h, as clang's preserve_none has them on x86-64; rax, rcx, rdx and
// what the convention passes beyond r3 are free.
#include "jit/templates.h"

#include <array>
#include <cstring>
#include <optional>

#include "jit/x64_assembler.h"
#include "value/object.h"
#include "vm/machine.h"
#include "vm/stream.h"

namespace plan::jit {

namespace {

using vm::high_half;
using vm::low_half;
using vm::Op;

constexpr Reg kSp = Reg::r12;
constexpr Reg kHp = Reg::r13;
constexpr Reg kVm = Reg::r14;
constexpr Reg kR1 = Reg::r15;
constexpr Reg kR2 = Reg::rdi;
constexpr Reg kR3 = Reg::rsi;

/// Arguments of a call that replaces its frame are read into these before the first is written.
constexpr Reg kStaging[] = {Reg::rax, Reg::rcx, Reg::rdx, Reg::rsi, Reg::rdi,
                            Reg::r8,  Reg::r9,  Reg::r10, Reg::r11};
constexpr uint32_t kStagedMax = std::size(kStaging);
constexpr uint32_t kFieldsMax = 32;  ///< objects with more are the handler's
constexpr uint32_t kResumeWords = vm::kEntrySlackWords;

/// Addresses behind the handlers in the table of slots.
enum Slot : uint32_t {
  kEnterHot = static_cast<uint32_t>(Op::kCount),
  kEnterInterpreter,
  kEnterThunkInterpreter,
  kEvalValue,
  kApplyValues,
  kRunLeafJet,
  kSafepointSlow,
  kSlots
};

std::array<Word, kSlots> slot_addresses() {
  std::array<Word, kSlots> slots{};
  for (uint32_t i = 0; i < static_cast<uint32_t>(Op::kCount); ++i) {
    slots[i] = vm::op_handler(static_cast<Op>(i));
  }
  const auto address = [](vm::EvalFn f) { return reinterpret_cast<Word>(f); };
  slots[kEnterHot] = address(vm::enter_hot);
  slots[kEnterInterpreter] = address(vm::enter_interpreter);
  slots[kEnterThunkInterpreter] = address(vm::enter_thunk_interpreter);
  slots[kEvalValue] = address(vm::eval_value);
  slots[kApplyValues] = address(vm::apply_values);
  slots[kRunLeafJet] = address(vm::run_leaf_jet);
  slots[kSafepointSlow] = address(vm::safepoint_slow);
  return slots;
}

int32_t offset_in(const vm::Machine& vm, const void* field) {
  return static_cast<int32_t>(static_cast<const char*>(field) -
                              reinterpret_cast<const char*>(&vm));
}

constexpr int32_t bytes_of(int64_t words) { return static_cast<int32_t>(words * 8); }
/// Payload word `i` of an object, from a pointer with this tag.
constexpr int32_t field_of(Word tag, uint64_t i) {
  return static_cast<int32_t>(8 + 8 * i - tag);
}
constexpr int32_t header_of(Word tag) { return -static_cast<int32_t>(tag); }

/// An operand: a frame word, or a constant.
struct Source {
  bool is_constant;
  uint32_t offset;  ///< words from sp
  Word value;
  bool is_small_constant() const { return is_constant && (value & 1) == 0; }
};

class Translator {
 public:
  Translator(const vm::Machine& vm, vm::Block& block)
      : vm_(vm),
        block_(block),
        code_(block.stream.data() + vm::kStreamHeaderWords),
        main_(block.code_words),
        is_target_(block.code_words) {}

  void run() {
    for (uint32_t at = 0; at < block_.code_words; at += words_) {
      const Op op = op_at(at);
      words_ = vm::instruction_words(op, code_ + at);
      main_[at] = a_.label();
      vm::for_each_jump(op, code_ + at,
                        [&](uint32_t distance) { is_target_[at + distance] = true; });
    }
    if (block_.is_law) {
      law_entry();
    } else {
      thunk_entry();
    }
    for (uint32_t at = 0; at < block_.code_words; at += words_) {
      pc_ = code_ + at;
      const Op op = op_at(at);
      words_ = vm::instruction_words(op, pc_);
      begin(at, is_target_[at]);
      slow_.reset();
      if (!emit(op)) leave_to_handler(op);
      if (slow_) {
        a_.cold();
        a_.bind(*slow_);
        jump_to_handler(op);
        a_.hot();
      }
    }
    a_.cold();
    for (const auto& [label, slot] : exits_) {
      a_.bind(label);
      a_.jump_slot(slot);
    }
  }

  Assembler& assembler() { return a_; }
  /// Code for the instructions that the stream names, by word.
  struct Patch {
    uint32_t word;
    Label code;
  };
  const std::vector<Patch>& patches() const { return patches_; }
  struct Record {
    gc::Info* info;
    Label code;
  };
  const std::vector<Record>& records() const { return records_; }
  Label entry() const { return entry_; }

 private:
  Op op_at(uint32_t word) const { return vm::op_of_handler(code_[word]); }
  Source source(uint32_t operand) const {
    const uint32_t at = operand & ~vm::kConstantBit;
    if ((operand & vm::kConstantBit) == 0) return {false, at, 0};
    return {true, 0, pc_[at]};
  }
  Source listed(const Word* list, uint32_t i) const {
    const Word w = list[i / 2];
    return source((i & 1) != 0 ? high_half(w) : low_half(w));
  }
  Label slow() {
    if (!slow_) slow_ = a_.label();
    return *slow_;
  }
  Label target(uint32_t distance) const {
    return main_[static_cast<uint64_t>(pc_ - code_) + distance];
  }

  // --- Where instructions begin.

  void begin(uint32_t at, bool is_target) {
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

  void jump_to_handler(Op op) {
    a_.constant(kR2, vm::word_of(pc_));
    a_.jump_slot(static_cast<uint32_t>(op));
  }
  /// All of the instruction is the handler's.
  void leave_to_handler(Op op) {
    jump_to_handler(op);
    in_rax_ = 0;
  }

  /// Goes to `label` if there is no room for `words` below sp, or in the nursery.
  void poll(uint64_t words, Label label) {
    a_.address(Reg::rcx, kSp, -bytes_of(static_cast<int64_t>(words)));
    a_.operate_memory(Alu::kCompare, Reg::rcx, kVm, offset_in(vm_, &vm_.stack_limit));
    a_.jump_if(If::kBelow, label);
    a_.operate_memory(Alu::kCompare, kHp, kVm, offset_in(vm_, &vm_.hp_limit));
    a_.jump_if(If::kAbove, label);
  }

  /// Counts an entry or a turn; at zero goes to `label`.
  void count(Label label) {
    a_.constant(Reg::rax, vm::word_of(&header().heat));
    a_.increment_32(Reg::rax, 0);
    a_.jump_if(If::kNotSign, label);
  }

  /// Behind all else: at `label`, on to that address.
  void leave_at(Label label, Slot slot) { exits_.push_back({label, slot}); }

  /// See enter_interpreter, which does what this one leaves.
  void law_entry() {
    entry_ = a_.label();
    a_.bind(entry_);
    const Label hot = a_.label();
    const Label no_room = a_.label();
    count(hot);
    poll(room_words(), no_room);
    a_.operate(Alu::kSub, kSp, bytes_of(block_.locals + 1));
    leave_at(hot, kEnterHot);
    leave_at(no_room, kEnterInterpreter);
  }

  uint32_t room_words() const { return header().room_words; }
  const vm::StreamHeader& header() const {
    return vm::stream_header(const_cast<Word*>(code_));
  }

  /// See enter_thunk_interpreter.
  void thunk_entry() {
    entry_ = a_.label();
    a_.bind(entry_);
    const Label leave = a_.label();
    count(leave);
    poll(room_words(), leave);
    a_.load(Reg::rax, kVm, offset_in(vm_, &vm_.update_info));
    a_.store(kSp, -16, Reg::rax);
    a_.store(kSp, -8, kR1);
    const uint32_t n = header().parameters;
    for (uint32_t i = 0; i < n; ++i) {
      a_.load(Reg::rcx, kR1, field_of(kTagThunk, i));
      a_.store(kSp, bytes_of(int64_t{i} - n - 2), Reg::rcx);
    }
    a_.store_byte(kR1, header_of(kTagThunk), static_cast<uint8_t>(Kind::kBlackhole));
    a_.operate(Alu::kSub, kSp, bytes_of(int64_t{3} + block_.locals + n));
    leave_at(leave, kEnterThunkInterpreter);
  }

  // --- Operands and results.

  void read(const Source& s, Reg to) {
    if (s.is_constant) {
      a_.constant(to, s.value);
    } else if (s.offset == in_rax_) {
      if (to != Reg::rax) a_.move(to, Reg::rax);
    } else {
      a_.load(to, kSp, bytes_of(s.offset));
    }
    if (to == Reg::rax) in_rax_ = s.is_constant ? 0 : s.offset;
  }
  /// x into rax, y into rcx.
  void read_two(const Source& x, const Source& y) {
    const bool y_first = !y.is_constant && y.offset == in_rax_;
    if (y_first) read(y, Reg::rcx);
    read(x, Reg::rax);
    if (!y_first) read(y, Reg::rcx);
  }
  /// rax becomes the value of a frame word.
  void write(uint32_t offset) {
    a_.store(kSp, bytes_of(offset), Reg::rax);
    in_rax_ = offset;
  }
  /// Copies an operand to [base + displacement].
  void copy(const Source& s, Reg base, int32_t displacement) {
    if (s.is_constant && s.value == static_cast<Word>(static_cast<int64_t>(
                                        static_cast<int32_t>(s.value)))) {
      a_.store(base, displacement, static_cast<int32_t>(s.value));
    } else if (!s.is_constant && s.offset == in_rax_) {
      a_.store(base, displacement, Reg::rax);
    } else {
      read(s, Reg::rcx);
      a_.store(base, displacement, Reg::rcx);
    }
  }
  /// To the handler unless r has this tag. rdx is lost.
  void expect_tag(Reg r, Word tag, Label otherwise) {
    a_.move(Reg::rdx, r);
    a_.operate(Alu::kAnd, Reg::rdx, static_cast<int32_t>(kTagMask));
    a_.operate(Alu::kCompare, Reg::rdx, static_cast<int32_t>(tag));
    a_.jump_if(If::kNotEqual, otherwise);
  }
  void expect_small(Reg r) {
    a_.test_byte(r, 1);
    a_.jump_if(If::kNotEqual, slow());
  }
  /// rax and rcx hold x and y: to the handler unless both are immediate. rdx is lost.
  void expect_both_small(const Source& x, const Source& y) {
    if (x.is_small_constant()) return expect_small(Reg::rcx);
    if (y.is_small_constant()) return expect_small(Reg::rax);
    a_.move(Reg::rdx, Reg::rax);
    a_.operate(Alu::kOr, Reg::rdx, Reg::rcx);
    a_.test_byte(Reg::rdx, 1);
    a_.jump_if(If::kNotEqual, slow());
  }
  /// rax = 2 if the condition holds, else 0.
  void truth(If condition) {
    a_.set(condition, Reg::rax);
    a_.operate(Alu::kAdd, Reg::rax, Reg::rax);
  }

  // --- Suspensions.

  /// What follows is where the frame that `info` describes is resumed, with a value in r1.
  void resume(gc::Info* info) {
    const Label from_frame = a_.label();
    const Label no_room = a_.label();
    a_.bind(from_frame);
    records_.push_back({info, from_frame});
    poll(kResumeWords, no_room);
    a_.move(Reg::rax, kR1);
    leave_at(no_room, kSafepointSlow);
    write(info->arity);
  }

  void push_frame(gc::Info* info, uint32_t arguments) {
    a_.constant(Reg::rcx, vm::word_of(info));
    a_.store(kSp, 0, Reg::rcx);
    if (arguments != 0) a_.operate(Alu::kSub, kSp, bytes_of(arguments));
  }
  void push_arguments(uint32_t n, const Word* list) {
    for (uint32_t i = 0; i < n; ++i) copy(listed(list, i), kSp, bytes_of(int64_t{i} - n));
  }
  void jump_to_record(Word function, Word info) {
    a_.constant(kR1, function);
    a_.constant(kR2, info);
    a_.jump_memory(kR2, 0);
  }

  /// Operands to the words from `first` on, as if all at once. False: too many.
  bool replace(uint32_t n, const Word* list, uint32_t first) {
    uint32_t staged = 0;
    std::array<std::pair<Reg, uint32_t>, kStagedMax> moves;
    std::array<Source, kStagedMax> sources;
    for (uint32_t i = 0; i < n; ++i) {
      const Source s = listed(list, i);
      if (!s.is_constant && s.offset == first + i) continue;
      if (staged == kStagedMax) return false;
      sources[staged] = s;
      moves[staged] = {kStaging[staged], first + i};
      ++staged;
    }
    // What is in rax goes first, for rax is the first to be written.
    for (uint32_t k = staged; k-- > 0;) read(sources[k], moves[k].first);
    for (uint32_t k = 0; k < staged; ++k) {
      a_.store(kSp, bytes_of(moves[k].second), moves[k].first);
    }
    in_rax_ = 0;
    return true;
  }
  uint32_t staged_count(uint32_t n, const Word* list, uint32_t first) const {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; ++i) {
      const Source s = listed(list, i);
      if (s.is_constant || s.offset != first + i) ++count;
    }
    return count;
  }

  // --- The instructions. False: there is no template.
  bool emit(Op op);
  bool emit_return(Op op);
  bool emit_branch(Op op);
  bool emit_compare_branch(Op op);
  bool emit_arithmetic(Op op, const Source& x, const Source& y);
  bool emit_compare(vm::CompareMode mode, const Source& x, const Source& y);
  bool emit_nat(vm::NatOp op, const Source& x, const Source& y);
  bool emit_unary(Op op);
  bool emit_element(const Source& row, Word index);
  bool emit_object(Op op);
  bool emit_call(Op op);
  bool emit_self_tail();

  const vm::Machine& vm_;
  vm::Block& block_;
  const Word* code_;
  const Word* pc_ = nullptr;
  uint32_t words_ = 0;
  Assembler a_;
  std::vector<Label> main_;  ///< by word of the stream, where an instruction begins
  std::vector<bool> is_target_;
  std::vector<Patch> patches_;
  std::vector<Record> records_;
  std::vector<std::pair<Label, Slot>> exits_;
  std::optional<Label> slow_;
  Label entry_ = 0;
  uint32_t in_rax_ = 0;  ///< the frame word whose value rax holds; 0: none
};

bool Translator::emit_return(Op op) {
  read(source(low_half(pc_[1])), kR1);
  a_.operate(Alu::kAdd, kSp, bytes_of(high_half(pc_[1])));
  if (op == Op::kRetEval) {
    const Label thunk = a_.label();
    a_.move(Reg::rdx, kR1);
    a_.operate(Alu::kAnd, Reg::rdx, static_cast<int32_t>(kTagMask));
    a_.operate(Alu::kCompare, Reg::rdx, static_cast<int32_t>(kTagThunk));
    a_.jump_if(If::kEqual, thunk);
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

/// Eager or lazy: on immediate operands they are the same.
bool Translator::emit_arithmetic(Op op, const Source& x, const Source& y) {
  read_two(x, y);
  expect_both_small(x, y);
  in_rax_ = 0;
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
    case Op::kLazyMul:
      a_.move(Reg::rdx, Reg::rax);
      a_.operate(Alu::kOr, Reg::rdx, Reg::rcx);
      a_.shift_right(Reg::rdx, 32);
      a_.jump_if(If::kNotEqual, slow());
      a_.shift_right(Reg::rax, 1);
      a_.multiply(Reg::rax, Reg::rcx);
      break;
    default: {
      const bool is_remainder = op == Op::kMod || op == Op::kLazyMod;
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

bool Translator::emit_unary(Op op) {
  read(source(high_half(pc_[1])), Reg::rax);
  switch (op) {
    case Op::kDec:
    case Op::kLazyDec:
      expect_small(Reg::rax);
      a_.constant(Reg::rdx, 0);
      a_.operate(Alu::kSub, Reg::rax, 2);
      a_.move_if(If::kBelow, Reg::rax, Reg::rdx);
      break;
    case Op::kInc:
    case Op::kLazyInc:
      expect_small(Reg::rax);
      in_rax_ = 0;
      a_.operate(Alu::kAdd, Reg::rax, 2);
      a_.jump_if(If::kCarry, slow());
      break;
    case Op::kIsNat:
    case Op::kLazyIsNat:
    case Op::kIsZero:
    case Op::kLazyIsZero: {
      // Of what is no immediate the handler knows.
      expect_small(Reg::rax);
      if (op == Op::kIsNat || op == Op::kLazyIsNat) {
        a_.constant(Reg::rax, 2);
      } else {
        a_.test(Reg::rax, Reg::rax);
        truth(If::kEqual);
      }
      break;
    }
    case Op::kNot:
    case Op::kLazyNot:
    case Op::kBit:
    case Op::kLazyBit:
      expect_small(Reg::rax);
      a_.test(Reg::rax, Reg::rax);
      truth(op == Op::kNot || op == Op::kLazyNot ? If::kEqual : If::kNotEqual);
      break;
    case Op::kToNat: expect_small(Reg::rax); break;
    default:  // kLen, kLazyLen
      expect_tag(Reg::rax, kTagData, slow());
      a_.load(Reg::rcx, Reg::rax, header_of(kTagData));
      a_.compare_byte(Reg::rax, header_of(kTagData), static_cast<uint8_t>(Kind::kRow));
      a_.jump_if(If::kNotEqual, slow());
      a_.move(Reg::rax, Reg::rcx);
      a_.shift_right(Reg::rax, 16);
      a_.operate(Alu::kAdd, Reg::rax, Reg::rax);
  }
  write(low_half(pc_[1]));
  return true;
}

/// Element `index`, a nat word, of a row.
bool Translator::emit_element(const Source& row, Word index) {
  if (index >> 24 != 0) return false;
  read(row, Reg::rax);
  expect_tag(Reg::rax, kTagData, slow());
  a_.load(Reg::rcx, Reg::rax, header_of(kTagData));
  a_.compare_byte(Reg::rax, header_of(kTagData), static_cast<uint8_t>(Kind::kRow));
  a_.jump_if(If::kNotEqual, slow());
  a_.shift_right(Reg::rcx, 16);
  a_.operate(Alu::kCompare, Reg::rcx, static_cast<int32_t>(index >> 1));
  a_.jump_if(If::kBelowEqual, slow());
  a_.load(Reg::rax, Reg::rax, field_of(kTagData, index >> 1));
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
  switch (op) {
    case Op::kCall: {
      push_arguments(n, pc_ + 3);
      read(source(high_half(pc_[1])), kR1);
      push_frame(vm::info_of(pc_[2]), n);
      a_.constant(kR3, n);
      a_.jump_slot(kApplyValues);
      resume(vm::info_of(pc_[2]));
      return true;
    }
    case Op::kCallKnown:
      push_arguments(n, pc_ + 5);
      push_frame(vm::info_of(pc_[4]), n);
      jump_to_record(pc_[3], pc_[2]);
      resume(vm::info_of(pc_[4]));
      return true;
    case Op::kJet:
      push_arguments(n, pc_ + 6);
      push_frame(vm::info_of(pc_[4]), n);
      a_.constant(kR1, pc_[3]);
      a_.constant(kR2, pc_[2]);
      a_.jump_slot(kRunLeafJet);
      resume(vm::info_of(pc_[4]));
      return true;
    case Op::kTailCall: {
      const uint32_t frame = high_half(pc_[1]);
      if (staged_count(n, pc_ + 3, frame - n) > kStagedMax || n > frame) return false;
      read(source(low_half(pc_[2])), kR1);
      replace(n, pc_ + 3, frame - n);
      a_.operate(Alu::kAdd, kSp, bytes_of(int64_t{frame} - n));
      a_.constant(kR3, n);
      a_.jump_slot(kApplyValues);
      return true;
    }
    default: {  // kTailKnown
      const uint32_t frame = high_half(pc_[1]);
      if (staged_count(n, pc_ + 4, frame - n) > kStagedMax || n > frame) return false;
      replace(n, pc_ + 4, frame - n);
      a_.operate(Alu::kAdd, kSp, bytes_of(int64_t{frame} - n));
      jump_to_record(pc_[3], pc_[2]);
      return true;
    }
  }
}

bool Translator::emit_self_tail() {
  const uint32_t n = low_half(pc_[1]);
  const uint32_t first = high_half(pc_[1]);
  if (staged_count(n, pc_ + 4, first) > kStagedMax) return false;
  in_rax_ = 0;
  count(slow());
  poll(n + kResumeWords, slow());
  replace(n, pc_ + 4, first);
  a_.jump(main_[0]);
  return true;
}

bool Translator::emit(Op op) {
  switch (op) {
    case Op::kMove:
      read(source(high_half(pc_[1])), Reg::rax);
      write(low_half(pc_[1]));
      return true;
    case Op::kForce: {
      read(source(high_half(pc_[1])), Reg::rax);
      a_.move(Reg::rdx, Reg::rax);
      a_.operate(Alu::kAnd, Reg::rdx, static_cast<int32_t>(kTagMask));
      a_.operate(Alu::kCompare, Reg::rdx, static_cast<int32_t>(kTagThunk));
      a_.jump_if(If::kEqual, slow());
      write(low_half(pc_[1]));
      const Label next = a_.label();
      a_.cold();
      resume(vm::info_of(pc_[2]));
      a_.jump(next);
      a_.hot();
      a_.bind(next);
      return true;
    }
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
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: return emit_compare_branch(op);
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod:
      return emit_arithmetic(op, source(high_half(pc_[1])), source(low_half(pc_[2])));
    case Op::kCompare:
    case Op::kLazyCompare:
      return emit_compare(static_cast<vm::CompareMode>(high_half(pc_[2])),
                          source(high_half(pc_[1])), source(low_half(pc_[2])));
    case Op::kLazyNat:
      return emit_nat(static_cast<vm::NatOp>(high_half(pc_[2])), source(high_half(pc_[1])),
                      source(low_half(pc_[2])));
    case Op::kDec:
    case Op::kInc:
    case Op::kLen:
    case Op::kIsNat:
    case Op::kIsZero:
    case Op::kNot:
    case Op::kBit:
    case Op::kToNat:
    case Op::kLazyDec:
    case Op::kLazyInc:
    case Op::kLazyLen:
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit: return emit_unary(op);
    case Op::kIdx:
    case Op::kLazyIdx: return emit_element(source(high_half(pc_[1])), pc_[2]);
    case Op::kRow:
    case Op::kClosure:
    case Op::kThunk:
    case Op::kApplyThunk: return emit_object(op);
    case Op::kCall:
    case Op::kCallKnown:
    case Op::kJet:
    case Op::kTailCall:
    case Op::kTailKnown: return emit_call(op);
    case Op::kSelfTail: return emit_self_tail();
    case Op::kIfFunction:
    case Op::kSwitch:
    case Op::kTabSwitch:
    case Op::kLazyElement:
    case Op::kSetElement:
    case Op::kPatch:
    case Op::kCount: break;
  }
  return false;
}

}  // namespace

std::unique_ptr<Templates> Templates::create(const vm::Machine& vm) {
#if defined(__x86_64__)
  std::unique_ptr<CodeArena> arena = CodeArena::create(kTemplateBytesMax);
  if (arena == nullptr) return nullptr;
  const std::array<Word, kSlots> slots = slot_addresses();
  const char* at = arena->allocate(sizeof slots);
  std::memcpy(arena->writable(at), slots.data(), sizeof slots);
  auto templates = std::unique_ptr<Templates>(new Templates(vm, std::move(arena)));
  templates->slots_ = at;
  return templates;
#else
  static_cast<void>(vm);
  return nullptr;
#endif
}

bool Templates::translate(vm::Block& block) {
  Translator translator(vm_, block);
  translator.run();
  Assembler& a = translator.assembler();
  std::vector<uint8_t> code = a.finish();
  char* at = arena_->allocate(code.size());
  if (at == nullptr) return false;
  for (const Assembler::SlotUse& use : a.slot_uses()) {
    const char* slot = slots_ + sizeof(Word) * use.slot;
    const auto distance = static_cast<int32_t>(slot - (at + use.at + 4));
    std::memcpy(code.data() + use.at, &distance, sizeof distance);
  }
  std::memcpy(arena_->writable(at), code.data(), code.size());
  if (was_released_) forget_old_code();
  Word* stream = block.stream.data() + vm::kStreamHeaderWords;
  for (const Translator::Patch& p : translator.patches()) {
    stream[p.word] = vm::word_of(at + a.offset_of(p.code));
  }
  for (const Translator::Record& r : translator.records()) {
    r.info->entry = at + a.offset_of(r.code);
  }
  block.translation = at;
  block.translation_bytes = static_cast<uint32_t>(code.size());
  block.translation_entry = at + a.offset_of(translator.entry());
  return true;
}

void Templates::release(vm::Block& block) {
  if (block.translation == nullptr) return;
  arena_->release(block.translation, block.translation_bytes);
  block.translation = nullptr;
  was_released_ = true;
}

}  // namespace plan::jit
