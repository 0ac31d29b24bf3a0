// base/memory_map.cc: mmap and its relatives.
#include "base/memory_map.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>

namespace plan {

void* reserve_memory(uint64_t hint, uint64_t bytes) {
  void* at = mmap(std::bit_cast<void*>(hint), bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

void* require_memory(uint64_t hint, uint64_t bytes) {
  void* at = reserve_memory(hint, bytes);
  if (at != nullptr) return at;
  std::fprintf(stderr,
               "palladium: the system refuses %llu GiB of address space; is there a limit on "
               "virtual memory (ulimit -v)?\n",
               static_cast<unsigned long long>(bytes >> 30));
  std::exit(1);
}

void unreserve_memory(void* base, uint64_t bytes) { munmap(base, bytes); }

void discard_memory(void* base, uint64_t bytes) {
  if (bytes != 0) madvise(base, bytes, MADV_DONTNEED);
}

void advise_huge_pages(void* base, uint64_t bytes) { madvise(base, bytes, MADV_HUGEPAGE); }

bool protect_none(void* base, uint64_t bytes) { return mprotect(base, bytes, PROT_NONE) == 0; }

namespace {

/// Empty, with nothing left mapped, if one of the two views was refused.
CodeMemory both(void* writable, void* executable, uint64_t bytes) {
  if (writable != MAP_FAILED && executable != MAP_FAILED) {
    return {static_cast<char*>(writable), static_cast<char*>(executable)};
  }
  if (writable != MAP_FAILED) munmap(writable, bytes);
  if (executable != MAP_FAILED) munmap(executable, bytes);
  return {};
}

/// Memory without a name, which perf looks up in its map of symbols.
CodeMemory map_nameless_code(uint64_t bytes) {
  void* w = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (w == MAP_FAILED) return {};
  // An old size of 0 maps shared pages a second time.
  void* x = mremap(w, 0, bytes, MREMAP_MAYMOVE);
  if (x != MAP_FAILED && mprotect(x, bytes, PROT_READ | PROT_EXEC) != 0) {
    munmap(x, bytes);
    x = MAP_FAILED;
  }
  return both(w, x, bytes);
}

/// A file in memory, whose second view is executable from the start.
CodeMemory map_named_code(uint64_t bytes) {
  const int file = memfd_create("palladium code", MFD_CLOEXEC);
  if (file < 0) return {};
  CodeMemory memory;
  if (ftruncate(file, static_cast<off_t>(bytes)) == 0) {
    const int shared = MAP_SHARED | MAP_NORESERVE;
    void* w = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, shared, file, 0);
    void* x = mmap(nullptr, bytes, PROT_READ | PROT_EXEC, shared, file, 0);
    memory = both(w, x, bytes);
  }
  close(file);
  return memory;
}

}  // namespace

CodeMemory map_code_memory(uint64_t bytes) {
  const CodeMemory memory = map_nameless_code(bytes);
  if (memory.writable != nullptr) return memory;
  // Valgrind maps nothing twice, and a process may be forbidden to make executable what was not.
  return map_named_code(bytes);
}

void unmap_code_memory(const CodeMemory& memory, uint64_t bytes) {
  munmap(memory.writable, bytes);
  munmap(memory.executable, bytes);
}

void* map_file(int descriptor, uint64_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  return at == MAP_FAILED ? nullptr : at;
}

void unmap_file(void* base, uint64_t bytes) {
  if (base != nullptr) munmap(base, bytes);
}

uint64_t physical_memory_bytes() {
  const uint64_t pages = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES));
  uint64_t bytes = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (std::FILE* f = std::fopen("/sys/fs/cgroup/memory.max", "r")) {
    unsigned long long limit = 0;
    if (std::fscanf(f, "%llu", &limit) == 1 && limit > 0) bytes = std::min<uint64_t>(bytes, limit);
    std::fclose(f);
  }
  return bytes;
}

}  // namespace plan
