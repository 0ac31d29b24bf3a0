// tests/differential/vm_side.h: programs evaluated by vm/, described as the oracle describes them.
#pragma once

#include "jit/templates.h"
#include "tests/differential/expr.h"
#include "vm/eval.h"
#include "vm/machine.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace plan::differential {

struct VmOptions {
  bool gc_stress = false;
  bool jets = true;
  bool optimise = false;  ///< every law at its first entry
  vm::PassSet passes = vm::PassSet::all();
  bool native = false;      ///< every law becomes native code at its first entry
  bool templates = false;   ///< every law is translated at its first entry
  uint32_t hot_entries = 0;  ///< with `native`: only laws entered so often do, meanwhile; 0: all
  uint64_t code_bytes_max = uint64_t{256} << 20;  ///< of native code
  uint64_t template_bytes_max = jit::kTemplateBytesMax;
  bool quick_code = false;  ///< without LLVM's optimisations, which take most of the time
  std::string code_cache = {};  ///< folder of stored code; empty: none
  uint64_t nursery_bytes = uint64_t{1} << 20;
  uint64_t time_limit_ns = 20'000'000'000;
  /// Also run what the oracle has no opinion of, this long; only what follows is compared. 0:
  /// don't.
  uint64_t endless_ns = 0;
};

/// One evaluator, used for any number of programs one after the other.
class VmSide {
 public:
  explicit VmSide(const VmOptions& options);

  /// What oracle::describe would print; aborts are `time`, `memory`, `stack` and `interrupted`.
  /// `program` must be well formed.
  std::string run(const Expr& program, size_t text_bytes);
  /// Runs `program`, which may be endless, for at most `ns`.
  void run_briefly(const Expr& program, uint64_t ns);

  /// Makes $name stand for `value`, which is pinned and compared with the jets by its hash.
  bool define(const std::string& name, const Expr& value);

  const gc::Heap& heap() { return evaluator_.heap(); }
  /// What the native tier has compiled and refused so far.
  const vm::TierStatistics& tier_statistics() { return evaluator_.machine().tier_statistics; }

 private:
  std::optional<Value> build(const Expr& e, bool is_value);
  Value build_pin(Value item);
  std::optional<Value> build_law(const Expr& e);
  std::optional<Value> build_set(const std::vector<Value>& keys);
  std::optional<Value> build_application(const Expr& e, bool is_value);
  bool build_all(const std::vector<Expr>& parts, bool is_value, std::vector<Value>* values);

  VmOptions options_;
  vm::Evaluator evaluator_;
  std::map<std::string, std::unique_ptr<gc::Root>> names_;
};

}  // namespace plan::differential
