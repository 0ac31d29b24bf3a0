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

CodeMemory map_code_memory(uint64_t bytes) {
  // Shared memory without a name, which perf looks up in its map of symbols; a memfd it would not.
  void* w = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (w == MAP_FAILED) return {};
  // An old size of 0 maps shared pages a second time.
  void* x = mremap(w, 0, bytes, MREMAP_MAYMOVE);
  if (x == MAP_FAILED || mprotect(x, bytes, PROT_READ | PROT_EXEC) != 0) {
    if (x != MAP_FAILED) munmap(x, bytes);
    munmap(w, bytes);
    return {};
  }
  return {static_cast<char*>(w), static_cast<char*>(x)};
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
