// jit/x64_assembler_test.cc: the bytes are those of LLVM's assembler (llvm-mc 19).
#include "jit/x64_assembler.h"

#include <gtest/gtest.h>

#include <string>

namespace plan::jit {
namespace {

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (const uint8_t b : bytes) {
    text += "0123456789abcdef"[b >> 4];
    text += "0123456789abcdef"[b & 15];
  }
  return text;
}

struct Case {
  const char* text;
  const char* bytes;
  void (*emit)(Assembler&);
};

void expect_encodings(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    Assembler a;
    c.emit(a);
    EXPECT_EQ(hex(a.finish()), c.bytes) << c.text;
  }
}

TEST(X64Assembler, MovesAreEncodedAsLlvmDoes) {
  expect_encodings({
      {"mov rax, [r12]", "498b0424", [](Assembler& a) { a.load(Reg::rax, Reg::r12, 0); }},
      {"mov r15, [r13]", "4d8b7d00", [](Assembler& a) { a.load(Reg::r15, Reg::r13, 0); }},
      {"mov rcx, [rsp + 8]", "488b4c2408", [](Assembler& a) { a.load(Reg::rcx, Reg::rsp, 8); }},
      {"mov r9, [r14 + 4096]", "4d8b8e00100000",
       [](Assembler& a) { a.load(Reg::r9, Reg::r14, 4096); }},
      {"mov rdi, [rax - 128]", "488b7880",
       [](Assembler& a) { a.load(Reg::rdi, Reg::rax, -128); }},
      {"mov rdi, [rax - 129]", "488bb87fffffff",
       [](Assembler& a) { a.load(Reg::rdi, Reg::rax, -129); }},
      {"mov edi, [rax + 3]", "8b7803", [](Assembler& a) { a.load_32(Reg::rdi, Reg::rax, 3); }},
      {"mov r8d, [r12]", "458b0424", [](Assembler& a) { a.load_32(Reg::r8, Reg::r12, 0); }},
      {"mov rax, [rax + 8*rcx + 5]", "488b44c805",
       [](Assembler& a) { a.load_indexed(Reg::rax, Reg::rax, Reg::rcx, 5); }},
      {"mov r9, [r12 + 8*r10 - 8]", "4f8b4cd4f8",
       [](Assembler& a) { a.load_indexed(Reg::r9, Reg::r12, Reg::r10, -8); }},
      {"imul rdi, rdi, 72", "486bff48", [](Assembler& a) { a.multiply(Reg::rdi, Reg::rdi, 72); }},
      {"imul r9, rax, 1000", "4c69c8e8030000",
       [](Assembler& a) { a.multiply(Reg::r9, Reg::rax, 1000); }},
      {"mov [rbp], rdx", "48895500", [](Assembler& a) { a.store(Reg::rbp, 0, Reg::rdx); }},
      {"mov [r12 - 8], r15", "4d897c24f8", [](Assembler& a) { a.store(Reg::r12, -8, Reg::r15); }},
      {"mov qword ptr [r13 + 16], -3", "49c74510fdffffff",
       [](Assembler& a) { a.store(Reg::r13, 16, -3); }},
      {"mov byte ptr [r15 - 1], 25", "41c647ff19",
       [](Assembler& a) { a.store_byte(Reg::r15, -1, 25); }},
      {"lea rcx, [r12 - 512]", "498d8c2400feffff",
       [](Assembler& a) { a.address(Reg::rcx, Reg::r12, -512); }},
      {"mov rax, r15", "4c89f8", [](Assembler& a) { a.move(Reg::rax, Reg::r15); }},
      {"mov r8, rcx", "4989c8", [](Assembler& a) { a.move(Reg::r8, Reg::rcx); }},
      {"xor eax, eax", "31c0", [](Assembler& a) { a.constant(Reg::rax, 0); }},
      {"xor r9d, r9d", "4531c9", [](Assembler& a) { a.constant(Reg::r9, 0); }},
      {"mov esi, 3", "be03000000", [](Assembler& a) { a.constant(Reg::rsi, 3); }},
      {"mov r11d, 4294967295", "41bbffffffff",
       [](Assembler& a) { a.constant(Reg::r11, 0xffffffff); }},
      {"movabs rdi, 4294967296", "48bf0000000001000000",
       [](Assembler& a) { a.constant(Reg::rdi, 0x100000000); }},
      {"movabs r15, -2", "49bffeffffffffffffff",
       [](Assembler& a) { a.constant(Reg::r15, ~Word{1}); }},
  });
}

