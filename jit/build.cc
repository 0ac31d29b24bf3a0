// jit/build.cc: build ids from ELF notes, features from the processor.
#include "jit/build.h"

#include <cstring>
#include <vector>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "jit/code_cache.h"

namespace plan::jit {

namespace {

constexpr size_t kNotesBytesMax = size_t{1} << 16;
constexpr uint32_t kProgramHeadersMax = 256;

bool read_at(int fd, uint64_t offset, void* to, size_t bytes) {
  return pread(fd, to, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
}

size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }

/// The build id among the notes of one segment; empty if it is not there.
std::vector<uint8_t> find_in_notes(const std::vector<uint8_t>& notes) {
  size_t at = 0;
  Elf64_Nhdr note;
  while (notes.size() - at >= sizeof note) {
    std::memcpy(&note, notes.data() + at, sizeof note);
    at += sizeof note;
    if (note.n_namesz > kNotesBytesMax || note.n_descsz > kNotesBytesMax) return {};
    const size_t description = at + padded(note.n_namesz);
    const size_t end = description + padded(note.n_descsz);
    if (end > notes.size()) return {};
    const bool is_gnu = note.n_namesz == sizeof ELF_NOTE_GNU &&
                        std::memcmp(notes.data() + at, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0;
    if (is_gnu && note.n_type == NT_GNU_BUILD_ID) {
      const auto from = notes.begin() + static_cast<std::ptrdiff_t>(description);
      return {from, from + note.n_descsz};
    }
    at = end;
  }
  return {};
}

std::vector<uint8_t> build_id_of(int fd) {
  Elf64_Ehdr head;
  if (!read_at(fd, 0, &head, sizeof head)) return {};
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(Elf64_Phdr)) return {};
  for (uint32_t k = 0; k < head.e_phnum && k < kProgramHeadersMax; ++k) {
    Elf64_Phdr segment;
    if (!read_at(fd, head.e_phoff + k * sizeof segment, &segment, sizeof segment)) return {};
    if (segment.p_type != PT_NOTE || segment.p_filesz > kNotesBytesMax) continue;
    std::vector<uint8_t> notes(segment.p_filesz);
    if (!read_at(fd, segment.p_offset, notes.data(), notes.size())) return {};
    std::vector<uint8_t> id = find_in_notes(notes);
    if (!id.empty()) return id;
  }
  return {};
}

std::vector<uint8_t> build_id_of(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::vector<uint8_t> id = build_id_of(fd);
  close(fd);
  return id;
}

void add(Blake3& hash, const void* from, size_t bytes) {
  hash.update({static_cast<const uint8_t*>(from), bytes});
}

/// All that LLVM looks at to know the processor.
void add_processor(Blake3& hash) {
#if defined(__x86_64__)
  constexpr uint32_t kLeaves[][2] = {{0, 0}, {1, 0}, {7, 0}, {7, 1}, {0x80000001, 0}};
  for (const auto& [leaf, part] : kLeaves) {
    uint32_t words[4] = {0, 0, 0, 0};
    __get_cpuid_count(leaf, part, &words[0], &words[1], &words[2], &words[3]);
    if (leaf == 1) words[1] = 0;  // which of the processors this is
    add(hash, words, sizeof words);
  }
#else
  static_cast<void>(hash);
#endif
}

}  // namespace

std::optional<Hash256> build_hash(const std::string& plug_in) {
  Blake3 hash;
  for (const char* path : {"/proc/self/exe", plug_in.c_str()}) {
    const std::vector<uint8_t> id = build_id_of(path);
    if (id.empty()) return std::nullopt;
    const uint64_t size = id.size();
    add(hash, &size, sizeof size);
    add(hash, id.data(), id.size());
  }
  add(hash, &kCodeCacheVersion, sizeof kCodeCacheVersion);
  add_processor(hash);
  return hash.finish();
}

}  // namespace plan::jit
