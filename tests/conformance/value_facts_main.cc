// tests/conformance/value_facts_main.cc: prints the facts of each value read from standard input,
// one value a line, one line of columns as in vectors.tsv for each. After a seed has been read back
// it must give the same facts; otherwise the line says so.
#include "gc/heap.h"
#include "gc/seed.h"
#include "gc/text.h"
#include "tests/conformance/value_facts.h"

#include <cstdio>
#include <string>

namespace plan::conformance {
namespace {

Result<std::string> facts_line(gc::Heap& heap, const std::string& text) {
  PLAN_TRY(const Value value, gc::read_value_text(heap, text));
  PLAN_TRY(const std::vector<std::string> facts, value_facts(heap, value));
  PLAN_TRY(const Value again, gc::load_seed(heap, from_hex(facts[1])));
  PLAN_TRY(const std::vector<std::string> facts_again, value_facts(heap, again));
  if (facts != facts_again) return Error{"read back", "another value was read back"};
  std::string line;
  for (const std::string& fact : facts) line += (line.empty() ? "" : "\t") + fact;
  return line;
}

}  // namespace
}  // namespace plan::conformance

int main() {
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    plan::gc::Heap heap{plan::gc::Config{}};
    auto facts = plan::conformance::facts_line(heap, line);
    std::printf("%s\n", facts ? facts->c_str() : facts.error().message.c_str());
    line.clear();
  }
  return 0;
}
