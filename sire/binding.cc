// sire/binding.cc: the table of bindings.
#include "sire/binding.h"

namespace plan::sire {

const Binding* BindingTable::find_or_add(Value pin) {
  if (const uint64_t* position = by_address_.find(pin.word)) return bindings_[*position].get();
  by_address_.insert(pin.word, bindings_.size());
  pins_.values.push_back(pin);
  auto binding = std::make_unique<Binding>();
  binding->pin = pin;
  const Value item = pin_item(pin);
  binding->well_formed =
      is_row(item) && row_size(item) == kBindingFields && row_at(item, 0).is_nat();
  bindings_.push_back(std::move(binding));
  return bindings_.back().get();
}

}  // namespace plan::sire
