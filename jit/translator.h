// jit/translator.h: one block's bytecode -> the code of its templates (the note is in
// jit/templates.h).
//
// Registers: those of vm/dispatch.h, as clang's preserve_none has them on x86-64; rax, rcx, rdx and
// what the convention passes beyond r3 are free.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "jit/x64_assembler.h"
#include "value/object.h"
#include "vm/machine.h"
#include "vm/stream.h"

namespace plan::jit {

/// Addresses behind the handlers in the table of slots.
enum Slot : uint32_t {
  kEnterHot = static_cast<uint32_t>(vm::Op::kCount),
  kEnterInterpreter,
  kEnterThunkInterpreter,
  kEnterOnceInterpreter,
  kEvalValue,
  kApplyValues,
  kRunLeafJet,
  kSafepointSlow,
  kSlots
};
/// What stands in the table: the handlers, then the others.
std::array<Word, kSlots> slot_addresses();

class Translator {
 public:
  Translator(const vm::Machine& vm, vm::Block& block);

  void run();

  Assembler& assembler() { return a_; }
  /// Code for the instructions that the stream names, by word.
  struct Patch {
    uint32_t word;
    Label code;
  };
  const std::vector<Patch>& patches() const { return patches_; }
  /// Code for the frames of suspensions.
  struct Record {
    gc::Info* info;
    Label code;
  };
  const std::vector<Record>& records() const { return records_; }
  Label entry() const { return entry_; }

 private:
  using Op = vm::Op;

  static constexpr Reg kSp = Reg::r12;
  static constexpr Reg kHp = Reg::r13;
  static constexpr Reg kVm = Reg::r14;
  static constexpr Reg kR1 = Reg::r15;
  static constexpr Reg kR2 = Reg::rdi;
  static constexpr Reg kR3 = Reg::rsi;

  /// Operands of a call that replaces its frame are read into these before the first is written.
  static constexpr Reg kStaging[] = {Reg::rax, Reg::rcx, Reg::rdx, Reg::rsi, Reg::rdi,
                                     Reg::r8,  Reg::r9,  Reg::r10, Reg::r11};
  static constexpr uint32_t kStagedMax = std::size(kStaging);
  static constexpr uint32_t kFieldsMax = 32;  ///< objects with more are the handler's
  static constexpr uint32_t kArmsMax = 8;     ///< so are longer switches

  /// An operand: a frame word, or a constant.
  struct Source {
    bool is_constant;
    uint32_t offset;  ///< words from sp
    Word value;
    bool is_small_constant() const { return is_constant && (value & 1) == 0; }
  };

  static constexpr int32_t bytes_of(int64_t words) { return static_cast<int32_t>(words * 8); }
  /// Payload word `i` of an object, from a pointer with this tag.
  static constexpr int32_t field_of(Word tag, uint64_t i) {
    return static_cast<int32_t>(8 + 8 * i - tag);
  }
  static constexpr int32_t header_of(Word tag) { return -static_cast<int32_t>(tag); }
  int32_t offset_in_machine(const void* field) const {
    return static_cast<int32_t>(static_cast<const char*>(field) -
                                reinterpret_cast<const char*>(&vm_));
  }

  const vm::StreamHeader& header() const { return vm::stream_header(const_cast<Word*>(code_)); }
  Op op_at(uint32_t word) const { return vm::op_of_handler(code_[word]); }
  Source source(uint32_t operand) const;
  Source listed(const Word* list, uint32_t i) const;
  Label target(uint32_t distance) const {
    return main_[static_cast<uint64_t>(pc_ - code_) + distance];
  }

  // --- Where blocks and instructions begin, and how they are left.
  void law_entry();
  void thunk_entry();
  void begin(uint32_t at, bool is_target);
  /// Counts an entry or a turn; at zero goes to `label`. rax is lost.
  void count(Label label);
  /// Goes to `label` if there is no room for `words` below sp, or in the nursery. rcx is lost.
  void poll(uint64_t words, Label label);
  /// Where the instruction is the handler's.
  Label slow();
  void jump_to_handler(Op op);
  /// Behind all else: at `label`, on to that address.
  void leave_at(Label label, Slot slot) { exits_.push_back({label, slot}); }

  // --- Operands and results.
  void read(const Source& s, Reg to);
  /// x into rax, y into rcx.
  void read_two(const Source& x, const Source& y);
  /// rax becomes the value of a frame word.
  void write(uint32_t offset);
  /// Copies an operand to [base + displacement]. rcx is lost.
  void copy(const Source& s, Reg base, int32_t displacement);
  /// Goes to `otherwise` unless r has this tag, or if it has. rdx is lost.
  void expect_tag(Reg r, Word tag, Label otherwise, If unless = If::kNotEqual);
  void expect_small(Reg r);
  /// rax and rcx hold x and y: to the handler unless both are immediate. rdx is lost.
  void expect_both_small(const Source& x, const Source& y);
  /// To the handler unless rax is a row. Its length in rdx, the rest of rdx's tests lost.
  void expect_row();
  /// rax = 2 if the condition holds, else 0.
  void truth(If condition);

  // --- Suspensions.
  /// What follows is where the frame that `info` describes is resumed, with a value in r1.
  void resume(gc::Info* info);
  void push_frame(gc::Info* info, uint32_t arguments);
  void push_arguments(uint32_t n, const Word* list);
  void jump_to_record(Word function, Word info);
  /// Whether operands can be written to the words from `first` on as if all at once.
  bool can_replace(uint32_t n, const Word* list, int32_t first) const;
  void replace(uint32_t n, const Word* list, int32_t first);
  bool stays(const Source& s, int32_t offset) const {
    return !s.is_constant && static_cast<int32_t>(s.offset) == offset;
  }

  // --- The instructions. False: there is no template, and nothing was emitted.
  bool emit(Op op);
  bool emit_value(Op op);
  bool emit_force();
  bool emit_return(Op op);
  bool emit_branch(Op op);
  bool emit_function_branch();
  bool emit_compare_branch(Op op);
  bool emit_switch();
  bool emit_arithmetic(Op op, const Source& x, const Source& y);
  void emit_product();
  void emit_quotient(const Source& y, bool is_remainder);
  bool emit_compare(vm::CompareMode mode, const Source& x, const Source& y);
  bool emit_nat(vm::NatOp op, const Source& x, const Source& y);
  bool emit_unary(Op op);
  bool emit_element(const Source& row, Word index);
  bool emit_element_at(const Source& row, const Source& index);
  bool emit_object(Op op);
  bool emit_call(Op op);
  bool emit_tail_call(Op op);
  bool emit_self_tail();

  const vm::Machine& vm_;
  vm::Block& block_;
  const Word* code_;
  const Word* pc_ = nullptr;  ///< the instruction under way
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

}  // namespace plan::jit
