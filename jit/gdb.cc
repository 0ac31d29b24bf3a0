// jit/gdb.cc: names of native code for gdb.
#include "jit/gdb.h"

#include <cstring>
#include <mutex>
#include <utility>

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

/// `last`: the section of the sections' names.
Elf64_Ehdr file_head(uint64_t sections_offset, size_t last) {
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
  head.e_shnum = static_cast<uint16_t>(last + 1);
  head.e_shstrndx = static_cast<uint16_t>(last);
  return head;
}

}  // namespace

GdbCode code_of_image(const Image& image, const std::string& law, const char* at) {
  GdbCode code{at, image.bytes.size(), {}};
  for (size_t k = 0; k < image.functions.size(); ++k) {
    const ImageFunction& f = image.functions[k];
    code.functions.push_back({law + "." + f.name, f.offset, image.end_of(k) - f.offset});
  }
  return code;
}

GdbCode code_of_function(const std::string& name, const char* at, uint64_t bytes) {
  return {at, bytes, {{name, 0, bytes}}};
}

// Sections: the empty one, those of the code, symbols, their names, the sections' names.
std::vector<uint8_t> make_symbol_file(std::span<const GdbCode> code) {
  using namespace std::string_literals;
  const std::string names = "\0.text\0.symtab\0.strtab\0.shstrtab\0"s;
  std::string strings(1, '\0');
  std::vector<uint8_t> symbols(sizeof(Elf64_Sym));
  std::vector<Elf64_Shdr> sections(1);
  for (const GdbCode& piece : code) {
    const auto address = reinterpret_cast<uint64_t>(piece.at);
    for (const GdbCode::Function& f : piece.functions) {
      Elf64_Sym symbol{};
      symbol.st_name = static_cast<uint32_t>(strings.size());
      symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
      symbol.st_shndx = static_cast<uint16_t>(sections.size());
      symbol.st_value = address + f.offset;
      symbol.st_size = f.bytes;
      append(symbols, symbol);
      strings += f.name + '\0';
    }
    Elf64_Shdr text = section(names, ".text", SHT_NOBITS, 0, piece.bytes);
    text.sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    text.sh_addr = address;
    sections.push_back(text);
  }
  const uint64_t symbols_at = sizeof(Elf64_Ehdr);
  const uint64_t strings_at = symbols_at + symbols.size();
  const uint64_t names_at = strings_at + strings.size();
  const uint64_t sections_at = (names_at + names.size() + 7) / 8 * 8;
  Elf64_Shdr table = section(names, ".symtab", SHT_SYMTAB, symbols_at, symbols.size());
  table.sh_link = static_cast<uint32_t>(sections.size() + 1);
  table.sh_info = 1;  // the first one that is not local
  table.sh_entsize = sizeof(Elf64_Sym);
  sections.push_back(table);
  sections.push_back(section(names, ".strtab", SHT_STRTAB, strings_at, strings.size()));
  sections.push_back(section(names, ".shstrtab", SHT_STRTAB, names_at, names.size()));

  std::vector<uint8_t> file;
  append(file, file_head(sections_at, sections.size() - 1));
  file.insert(file.end(), symbols.begin(), symbols.end());
  file.insert(file.end(), strings.begin(), strings.end());
  file.insert(file.end(), names.begin(), names.end());
  file.resize(sections_at);
  for (const Elf64_Shdr& s : sections) append(file, s);
  return file;
}

const GdbEntry* first_gdb_entry() { return __jit_debug_descriptor.first; }

void GdbSymbols::add(GdbCode code) {
  std::vector<GdbCode> pieces;
  pieces.push_back(std::move(code));
  for (size_t level = 0;; ++level) {
    Files& files = levels_[level];
    if (files.size() + 1 < kGdbMerge || level + 1 == kGdbLevels) {
      return add_file(files, std::move(pieces));
    }
    while (!files.empty()) {
      for (GdbCode& piece : remove_file(files.begin())) pieces.push_back(std::move(piece));
    }
  }
}

void GdbSymbols::remove(const char* at) {
  const auto found = file_of_.find(at);
  if (found == file_of_.end()) return;
  Files& list = *found->second->list;
  std::vector<GdbCode> pieces = remove_file(found->second);
  std::erase_if(pieces, [&](const GdbCode& piece) { return piece.at == at; });
  if (!pieces.empty()) add_file(list, std::move(pieces));
}

void GdbSymbols::add_file(Files& list, std::vector<GdbCode> code) {
  File& file = list.emplace_back();
  file.code = std::move(code);
  file.list = &list;
  for (const GdbCode& piece : file.code) file_of_[piece.at] = std::prev(list.end());
  file.bytes = make_symbol_file(file.code);
  file.entry.file = file.bytes.data();
  file.entry.bytes = file.bytes.size();
  const std::lock_guard<std::mutex> lock(descriptor_mutex);
  GdbEntry*& first = __jit_debug_descriptor.first;
  file.entry.next = first;
  if (first != nullptr) first->previous = &file.entry;
  first = &file.entry;
  tell(GdbAction::kRegister, &file.entry);
}

std::vector<GdbCode> GdbSymbols::remove_file(Files::iterator file) {
  {
    const std::lock_guard<std::mutex> lock(descriptor_mutex);
    GdbEntry& entry = file->entry;
    if (entry.next != nullptr) entry.next->previous = entry.previous;
    GdbEntry*& before =
        entry.previous != nullptr ? entry.previous->next : __jit_debug_descriptor.first;
    before = entry.next;
    tell(GdbAction::kUnregister, &entry);
  }
  std::vector<GdbCode> code = std::move(file->code);
  for (const GdbCode& piece : code) file_of_.erase(piece.at);
  file->list->erase(file);
  return code;
}

GdbSymbols::~GdbSymbols() {
  for (Files& files : levels_) {
    while (!files.empty()) remove_file(files.begin());
  }
}

}  // namespace plan::jit
