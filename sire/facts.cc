// sire/facts.cc: numbers by which two implementations of Sire can be compared.
#include "sire/facts.h"

#include "base/base58.h"
#include "gc/hash.h"
#include "sire/tab.h"
#include "value/nat_decimal.h"

#include <algorithm>

namespace plan::sire {

namespace {

std::string decimal(Value nat) {
  uint64_t scratch = 0;
  return nat::to_decimal(nat_limbs(nat, scratch));
}

std::string hash_text(Value v) {
  Result<Hash256> hash = gc::plan_hash(v);
  return hash ? base58(*hash) : hash.error().name;
}

}  // namespace

bool FactsPrinter::after_module(void* self, Context& context, const ModuleSource& module) {
  auto& printer = *static_cast<FactsPrinter*>(self);
  const gc::Root before(context.heap, context.state.row());
  const bool ok = printer.print_module(context, module.name);
  context.state.adopt(before.get());
  return ok;
}

bool FactsPrinter::print_module(Context& context, const std::string& name) {
  Value context_name;
  if (!context.state.get_context(context_name)) return false;
  const gc::Root declared(context.heap, context_name);
  if (!context.state.switch_to(kReplName)) return false;
  Value scope;
  bool is_loaded = false;
  bool is_pinned_tab = false;
  if (!context.state.get_module(declared.get(), scope, is_loaded, is_pinned_tab)) return false;
  if (!is_pinned_tab) return context.failure.malformed("the module's scope is missing");
  if (kind_ == FactsKind::kBindings) {
    print_bindings(name, declared.get(), scope);
    return true;
  }
  Value next_key;
  bool is_nat = false;
  if (!context.state.get_next_key(next_key, is_nat)) return false;
  session_.console().print_text(name + "\t" + (is_nat ? decimal(next_key) : "?") + "\t" +
                                hash_text(context.state.row()) + "\t" + hash_text(scope) + "\t" +
                                std::to_string(tab_size(scope)) + "\n");
  return true;
}

void FactsPrinter::print_bindings(const std::string& name, Value module, Value scope) {
  std::vector<Value> rows;  // of bindings made in the module: scope holds what it imported, too
  for (uint64_t i = 0; i < tab_size(scope); ++i) {
    const Value pin = tab_value(scope, i);
    const Value row = is_pin(pin) ? pin_item(pin) : pin;
    if (is_row(row) && row_size(row) == kBindingFields &&
        compare_keys(row_at(row, 3), module) == 0) {
      rows.push_back(row);
    }
  }
  // In the order in which they were made.
  std::sort(rows.begin(), rows.end(), [](Value a, Value b) {
    const int order = compare_keys(row_at(a, 0), row_at(b, 0));
    return order != 0 ? order < 0 : compare_keys(row_at(a, 4), row_at(b, 4)) < 0;
  });
  for (const Value row : rows) {
    session_.console().print_text(name + "\t" + nat_text(row_at(row, 4)) + "\t" +
                                  decimal(row_at(row, 0)) + "\t" + hash_text(row_at(row, 1)) +
                                  "\n");
  }
}

}  // namespace plan::sire
