// tests/differential/generate_call.cc: calls of library functions on what they like, and do not.
#include "tests/differential/generate.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

namespace plan::differential {

namespace {

enum class Sort : uint8_t { kNat, kRow, kList, kSet, kTab, kBar, kFunction, kOther, kCount };

class CallGenerator {
 public:
  CallGenerator(uint64_t seed, std::span<const NamedFunction> functions)
      : functions_(functions), random_(seed) {}

  Expr program() {
    const NamedFunction& f = functions_[below(functions_.size())];
    favourite_ = sort_of(f.name);
    if (one_in(4)) crash_rarity_ = 2;
    const uint64_t count = one_in(12) ? f.arity + 1 : f.arity;
    std::vector<Expr> parts = {name(f.name)};
    for (uint64_t i = 0; i < count; i++) parts.push_back(lazy(argument(2), crash_rarity_));
    Expr call = app(parts);
    if (one_in(4)) return app({name(kTryName), row({law(7, 1, nat(1)), std::move(call)})});
    if (one_in(4)) return app({name(kTryName), row(std::move(parts))});
    if (one_in(6)) return observe_whnf(std::move(call));
    return call;
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  bool one_in(uint64_t n) { return below(n) == 0; }

  static Sort sort_of(const std::string& name) {
    const auto starts = [&](const char* prefix) { return name.starts_with(prefix); };
    if (starts("set") || name == "_SetToRow") return Sort::kSet;
    if (starts("tab") || starts("_Tab")) return Sort::kTab;
    if (starts("bar") || starts("_Bar")) return Sort::kBar;
    static constexpr const char* kRows[] = {"rowCons", "rowSnoc", "zip",   "drop",    "take",
                                            "cat",     "sum",     "sumOf", "bsearch", "implode",
                                            "_Weld",   "_Map",    "_Rev",  "_Put",    "_Mut",
                                            "_Idx",    "_Get",    "_Len",  "_Last",   "_Switch"};
    for (const char* row : kRows) {
      if (name == row) return Sort::kRow;
    }
    return starts("_Sized") ? Sort::kList : Sort::kNat;
  }

  /// `e`, or something that becomes `e`, or that crashes or traces first.
  Expr lazy(Expr e, uint64_t rarity) {
    if (rarity > 2 && !one_in(3)) return e;
    switch (below(rarity)) {
      case 0:
        return app({nat(9), nat(labels_++)});
      case 1:
      case 2:
        return app({name(kTraceName), nat(100 + labels_++), std::move(e)});
      default:
        return app({law(7, 1, nat(1)), std::move(e)});
    }
  }

  Expr argument(uint32_t depth) {
    if (one_in(2)) return of_sort(favourite_, depth);
    if (one_in(2)) return of_sort(Sort::kNat, depth);
    return of_sort(static_cast<Sort>(below(static_cast<uint64_t>(Sort::kCount))), depth);
  }

  Expr of_sort(Sort sort, uint32_t depth) {
    switch (sort) {
      case Sort::kNat:
        return any_nat();
      case Sort::kRow:
        return row(elements(depth));
      case Sort::kList:
        return list(depth);
      case Sort::kSet:
        return set(keys());
      case Sort::kTab:
        return any_tab(depth);
      case Sort::kBar:
        return any_bar();
      case Sort::kFunction:
        return function();
      default:
        return other(depth);
    }
  }

  Expr any_nat() {
    static constexpr uint64_t kNats[] = {8,
                                         12,
                                         31,
                                         32,
                                         33,
                                         64,
                                         97,
                                         100,
                                         255,
                                         256,
                                         65535,
                                         4294967295,
                                         1 << 20,
                                         25185,
                                         48,
                                         4294967296,
                                         0x6162636465666768};
    if (one_in(30)) return big_nat("18446744073709551616");
    if (one_in(30)) return big_nat("9223372036854775808");
    return one_in(6) ? nat(kNats[below(std::size(kNats))]) : nat(below(6));
  }

  Expr any_bar() {
    static constexpr const char* kBars[] = {"", "00", "61", "6162", "616263", "ff00", "620000"};
    return bar(kBars[below(std::size(kBars))]);
  }

  Expr item(uint32_t depth) { return lazy(depth == 0 ? any_nat() : argument(depth - 1), 12); }

  std::vector<Expr> elements(uint32_t depth) {
    std::vector<Expr> all;
    for (uint64_t i = below(5); i > 0; i--) all.push_back(item(depth > 0 ? depth - 1 : 0));
    return all;
  }

  Expr list(uint32_t depth) {
    Expr tail = one_in(6) ? any_nat() : nat(0);
    for (uint64_t i = below(4); i > 0; i--) {
      tail = lazy(row({item(depth > 0 ? depth - 1 : 0), std::move(tail)}), 12);
    }
    return tail;
  }

  std::vector<Expr> keys() {
    std::vector<Expr> keys;
    uint64_t n = below(3);
    for (uint64_t count = below(5); count > 0; count--) {
      keys.push_back(nat(n));
      n += 1 + below(3);
    }
    if (one_in(5)) keys.push_back(pin(nat(below(3))));
    if (one_in(5)) keys.push_back(any_bar());
    if (one_in(5)) keys.push_back(row({nat(below(3))}));
    return keys;
  }

  Expr any_tab(uint32_t depth) {
    std::vector<Expr> pairs;
    for (Expr& key : keys()) {
      pairs.push_back(std::move(key));
      pairs.push_back(item(depth > 0 ? depth - 1 : 0));
    }
    return tab(std::move(pairs));
  }

  Expr function() {
    switch (below(7)) {
      case 0:
        return nat(3);
      case 1:
        return law(7, 1, nat(1));
      case 2:
        return law(7, 2, nat(1 + below(2)));
      case 3:
        return law(7, 3, nat(1 + below(3)));
      case 4:
        return law(0, 2 + below(3), nat(0));
      case 5:
        return app({law(7, 2, nat(1 + below(2))), nat(below(6))});
      default:
        return name(functions_[below(functions_.size())].name);
    }
  }

  Expr other(uint32_t depth) {
    switch (below(6)) {
      case 0:
        return pin(any_nat());
      case 1:
        return app({nat(0), item(depth > 0 ? depth - 1 : 0)});
      case 2:
        return app({nat(0), item(0), item(0)});
      case 3:
        return app({law(0, 4, nat(0)), item(0)});
      case 4:
        return app({set({nat(1)}), row({nat(1), nat(2)})});
      default:
        return law(below(3), 1 + below(3), nat(below(4)));
    }
  }

  /// What kind of value `call` is, without looking inside.
  Expr observe_whnf(Expr call) {
    return app({nat(1), law(7, 1, nat(21)), law(7, 3, nat(22)), law(7, 2, nat(23)),
                law(7, 1, nat(1)), std::move(call)});
  }

  std::span<const NamedFunction> functions_;
  std::mt19937_64 random_;
  Sort favourite_ = Sort::kNat;
  uint64_t crash_rarity_ = 8;
  uint64_t labels_ = 1;
};

}  // namespace

Expr generate_call(uint64_t seed, std::span<const NamedFunction> functions) {
  return CallGenerator(seed, functions).program();
}

}  // namespace plan::differential
