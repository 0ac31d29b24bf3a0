// jit/x64_assembler.h: x86-64 machine code into a buffer: the few instructions that templates need
// (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2).
//
// Two sections, hot and cold, so that what is seldom run stands behind everything else. Jumps
// between labels are 32 bits wide. Addresses outside of the code stand in a table of slots, read
// relative to rip; whoever places the code fills in how far it is.
//
// Operands are 64 bits wide unless a name says otherwise. Displacements are in bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "value/value.h"

namespace plan::jit {

enum class Reg : uint8_t {
  rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
};

/// What add, or, .. encode as.
enum class Alu : uint8_t { kAdd = 0, kOr = 1, kAnd = 4, kSub = 5, kXor = 6, kCompare = 7 };

/// Condition codes, as encoded.
enum class If : uint8_t {
  kBelow = 2, kAboveEqual = 3, kEqual = 4, kNotEqual = 5, kBelowEqual = 6, kAbove = 7,
  kSign = 8, kNotSign = 9,
  kCarry = 2,
};

using Label = uint32_t;

class Assembler {
 public:
  Assembler();

  Label label() {
    labels_.push_back({});
    return static_cast<Label>(labels_.size() - 1);
  }
  void bind(Label label);
  /// Where what follows goes.
  void hot() { now_ = &sections_[0]; }
  void cold() { now_ = &sections_[1]; }

  void load(Reg to, Reg base, int32_t displacement) { memory(0x8b, to, base, displacement); }
  /// Clears the upper half.
  void load_32(Reg to, Reg base, int32_t displacement);
  /// Of [base + 8 * index + displacement].
  void load_indexed(Reg to, Reg base, Reg index, int32_t displacement);
  void store(Reg base, int32_t displacement, Reg from) { memory(0x89, from, base, displacement); }
  /// The immediate, sign-extended.
  void store(Reg base, int32_t displacement, int32_t immediate);
  void store_byte(Reg base, int32_t displacement, uint8_t immediate);
  void address(Reg to, Reg base, int32_t displacement) { memory(0x8d, to, base, displacement); }
  void move(Reg to, Reg from) { registers(0x89, from, to); }
  void constant(Reg to, Word value);
  void operate(Alu op, Reg to, Reg from) {
    registers(static_cast<uint8_t>(static_cast<uint8_t>(op) * 8 + 1), from, to);
  }
  void operate(Alu op, Reg to, int32_t immediate);
  void operate_memory(Alu op, Reg to, Reg base, int32_t displacement) {
    memory(static_cast<uint8_t>(static_cast<uint8_t>(op) * 8 + 3), to, base, displacement);
  }
  void compare_byte(Reg base, int32_t displacement, uint8_t immediate);
  void test(Reg a, Reg b) { registers(0x85, b, a); }
  /// Of the low byte; rax .. rdx.
  void test_byte(Reg r, uint8_t immediate);
  void shift_left(Reg r, uint8_t count) { shift(4, r, count); }
  void shift_right(Reg r, uint8_t count) { shift(5, r, count); }
  void multiply(Reg to, Reg by);
  void multiply(Reg to, Reg from, int32_t by);
  /// rdx:rax by r: rax the quotient, rdx the remainder.
  void divide(Reg by);
  /// 1 or 0; rax .. rdx.
  void set(If condition, Reg to);
  void move_if(If condition, Reg to, Reg from);
  void increment_32(Reg base, int32_t displacement);

  void jump(Label to);
  void jump_if(If condition, Label to);
  void jump_memory(Reg base, int32_t displacement);
  void jump_slot(uint32_t slot);

  /// All code, hot before cold; labels have their final places now.
  std::vector<uint8_t> finish();
  uint64_t offset_of(Label label) const;
  /// Bytes of finish(), where each takes a slot's distance from its own end.
  struct SlotUse {
    uint64_t at;
    uint32_t slot;
  };
  const std::vector<SlotUse>& slot_uses() const { return slot_uses_; }

 private:
  struct Place {
    bool cold = false;
    bool is_bound = false;
    uint64_t at = 0;
  };
  struct LabelUse {
    Place from;
    Label to;
  };
  struct Section {
    std::vector<uint8_t> bytes;
  };

  void byte(uint8_t b) { now_->bytes.push_back(b); }
  void word_32(uint32_t w);
  void memory(uint8_t opcode, Reg r, Reg base, int32_t displacement);
  /// Without W: an operand of a byte, of 32 bits, or an address to jump to; `digit` completes the
  /// opcode.
  void narrow_memory(uint8_t opcode, uint8_t digit, Reg base, int32_t displacement);
  void memory_tail(uint8_t r, Reg base, int32_t displacement);
  void registers(uint8_t opcode, Reg r, Reg m);
  /// `opcode` is the one for 32 bits; where the immediate fits into 8, that for 8 is taken.
  void with_immediate(uint8_t opcode, uint8_t r, Reg m, int32_t immediate);
  void shift(uint8_t which, Reg r, uint8_t count);
  Place here() const { return {now_ == &sections_[1], true, now_->bytes.size()}; }
  uint64_t final_place(const Place& place) const {
    return place.at + (place.cold ? sections_[0].bytes.size() : 0);
  }

  Section sections_[2];
  Section* now_ = &sections_[0];
  std::vector<Place> labels_;
  std::vector<LabelUse> label_uses_;
  std::vector<std::pair<Place, uint32_t>> slot_places_;
  std::vector<SlotUse> slot_uses_;
};

}  // namespace plan::jit
