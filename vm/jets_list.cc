// vm/jets_list.cc: jets that go through the elements of a row, or along a list, evaluating.
//
// Such a jet is called again after every request; `state` counts the elements that are done.
#include "vm/jets_leaf.h"

#include <vector>

namespace plan::vm {

JetResult jet_sum(JetCall& c) {
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  const uint64_t size = row_size(row);
  for (uint64_t& i = c.state; i < size; ++i) {  // from the last element to the first
    const Value element = row_at(row, size - 1 - i);
    PLAN_NEED(element);
    c.scratch[0] = nat_add(c.heap, c.scratch[0], element);
    if (i % kPollElements == 0) PLAN_POLL(c);
  }
  return done(c.scratch[0]);
}

JetResult jet_cat(JetCall& c) {
  if (const auto unfinished = need_row_of(c, is_row)) return *unfinished;
  const Value row = c.args[0];
  const uint64_t size = row_size(row);
  uint64_t total = 0;
  for (uint64_t i = 0; i < size; ++i) total += row_size(row_at(row, i));
  if (total >> 48 != 0 || !c.heap.fits(8 * total)) return out_of_memory();
  const Value result = gc::make_row_zero(c.heap, total);
  uint64_t at = 0;
  for (uint64_t i = 0; i < size; ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    const Value part = row_at(row, i);
    copy_elements(result, at, part, 0, row_size(part));
    at += row_size(part);
  }
  return done(result);
}

namespace {

/// Evaluates the first args[0] cells of the list args[1], then makes a row of that many elements,
/// zeros where the list was too short, from the first or from the last slot.
/// scratch[0]: the cell to look at next, once state > 0.
JetResult sized_list_to_row(JetCall& c, bool reverse) {
  PLAN_NEED(c.args[0]);
  const Value count = nat_of(c.args[0]);
  if (count == small_nat(0)) return done(c.heap.empty_row());
  const uint64_t wanted = small_or(count, ~uint64_t{0});
  if (c.state == 0) {
    c.state = 1;
    c.scratch[0] = c.args[1];
  }
  for (; c.state <= wanted; ++c.state) {  // nothing beyond the last item is looked at (D-16)
    const Value cell = deref(c.scratch[0]);
    PLAN_NEED(cell);
    if (cell.is_nat()) break;
    c.scratch[0] = app_index(cell, 1);
    if (c.state % kPollElements == 0) PLAN_POLL(c);
  }
  if (wanted >> 48 != 0 || !c.heap.fits(8 * wanted)) return out_of_memory();  // D-26
  const Value row = gc::make_row_zero(c.heap, wanted);
  Value cell = c.args[1];
  for (uint64_t i = 0; i + 1 < c.state; ++i, cell = app_index(cell, 1)) {
    gc::set_row_element(row, reverse ? wanted - 1 - i : i, app_index(cell, 0));
  }
  return done(row);
}

}  // namespace

JetResult jet_sized_list_to_row(JetCall& c) {
  return sized_list_to_row(c, false);
}
JetResult jet_sized_list_to_row_rev(JetCall& c) {
  return sized_list_to_row(c, true);
}

JetResult jet_bsearch(JetCall& c) {
  const Value key = c.args[0];
  const Value row = c.args[1];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  uint64_t low = 0;
  uint64_t high = row_size(row);
  while (low < high) {  // just these probes: they can be told apart on a row without order
    const uint64_t middle = (low + high) / 2;
    const LazyComparison result =
        compare_lazy(key, row_at(row, middle), kCompareSteps, match_pin_hashes);
    if (result.status == LazyComparison::kBlocked) return need(result.thunk);
    if (result.status == LazyComparison::kGaveUp) return run_law();
    if (result.order == 0) return done(small_nat(2 * middle + 1));
    (result.order < 0 ? high : low) = result.order < 0 ? middle : middle + 1;
  }
  return done(small_nat(2 * low));
}

JetResult jet_is_digit(JetCall& c) {
  PLAN_NEED(c.args[0]);
  const uint64_t code = c.args[0].is_small() ? c.args[0].small() : 0;
  return done_bit(code >= '0' && code <= '9');
}

JetResult jet_implode(JetCall& c) {
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  const uint64_t size = row_size(row);
  for (uint64_t& i = c.state; i < size; ++i) {
    const Value element = row_at(row, i);
    PLAN_NEED(element);
    if (i % kPollElements == 0) PLAN_POLL(c);
  }
  std::vector<uint8_t> bytes;
  for (uint64_t i = 0; i < size; ++i) {
    const Value element = nat_of(row_at(row, i));
    if (!element.is_small() || element.small() > 255) return decline();
    if (element.small() != 0) bytes.push_back(static_cast<uint8_t>(element.small()));
  }
  return done(gc::make_nat_bytes(c.heap, bytes));
}

}  // namespace plan::vm
