// jit/gdb_test.cc: what gdb is given.
#include "jit/gdb.h"

#include <gtest/gtest.h>

#include <cstring>

#include <elf.h>

extern "C" {
struct GdbDescriptorForTest {
  uint32_t version;
  uint32_t action;
  plan::jit::GdbEntry* relevant;
  plan::jit::GdbEntry* first;
};
extern GdbDescriptorForTest __jit_debug_descriptor;
}

namespace plan::jit {
namespace {

Image sample() {
  Image image;
  image.bytes.resize(96);
  image.slots_offset = 64;
  image.functions = {{0, "0"}, {32, "0.5"}};
  return image;
}

const char* address(uint64_t n) { return reinterpret_cast<const char*>(n); }

template <typename T>
T at(const std::vector<uint8_t>& file, uint64_t offset) {
  T part;
  EXPECT_LE(offset + sizeof part, file.size());
  std::memcpy(&part, file.data() + offset, sizeof part);
  return part;
}

TEST(GdbSymbols, ASymbolFileNamesEachFunctionWhereItRuns) {
  const std::vector<uint8_t> file = make_symbol_file(sample(), "fib", address(0x1000));
  const auto head = at<Elf64_Ehdr>(file, 0);
  ASSERT_EQ(std::memcmp(head.e_ident, ELFMAG, SELFMAG), 0);
  const auto section = [&](uint64_t n) {
    return at<Elf64_Shdr>(file, head.e_shoff + n * sizeof(Elf64_Shdr));
  };
  EXPECT_EQ(section(1).sh_addr, 0x1000u);
  const Elf64_Shdr symbols = section(2);
  const Elf64_Shdr strings = section(symbols.sh_link);
  ASSERT_EQ(symbols.sh_size, 3 * sizeof(Elf64_Sym));
  const auto last = at<Elf64_Sym>(file, symbols.sh_offset + 2 * sizeof(Elf64_Sym));
  EXPECT_EQ(last.st_value, 0x1020u);
  EXPECT_EQ(last.st_size, 32u);
  EXPECT_STREQ(reinterpret_cast<const char*>(file.data() + strings.sh_offset + last.st_name),
               "fib.0.5");
}

TEST(GdbSymbols, WhatIsGoneIsTakenOffTheList) {
  {
    GdbSymbols outer;
    outer.add(sample(), "outer", address(0x1000));
    const GdbEntry* entry = __jit_debug_descriptor.first;
    {
      GdbSymbols inner;
      inner.add(sample(), "inner", address(0x2000));
      inner.add(sample(), "inner", address(0x3000));
      EXPECT_EQ(__jit_debug_descriptor.first->next->next, entry);
    }
    EXPECT_EQ(__jit_debug_descriptor.first, entry);
    EXPECT_EQ(entry->previous, nullptr);
  }
  EXPECT_EQ(__jit_debug_descriptor.first, nullptr);
}

}  // namespace
}  // namespace plan::jit
