// tools/hot_functions.c: notes which functions of a library run, in the order of their first calls.
//
// To be preloaded; see tools/hot_functions.py. Every function of the library begins with a
// breakpoint. The first call meets it: the original byte, from the file in HOT_ORIGINAL, takes its
// place, its offset in that file goes to HOT_OUTPUT, 8 bytes, and the function runs. x86-64 only.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

static const char *original;
static int output = -1;
static uintptr_t code_begin, code_end, code_offset; // The library's text, once it is known.

// Finds the mapping around the address, and makes it writable.
static void find_code(uintptr_t address) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[1024];
  while (maps && fgets(line, sizeof line, maps)) {
    uintptr_t from, to, offset;
    if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) != 3) continue;
    if (address < from || address >= to) continue;
    code_begin = from;
    code_end = to;
    code_offset = offset;
  }
  if (maps) fclose(maps);
  mprotect((void *)code_begin, code_end - code_begin, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void on_breakpoint(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const uintptr_t address = (uintptr_t)registers[REG_RIP] - 1;
  if (!code_begin) find_code(address);
  if (address < code_begin || address >= code_end) _exit(99);
  const uint64_t at = address - code_begin + code_offset;
  *(volatile char *)address = original[at];
  registers[REG_RIP] = (greg_t)address;
  if (write(output, &at, sizeof at) != sizeof at) _exit(98);
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("HOT_ORIGINAL");
  if (!path) return;
  const int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) _exit(97);
  original = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  output = open(getenv("HOT_OUTPUT"), O_WRONLY | O_CREAT | O_APPEND, 0644);
  struct sigaction action = {0};
  action.sa_sigaction = on_breakpoint;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigaction(SIGTRAP, &action, NULL);
}