TEST(X64Assembler, OperationsAndJumpsAreEncodedAsLlvmDoes) {
  expect_encodings({
      {"add rax, rcx", "4801c8", [](Assembler& a) { a.operate(Alu::kAdd, Reg::rax, Reg::rcx); }},
      {"or rdx, r10", "4c09d2", [](Assembler& a) { a.operate(Alu::kOr, Reg::rdx, Reg::r10); }},
      {"sub r12, 64", "4983ec40", [](Assembler& a) { a.operate(Alu::kSub, Reg::r12, 64); }},
      {"sub r12, 1024", "4981ec00040000",
       [](Assembler& a) { a.operate(Alu::kSub, Reg::r12, 1024); }},
      {"and rdx, 7", "4883e207", [](Assembler& a) { a.operate(Alu::kAnd, Reg::rdx, 7); }},
      {"cmp rcx, 1000", "4881f9e8030000",
       [](Assembler& a) { a.operate(Alu::kCompare, Reg::rcx, 1000); }},
      {"cmp rcx, [r14 + 8]", "493b4e08",
       [](Assembler& a) { a.operate_memory(Alu::kCompare, Reg::rcx, Reg::r14, 8); }},
      {"cmp r13, [r14]", "4d3b2e",
       [](Assembler& a) { a.operate_memory(Alu::kCompare, Reg::r13, Reg::r14, 0); }},
      {"cmp byte ptr [rax - 3], 9", "8078fd09",
       [](Assembler& a) { a.compare_byte(Reg::rax, -3, 9); }},
      {"test rax, rax", "4885c0", [](Assembler& a) { a.test(Reg::rax, Reg::rax); }},
      {"test dl, 1", "f6c201", [](Assembler& a) { a.test_byte(Reg::rdx, 1); }},
      {"shl rax, 3", "48c1e003", [](Assembler& a) { a.shift_left(Reg::rax, 3); }},
      {"shr rdx, 32", "48c1ea20", [](Assembler& a) { a.shift_right(Reg::rdx, 32); }},
      {"imul rax, rcx", "480fafc1", [](Assembler& a) { a.multiply(Reg::rax, Reg::rcx); }},
      {"div rcx", "48f7f1", [](Assembler& a) { a.divide(Reg::rcx); }},
      {"cmovb rax, rdx", "480f42c2",
       [](Assembler& a) { a.move_if(If::kBelow, Reg::rax, Reg::rdx); }},
      {"inc dword ptr [rax]", "ff00", [](Assembler& a) { a.increment_32(Reg::rax, 0); }},
      {"inc dword ptr [r8 + 8]", "41ff4008", [](Assembler& a) { a.increment_32(Reg::r8, 8); }},
      {"jmp [rdi]", "ff27", [](Assembler& a) { a.jump_memory(Reg::rdi, 0); }},
      {"jmp [r12 + 8]", "41ff642408", [](Assembler& a) { a.jump_memory(Reg::r12, 8); }},
  });
}

TEST(X64Assembler, AConditionIsZeroOrOneInAllOfTheRegister) {
  Assembler a;
  a.set(If::kAbove, Reg::rcx);
  EXPECT_EQ(hex(a.finish()), "0f97c1" "0fb6c9");  // seta cl; movzx ecx, cl
}

TEST(X64Assembler, ColdCodeStandsBehindHotCode) {
  Assembler a;
  const Label cold = a.label();
  const Label hot = a.label();
  a.jump_if(If::kEqual, cold);  // 6 bytes
  a.bind(hot);
  a.jump_memory(Reg::rax, 0);   // 2 bytes
  a.cold();
  a.bind(cold);
  a.jump(hot);                  // 5 bytes
  EXPECT_EQ(hex(a.finish()), "0f8402000000" "ff20" "e9f9ffffff");
  EXPECT_EQ(a.offset_of(hot), 6u);
  EXPECT_EQ(a.offset_of(cold), 8u);
}

TEST(X64Assembler, SlotsAreNamedByWhereTheirDistanceGoes) {
  Assembler a;
  a.cold();
  a.jump_slot(7);
  a.hot();
  a.jump_slot(3);
  EXPECT_EQ(hex(a.finish()), "ff2500000000" "ff2500000000");
  ASSERT_EQ(a.slot_uses().size(), 2u);
  EXPECT_EQ(a.slot_uses()[0].at, 8u);
  EXPECT_EQ(a.slot_uses()[0].slot, 7u);
  EXPECT_EQ(a.slot_uses()[1].at, 2u);
  EXPECT_EQ(a.slot_uses()[1].slot, 3u);
}

}  // namespace
}  // namespace plan::jit
