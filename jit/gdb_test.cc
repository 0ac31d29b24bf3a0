// jit/gdb_test.cc: what gdb is given.
#include "jit/gdb.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include <elf.h>

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
  const std::array code{code_of_image(sample(), "fib", address(0x1000)),
                        code_of_function("fib.template", address(0x5000), 64)};
  const std::vector<uint8_t> file = make_symbol_file(code);
  const auto head = at<Elf64_Ehdr>(file, 0);
  ASSERT_EQ(std::memcmp(head.e_ident, ELFMAG, SELFMAG), 0);
  const auto section = [&](uint64_t n) {
    return at<Elf64_Shdr>(file, head.e_shoff + n * sizeof(Elf64_Shdr));
  };
  EXPECT_EQ(section(1).sh_addr, 0x1000u);
  EXPECT_EQ(section(2).sh_addr, 0x5000u);
  const Elf64_Shdr symbols = section(3);
  const Elf64_Shdr strings = section(symbols.sh_link);
  ASSERT_EQ(symbols.sh_size, 4 * sizeof(Elf64_Sym));
  const auto expect_symbol = [&](uint64_t n, const char* name, uint64_t where, uint64_t bytes) {
    const auto symbol = at<Elf64_Sym>(file, symbols.sh_offset + n * sizeof(Elf64_Sym));
    EXPECT_EQ(symbol.st_value, where);
    EXPECT_EQ(symbol.st_size, bytes);
    EXPECT_EQ(section(symbol.st_shndx).sh_addr, n < 3 ? 0x1000u : 0x5000u);
    EXPECT_STREQ(reinterpret_cast<const char*>(file.data() + strings.sh_offset + symbol.st_name),
                 name);
  };
  expect_symbol(1, "fib.0", 0x1000, 32);
  expect_symbol(2, "fib.0.5", 0x1020, 32);
  expect_symbol(3, "fib.template", 0x5000, 64);
}

TEST(GdbSymbols, WhatIsGoneIsTakenOffTheList) {
  {
    GdbSymbols outer;
    outer.add(code_of_image(sample(), "outer", address(0x1000)));
    const GdbEntry* entry = first_gdb_entry();
    {
      GdbSymbols inner;
      inner.add(code_of_image(sample(), "inner", address(0x2000)));
      inner.add(code_of_image(sample(), "inner", address(0x3000)));
      EXPECT_EQ(first_gdb_entry()->next->next, entry);
    }
    EXPECT_EQ(first_gdb_entry(), entry);
    EXPECT_EQ(entry->previous, nullptr);
  }
  EXPECT_EQ(first_gdb_entry(), nullptr);
}

uint64_t listed_files() {
  uint64_t n = 0;
  for (const GdbEntry* e = first_gdb_entry(); e != nullptr; e = e->next) ++n;
  return n;
}

/// Whether a file on the list has the name.
bool is_listed(const std::string& name) {
  for (const GdbEntry* e = first_gdb_entry(); e != nullptr; e = e->next) {
    const std::string_view file(reinterpret_cast<const char*>(e->file), e->bytes);
    if (file.find(name + '\0') != file.npos) return true;
  }
  return false;
}

GdbCode numbered(uint64_t n) {
  return code_of_function("law" + std::to_string(n), address(0x1000 * (n + 1)), 64);
}

TEST(GdbSymbols, MuchCodeIsNamedByFewFiles) {
  constexpr uint64_t kPieces = 1000;
  GdbSymbols symbols;
  for (uint64_t n = 0; n < kPieces; ++n) {
    symbols.add(numbered(n));
    ASSERT_TRUE(is_listed("law" + std::to_string(n)));
    ASSERT_LE(listed_files(), 3 * (kGdbMerge - 1));  // 16^3 is more
  }
  for (uint64_t n = 0; n < kPieces; ++n) {
    ASSERT_TRUE(is_listed("law" + std::to_string(n)));
  }
}

TEST(GdbSymbols, WhatIsRemovedIsNotNamedAndTheRestOfItsFileIs) {
  GdbSymbols symbols;
  for (uint64_t n = 0; n < kGdbMerge; ++n) symbols.add(numbered(n));
  ASSERT_EQ(listed_files(), 1u);
  symbols.remove(numbered(3).at);
  EXPECT_FALSE(is_listed("law3"));
  EXPECT_TRUE(is_listed("law2"));
  EXPECT_TRUE(is_listed("law4"));
  for (uint64_t n = 0; n < kGdbMerge; ++n) symbols.remove(numbered(n).at);
  EXPECT_EQ(listed_files(), 0u);
}

}  // namespace
}  // namespace plan::jit
