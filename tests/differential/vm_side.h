// tests/differential/vm_side.h: programs evaluated by vm/, described as the oracle describes them.
#pragma once

#include "tests/differential/expr.h"
#include "vm/eval.h"

#include <memory>
#include <optional>
#include <string>

namespace plan::differential {

struct VmOptions {
  bool gc_stress = false;
  bool jets = true;
  uint64_t nursery_bytes = uint64_t{1} << 20;
  uint64_t time_limit_ns = 20'000'000'000;
};

/// One evaluator, used for any number of programs one after the other.
class VmSide {
 public:
  explicit VmSide(const VmOptions& options);

  /// What oracle::describe would print; aborts are `time`, `memory`, `stack` and `interrupted`.
  /// `program` must be well formed.
  std::string run(const Expr& program, size_t text_bytes);

 private:
  std::optional<Value> build(const Expr& e, bool is_value);
  std::optional<Value> build_law(const Expr& e);
  std::optional<Value> build_set(const std::vector<Value>& keys);
  std::optional<Value> build_application(const Expr& e, bool is_value);
  bool build_all(const std::vector<Expr>& parts, bool is_value, std::vector<Value>* values);

  vm::Evaluator evaluator_;
  std::unique_ptr<gc::Root> trace_;
  std::unique_ptr<gc::Root> try_;
};

/// Canonical text of a normal form, cut off after `limit_bytes`; `?` for what is none.
std::string print_value(Value v, size_t limit_bytes);

}  // namespace plan::differential
