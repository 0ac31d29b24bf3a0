// tests/differential/isolate.cc: fork, and a pipe for the answer.
#include "tests/differential/isolate.h"

#include "base/check.h"

#include <sys/wait.h>
#include <unistd.h>

namespace plan::differential {

namespace {

void write_all(int fd, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = write(fd, text.data() + done, text.size() - done);
    PLAN_CHECK(n > 0);
    done += static_cast<size_t>(n);
  }
}

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = read(fd, buffer, sizeof buffer); n > 0; n = read(fd, buffer, sizeof buffer)) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

}  // namespace

std::string run_isolated(std::string (*work)(void* context), void* context, uint32_t seconds) {
  int ends[2];
  PLAN_CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  PLAN_CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    alarm(seconds);
    write_all(ends[1], work(context));
    _exit(0);
  }
  close(ends[1]);
  std::string answer = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  PLAN_CHECK(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) answer += "signal " + std::to_string(WTERMSIG(status)) + "\n";
  return answer;
}

}  // namespace plan::differential
