// tests/oracle/plan_oracle.cc: evaluates programs, one a line.
//
// A line is empty, a comment (;), a definition ($name = value), or a program. After each program
// come its traces and how it ended: value TEXT | crash OP TEXT | loop | fuel | depth.
#include "tests/oracle/run.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace plan::oracle {

namespace {

bool read_line(std::FILE* file, std::string* line) {
  line->clear();
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c == '\n') return true;
    *line += static_cast<char>(c);
  }
  return !line->empty();
}

bool execute(Oracle& oracle, const Limits& limits, const std::string& line, std::string* error) {
  const size_t equals = line.find(" = ");
  if (line[0] == '$' && equals != std::string::npos) {
    return oracle.define(line.substr(1, equals - 1), line.substr(equals + 3), error);
  }
  Outcome outcome;
  if (!oracle.run(line, limits, &outcome, error)) return false;
  std::fputs(describe(outcome).c_str(), stdout);
  return true;
}

}  // namespace

int run_file(std::FILE* file, const Limits& limits) {
  Oracle oracle;
  std::string line;
  int failures = 0;
  for (size_t number = 1; read_line(file, &line); number++) {
    if (line.empty() || line[0] == ';') continue;
    std::string error;
    if (execute(oracle, limits, line, &error)) continue;
    std::fprintf(stderr, "line %zu: %s\n", number, error.c_str());
    failures++;
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace plan::oracle

int main(int argc, char** argv) {
  plan::oracle::Limits limits;
  if (argc > 1) limits.steps = std::strtoull(argv[1], nullptr, 10);
  if (argc <= 2) return plan::oracle::run_file(stdin, limits);
  std::fprintf(stderr, "usage: plan_oracle [steps] < programs\n");
  return 2;
}
