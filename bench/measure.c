// bench/measure.c: runs a command and reports what it cost.
//
//   measure SECONDS_MAX REPORT OUTPUT command...
//
// Runs the command with empty input, stdout to the file OUTPUT and stderr to OUTPUT.err, kills it
// after SECONDS_MAX, and writes one line to the file REPORT:
//   exit code (or minus the signal), wall ns, CPU ns, peak memory in KB, instructions (or -1)
//
// A program of its own because a child's peak memory starts at that of the process it was forked
// from: from this one that is 1 MB, from the driver it would be some twenty.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;

static void kill_child(int signal_number) {
  (void)signal_number;
  kill(child, SIGKILL);
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

static int64_t time_ns(struct timeval t) {
  return t.tv_sec * (int64_t)1000000000 + t.tv_usec * (int64_t)1000;
}

// A counter of the user instructions of the child and its threads, from its exec on; -1 where the
// machine has none or does not let us see it.
static int open_instruction_counter(pid_t pid) {
  struct perf_event_attr what = {.type = PERF_TYPE_HARDWARE,
                                 .size = sizeof what,
                                 .config = PERF_COUNT_HW_INSTRUCTIONS,
                                 .disabled = 1,
                                 .inherit = 1,
                                 .exclude_kernel = 1,
                                 .enable_on_exec = 1};
  return (int)syscall(SYS_perf_event_open, &what, pid, -1, -1, 0);
}

static void redirect(const char *path, int flags, int to) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0 || dup2(fd, to) < 0) _exit(126);
}

static void run_child(int go, const char *output, char **command) {
  char errors[4096], byte;
  snprintf(errors, sizeof errors, "%s.err", output);
  redirect("/dev/null", O_RDONLY, 0);
  redirect(output, O_WRONLY | O_CREAT | O_TRUNC, 1);
  redirect(errors, O_WRONLY | O_CREAT | O_TRUNC, 2);
  // The parent opens the counter meanwhile.
  if (read(go, &byte, 1) != 1) _exit(126);
  execvp(command[0], command);
  _exit(127);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: measure SECONDS_MAX REPORT OUTPUT command...\n");
    return 2;
  }
  int go[2];
  if (pipe2(go, O_CLOEXEC) != 0) return 2;
  child = fork();
  if (child < 0) return 2;
  if (child == 0) run_child(go[0], argv[3], argv + 4);

  int counter = open_instruction_counter(child);
  struct sigaction action = {.sa_handler = kill_child};
  sigaction(SIGALRM, &action, NULL);
  alarm((unsigned)atoi(argv[1]));

  int64_t begin = now_ns();
  if (write(go[1], "", 1) != 1) return 2;
  int status = 0;
  struct rusage used;
  while (wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) return 2;
  }
  int64_t wall_ns = now_ns() - begin, instructions = -1;
  if (counter >= 0 && read(counter, &instructions, sizeof instructions) != sizeof instructions) {
    instructions = -1;
  }

  FILE *report = fopen(argv[2], "w");
  if (report == NULL) return 2;
  fprintf(report, "%d %" PRId64 " %" PRId64 " %ld %" PRId64 "\n",
          WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), wall_ns,
          time_ns(used.ru_utime) + time_ns(used.ru_stime), used.ru_maxrss, instructions);
  return fclose(report) == 0 ? 0 : 2;
}
