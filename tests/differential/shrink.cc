// tests/differential/shrink.cc: greedy shrinking, from the outermost node inwards.
#include "tests/differential/shrink.h"

#include <utility>

namespace plan::differential {

namespace {

/// Every tree that is one step smaller at the root of `e`.
std::vector<Expr> smaller_at_root(const Expr& e) {
  std::vector<Expr> candidates;
  if (e.form == Form::kNat) {
    if (e.text != "0") candidates.push_back(nat(0));
    if (e.text.size() > 1) candidates.push_back(big_nat(e.text.substr(0, e.text.size() / 2)));
    if (e.text.size() == 1 && e.text > "1") {
      candidates.push_back(nat(static_cast<uint64_t>(e.text[0] - '0') - 1));
    }
    return candidates;
  }
  candidates.push_back(nat(0));
  candidates.push_back(nat(9));
  for (const Expr& part : e.parts) candidates.push_back(part);
  if (e.form == Form::kBar && !e.text.empty()) candidates.push_back(bar(""));
  if (e.form == Form::kLaw || e.form == Form::kPin) return candidates;
  if (e.form == Form::kApp && !e.parts.empty() && e.parts[0].form == Form::kApp) {
    Expr flat = e.parts[0];
    flat.parts.insert(flat.parts.end(), e.parts.begin() + 1, e.parts.end());
    candidates.push_back(std::move(flat));
  }
  const size_t step = e.form == Form::kTab ? 2 : 1;
  for (size_t i = 0; i + step <= e.parts.size(); i += step) {
    Expr shorter = e;
    const auto first = shorter.parts.begin() + static_cast<ptrdiff_t>(i);
    shorter.parts.erase(first, first + static_cast<ptrdiff_t>(step));
    candidates.push_back(std::move(shorter));
  }
  return candidates;
}

class Shrinker {
 public:
  Shrinker(Expr program, Property& property, uint32_t attempts)
      : program_(std::move(program)), property_(property), attempts_(attempts) {}

  Expr run() {
    while (improve(program_)) {
    }
    return program_;
  }

 private:
  /// Makes the part `at` of program_ and its parts as small as single steps can; true if it did.
  bool improve(Expr& at) {
    bool improved = false;
    while (improve_root(at)) improved = true;
    for (size_t i = 0; i < at.parts.size(); i++) improved |= improve(at.parts[i]);
    return improved;
  }

  bool improve_root(Expr& at) {
    const Expr original = at;
    for (Expr& candidate : smaller_at_root(original)) {
      if (attempts_ == 0) break;
      attempts_--;
      at = std::move(candidate);
      if (property_.holds(program_)) return true;
    }
    at = original;
    return false;
  }

  Expr program_;
  Property& property_;
  uint32_t attempts_;
};

}  // namespace

Expr shrink(Expr program, Property& property, uint32_t attempts) {
  return Shrinker(std::move(program), property, attempts).run();
}

}  // namespace plan::differential
