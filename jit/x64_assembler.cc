// jit/x64_assembler.cc: encodings.
#include "jit/x64_assembler.h"

#include <cstddef>

#include "base/check.h"

namespace plan::jit {

namespace {

constexpr uint8_t low(Reg r) { return static_cast<uint8_t>(r) & 7; }
constexpr uint8_t high(Reg r) { return static_cast<uint8_t>(r) >> 3; }
/// W, and the fourth bits of the register and of the base.
constexpr uint8_t rex(uint8_t r, uint8_t base) {
  return static_cast<uint8_t>(0x48 | (r << 2) | base);
}
// Most blocks need no more: room that grows step by step costs more than what is put there.
constexpr size_t kUsualSectionBytes = 512;
constexpr size_t kUsualLabels = 64;
constexpr size_t kUsualUses = 32;

constexpr bool is_byte(int64_t v) { return v >= -128 && v <= 127; }

}  // namespace

Assembler::Assembler() {
  for (Section& section : sections_) section.bytes.reserve(kUsualSectionBytes);
  labels_.reserve(kUsualLabels);
  label_uses_.reserve(kUsualUses);
  slot_places_.reserve(kUsualUses);
}

void Assembler::word_32(uint32_t w) {
  for (int i = 0; i < 4; ++i) byte(static_cast<uint8_t>(w >> (8 * i)));
}

void Assembler::memory_tail(uint8_t r, Reg base, int32_t displacement) {
  const bool none = displacement == 0 && low(base) != 5;  // rbp and r13 always have one
  const uint8_t mode = none ? 0 : (is_byte(displacement) ? 1 : 2);
  byte(static_cast<uint8_t>((mode << 6) | (r << 3) | low(base)));
  if (low(base) == 4) byte(0x24);  // rsp and r12 need an index byte: none
  if (mode == 1) byte(static_cast<uint8_t>(displacement));
  if (mode == 2) word_32(static_cast<uint32_t>(displacement));
}

void Assembler::memory(uint8_t opcode, Reg r, Reg base, int32_t displacement) {
  byte(rex(high(r), high(base)));
  byte(opcode);
  memory_tail(low(r), base, displacement);
}

void Assembler::narrow_memory(uint8_t opcode, uint8_t digit, Reg base, int32_t displacement) {
  if (high(base) != 0) byte(0x41);
  byte(opcode);
  memory_tail(digit, base, displacement);
}

void Assembler::load_32(Reg to, Reg base, int32_t displacement) {
  const auto prefix = static_cast<uint8_t>(0x40 | (high(to) << 2) | high(base));
  if (prefix != 0x40) byte(prefix);
  byte(0x8b);
  memory_tail(low(to), base, displacement);
}

void Assembler::load_indexed(Reg to, Reg base, Reg index, int32_t displacement) {
  PLAN_ASSERT(is_byte(displacement) && index != Reg::rsp);
  byte(static_cast<uint8_t>(rex(high(to), high(base)) | (high(index) << 1)));
  byte(0x8b);
  byte(static_cast<uint8_t>(0x40 | (low(to) << 3) | 4));
  byte(static_cast<uint8_t>(0xc0 | (low(index) << 3) | low(base)));
  byte(static_cast<uint8_t>(displacement));
}

void Assembler::registers(uint8_t opcode, Reg r, Reg m) {
  byte(rex(high(r), high(m)));
  byte(opcode);
  byte(static_cast<uint8_t>(0xc0 | (low(r) << 3) | low(m)));
}

void Assembler::bind(Label label) {
  PLAN_ASSERT(!labels_[label].is_bound);
  labels_[label] = here();
}

void Assembler::store(Reg base, int32_t displacement, int32_t immediate) {
  byte(rex(0, high(base)));
  byte(0xc7);
  memory_tail(0, base, displacement);
  word_32(static_cast<uint32_t>(immediate));
}

void Assembler::store_byte(Reg base, int32_t displacement, uint8_t immediate) {
  narrow_memory(0xc6, 0, base, displacement);
  byte(immediate);
}

void Assembler::constant(Reg to, Word value) {
  if (value == 0) {
    // xor of the lower half: clears all.
    if (high(to) != 0) byte(0x45);
    byte(0x31);
    byte(static_cast<uint8_t>(0xc0 | (low(to) << 3) | low(to)));
  } else if (value >> 32 == 0) {
    if (high(to) != 0) byte(0x41);
    byte(static_cast<uint8_t>(0xb8 | low(to)));
    word_32(static_cast<uint32_t>(value));
  } else {
    byte(rex(0, high(to)));
    byte(static_cast<uint8_t>(0xb8 | low(to)));
    word_32(static_cast<uint32_t>(value));
    word_32(static_cast<uint32_t>(value >> 32));
  }
}

void Assembler::with_immediate(uint8_t opcode, uint8_t r, Reg m, int32_t immediate) {
  constexpr uint8_t kShort = 2;  // bit s: the immediate is a byte, sign-extended
  byte(rex(r >> 3, high(m)));
  byte(is_byte(immediate) ? opcode | kShort : opcode);
  byte(static_cast<uint8_t>(0xc0 | ((r & 7) << 3) | low(m)));
  if (is_byte(immediate)) {
    byte(static_cast<uint8_t>(immediate));
  } else {
    word_32(static_cast<uint32_t>(immediate));
  }
}

void Assembler::operate(Alu op, Reg to, int32_t immediate) {
  with_immediate(0x81, static_cast<uint8_t>(op), to, immediate);
}

void Assembler::compare_byte(Reg base, int32_t displacement, uint8_t immediate) {
  narrow_memory(0x80, 7, base, displacement);
  byte(immediate);
}

void Assembler::test_byte(Reg r, uint8_t immediate) {
  PLAN_ASSERT(r <= Reg::rdx);
  byte(0xf6);
  byte(static_cast<uint8_t>(0xc0 | low(r)));
  byte(immediate);
}

void Assembler::shift(uint8_t which, Reg r, uint8_t count) {
  byte(rex(0, high(r)));
  byte(0xc1);
  byte(static_cast<uint8_t>(0xc0 | (which << 3) | low(r)));
  byte(count);
}

void Assembler::multiply(Reg to, Reg by) {
  byte(rex(high(to), high(by)));
  byte(0x0f);
  byte(0xaf);
  byte(static_cast<uint8_t>(0xc0 | (low(to) << 3) | low(by)));
}

void Assembler::multiply(Reg to, Reg from, int32_t by) {
  with_immediate(0x69, static_cast<uint8_t>(to), from, by);
}

void Assembler::divide(Reg by) {
  byte(rex(0, high(by)));
  byte(0xf7);
  byte(static_cast<uint8_t>(0xf0 | low(by)));
}

void Assembler::set(If condition, Reg to) {
  PLAN_ASSERT(to <= Reg::rdx);
  byte(0x0f);
  byte(static_cast<uint8_t>(0x90 | static_cast<uint8_t>(condition)));
  byte(static_cast<uint8_t>(0xc0 | low(to)));
  byte(0x0f);  // the rest of the register
  byte(0xb6);
  byte(static_cast<uint8_t>(0xc0 | (low(to) << 3) | low(to)));
}

void Assembler::move_if(If condition, Reg to, Reg from) {
  byte(rex(high(to), high(from)));
  byte(0x0f);
  byte(static_cast<uint8_t>(0x40 | static_cast<uint8_t>(condition)));
  byte(static_cast<uint8_t>(0xc0 | (low(to) << 3) | low(from)));
}

void Assembler::increment_32(Reg base, int32_t displacement) {
  narrow_memory(0xff, 0, base, displacement);
}

void Assembler::jump(Label to) {
  byte(0xe9);
  label_uses_.push_back({here(), to});
  word_32(0);
}

void Assembler::jump_if(If condition, Label to) {
  byte(0x0f);
  byte(static_cast<uint8_t>(0x80 | static_cast<uint8_t>(condition)));
  label_uses_.push_back({here(), to});
  word_32(0);
}

void Assembler::jump_memory(Reg base, int32_t displacement) {
  narrow_memory(0xff, 4, base, displacement);
}

void Assembler::jump_slot(uint32_t slot) {
  byte(0xff);
  byte(0x25);
  slot_places_.push_back({here(), slot});
  word_32(0);
}

std::vector<uint8_t> Assembler::finish() {
  std::vector<uint8_t> all;
  all.reserve(sections_[0].bytes.size() + sections_[1].bytes.size());
  all.assign(sections_[0].bytes.begin(), sections_[0].bytes.end());
  all.insert(all.end(), sections_[1].bytes.begin(), sections_[1].bytes.end());
  for (const LabelUse& use : label_uses_) {
    const uint64_t at = final_place(use.from);
    const auto distance = static_cast<uint32_t>(offset_of(use.to) - (at + 4));
    for (uint64_t i = 0; i < 4; ++i) all[at + i] = static_cast<uint8_t>(distance >> (8 * i));
  }
  slot_uses_.reserve(slot_places_.size());
  for (const auto& [place, slot] : slot_places_) slot_uses_.push_back({final_place(place), slot});
  return all;
}

uint64_t Assembler::offset_of(Label label) const {
  PLAN_ASSERT(labels_[label].is_bound);
  return final_place(labels_[label]);
}

}  // namespace plan::jit
