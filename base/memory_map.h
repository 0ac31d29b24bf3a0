// base/memory_map.h: the only place that maps memory.
#pragma once

#include <cstdint>

namespace plan {

/// Reserves `bytes` of address space, readable and writable, without committing memory to it.
/// Prefers `hint`; returns nullptr when the system refuses.
void* reserve_memory(uint64_t hint, uint64_t bytes);
/// The same for what nothing works without: ends the process with a message when it is refused.
void* require_memory(uint64_t hint, uint64_t bytes);
void unreserve_memory(void* base, uint64_t bytes);
/// Gives the pages back; the next touch reads zeros. Page-aligned.
void discard_memory(void* base, uint64_t bytes);
/// Asks for transparent huge pages.
void advise_huge_pages(void* base, uint64_t bytes);
/// Makes the range trap on access.
bool protect_none(void* base, uint64_t bytes);
/// Two views of the same memory, so that no page is both writable and executable.
struct CodeMemory {
  char* writable = nullptr;
  char* executable = nullptr;
};
/// Empty if the system refuses. Memory is committed when it is written, in pages.
CodeMemory map_code_memory(uint64_t bytes);
void unmap_code_memory(const CodeMemory& memory, uint64_t bytes);
/// A view of a file that nothing is written through, which may reach beyond its end; nullptr, with
/// errno, if the system refuses. Only MappedFile (base/mapped_file.h) can bear a file that is cut.
void* map_file(int descriptor, uint64_t bytes);
void unmap_file(void* base, uint64_t bytes);
/// Physical memory of the machine, or of the control group if that is less.
uint64_t physical_memory_bytes();

}  // namespace plan
