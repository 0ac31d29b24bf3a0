// vm/jets_seed.cc: jets that serialise and hash. (The hash of bars, _Blake3, is in vm/jets_bar.cc.)
//
// Formats: gc/seed.h, gc/hash.h. What the loaders refuse is left to the laws (D-24), except the two
// kinds of input to which the law answers 0 at once.
#include "gc/hash.h"
#include "gc/parts.h"
#include "gc/seed.h"
#include "gc/word_map.h"
#include "vm/jets_leaf.h"
#include "vm/machine.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace plan::vm {
namespace {

/// A value is too large to be saved or hashed, or the work was interrupted.
JetResult failed(const JetCall& c) {
  return c.interrupted() ? aborted_by_interrupt() : out_of_memory();
}

JetResult done_bar(JetCall& c, std::span<const uint8_t> bytes) {
  if (!c.heap.fits(bytes.size())) return out_of_memory();
  return done(gc::make_bar(c.heap, bytes));
}

/// How many holes the laws' decoder reads in the header; bytes that are not there are zeros.
uint64_t holes_of(std::span<const uint8_t> bytes) {
  uint64_t holes = 0;
  if (!bytes.empty()) std::memcpy(&holes, bytes.data(), std::min(bytes.size(), sizeof(holes)));
  return holes;
}

}  // namespace

JetResult jet_save_seed(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  Result<gc::Bytes> bytes = gc::save_seed(c.needed);
  return bytes.has_value() ? done_bar(c, *bytes) : failed(c);
}

JetResult jet_load_seed(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_bar(c.args[0])) return decline();
  const auto bytes = bar_bytes(c.args[0]);
  if (bytes.size() % 8 != 0 || holes_of(bytes) != 0) return done(small_nat(0));
  Result<Value> loaded = gc::load_seed(c.heap, bytes);
  if (!loaded.has_value()) return decline();
  if (c.machine != nullptr) match_loaded(*c.machine, *loaded);
  return done(*loaded);
}

JetResult jet_save_germ(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_pin(c.args[0])) return done(small_nat(0));
  Result<gc::Germ> germ = gc::save_germ(c.args[0]);
  if (!germ.has_value()) return failed(c);
  if (!c.heap.fits(germ->bytes.size() + 8 * germ->refs.size())) return out_of_memory();
  return done(
      make_pair(c.heap, gc::make_row(c.heap, germ->refs), gc::make_bar(c.heap, germ->bytes)));
}

// Looks at the length of the bar, then at the row, then at the number of holes, as the law does.
JetResult jet_load_germ(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_bar(c.args[1])) return decline();
  const auto bytes = bar_bytes(c.args[1]);
  if (bytes.size() % 8 != 0) return done(gc::make_pin(c.heap, small_nat(0)));
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  if (holes_of(bytes) != row_size(row)) return done(gc::make_pin(c.heap, small_nat(0)));
  for (uint64_t& i = c.state; i < row_size(row); ++i) {
    PLAN_NEED(row_at(row, i));
    if (!is_pin(row_at(row, i))) return decline();
  }
  std::vector<Value> refs;
  for (uint64_t i = 0; i < row_size(row); ++i) refs.push_back(row_at(row, i));
  Result<Value> item = gc::load_germ(c.heap, refs, bytes);
  if (!item.has_value()) return decline();
  if (c.machine == nullptr) return done(gc::make_pin(c.heap, *item));
  return done(make_matched_pin(*c.machine, *item));
}

JetResult jet_plan_hash(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  Result<Hash256> hash = gc::plan_hash(c.needed, c.interrupt);
  return hash.has_value() ? done_bar(c, *hash) : failed(c);
}

JetResult jet_pin_hash(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_pin(c.args[0])) return done(small_nat(0));
  Result<const Hash256*> hash = gc::pin_hash(c.args[0], c.interrupt);
  return hash.has_value() ? done_bar(c, **hash) : failed(c);
}

}  // namespace plan::vm
