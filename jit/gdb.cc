// jit/gdb.cc: names of native code for gdb.
#include "jit/gdb.h"

#include <cstring>
#include <mutex>

#include <elf.h>

namespace plan::jit {

namespace {

enum class GdbAction : uint32_t { kNone, kRegister, kUnregister };

struct GdbDescriptor {
  uint32_t version = 1;
  GdbAction action = GdbAction::kNone;
  GdbEntry* relevant = nullptr;
  GdbEntry* first = nullptr;
};

std::mutex descriptor_mutex;  // several evaluators may be at work

}  // namespace

}  // namespace plan::jit

// The names are gdb's: it stops at the function, and reads the descriptor.
extern "C" {
plan::jit::GdbDescriptor __jit_debug_descriptor;
__attribute__((noinline, used)) void __jit_debug_register_code() { asm volatile("" ::: "memory"); }
}

namespace plan::jit {

namespace {

void tell(GdbAction action, GdbEntry* entry) {
  __jit_debug_descriptor.action = action;
  __jit_debug_descriptor.relevant = entry;
  __jit_debug_register_code();
}

enum Section : uint16_t { kNull, kText, kSymbols, kStrings, kSections };

template <typename T>
void append(std::vector<uint8_t>& to, const T& part) {
  const auto* from = reinterpret_cast<const uint8_t*>(&part);
  to.insert(to.end(), from, from + sizeof part);
}

/// A section; its name is a place in `names`, its bytes begin at `offset`.
Elf64_Shdr section(const std::string& names, const char* name, uint32_t type, uint64_t offset,
                   uint64_t size) {
  Elf64_Shdr s{};
  s.sh_name = static_cast<uint32_t>(names.find(name));
  s.sh_type = type;
  s.sh_offset = offset;
  s.sh_size = size;
  s.sh_addralign = 8;
  return s;
}

Elf64_Ehdr file_head(uint64_t sections_offset) {
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_ident[EI_VERSION] = EV_CURRENT;
  head.e_type = ET_EXEC;
  head.e_machine = EM_X86_64;
  head.e_version = EV_CURRENT;
  head.e_shoff = sections_offset;
  head.e_ehsize = sizeof(Elf64_Ehdr);
  head.e_shentsize = sizeof(Elf64_Shdr);
  head.e_shnum = kSections + 1;
  head.e_shstrndx = kSections;
  return head;
}

}  // namespace

std::vector<uint8_t> make_symbol_file(const Image& image, const std::string& law, const char* at) {
  const auto address = reinterpret_cast<uint64_t>(at);
  std::string strings(1, '\0');
  std::vector<uint8_t> symbols(sizeof(Elf64_Sym));
  for (size_t k = 0; k < image.functions.size(); ++k) {
    const ImageFunction& f = image.functions[k];
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<uint32_t>(strings.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = kText;
    symbol.st_value = address + f.offset;
    symbol.st_size = image.end_of(k) - f.offset;
    append(symbols, symbol);
    strings += law + "." + f.name + '\0';
  }
  using namespace std::string_literals;
  const std::string names = "\0.text\0.symtab\0.strtab\0.shstrtab\0"s;
  const uint64_t symbols_at = sizeof(Elf64_Ehdr);
  const uint64_t strings_at = symbols_at + symbols.size();
  const uint64_t names_at = strings_at + strings.size();
  const uint64_t sections_at = (names_at + names.size() + 7) / 8 * 8;

  Elf64_Shdr text = section(names, ".text", SHT_NOBITS, 0, image.bytes.size());
  text.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  text.sh_addr = address;
  Elf64_Shdr table = section(names, ".symtab", SHT_SYMTAB, symbols_at, symbols.size());
  table.sh_link = kStrings;
  table.sh_info = 1;  // the first one that is not local
  table.sh_entsize = sizeof(Elf64_Sym);

  std::vector<uint8_t> file;
  append(file, file_head(sections_at));
  file.insert(file.end(), symbols.begin(), symbols.end());
  file.insert(file.end(), strings.begin(), strings.end());
  file.insert(file.end(), names.begin(), names.end());
  file.resize(sections_at);
  append(file, Elf64_Shdr{});
  append(file, text);
  append(file, table);
  append(file, section(names, ".strtab", SHT_STRTAB, strings_at, strings.size()));
  append(file, section(names, ".shstrtab", SHT_STRTAB, names_at, names.size()));
  return file;
}

void GdbSymbols::add(const Image& image, const std::string& law, const char* at) {
  File& file = files_.emplace_back();
  file.bytes = make_symbol_file(image, law, at);
  file.entry.file = file.bytes.data();
  file.entry.bytes = file.bytes.size();
  const std::lock_guard<std::mutex> lock(descriptor_mutex);
  GdbEntry*& first = __jit_debug_descriptor.first;
  file.entry.next = first;
  if (first != nullptr) first->previous = &file.entry;
  first = &file.entry;
  tell(GdbAction::kRegister, &file.entry);
}

GdbSymbols::~GdbSymbols() {
  const std::lock_guard<std::mutex> lock(descriptor_mutex);
  for (File& file : files_) {
    GdbEntry& entry = file.entry;
    if (entry.next != nullptr) entry.next->previous = entry.previous;
    GdbEntry*& before =
        entry.previous != nullptr ? entry.previous->next : __jit_debug_descriptor.first;
    before = entry.next;
    tell(GdbAction::kUnregister, &entry);
  }
}

}  // namespace plan::jit
