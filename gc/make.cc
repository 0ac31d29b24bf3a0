// gc/make.cc: the constructors, and recognition of data jets.
#include "gc/make.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <vector>

#include "base/check.h"
#include "gc/region.h"
#include "value/order.h"

namespace plan::gc {

Value make_nat(Heap& heap, uint64_t n) {
  if (n <= kSmallNatMax) return small_nat(n);
  Object* o = heap.allocate(make_header(Kind::kBig, 1) | kFlagNormal, 1);
  o->payload[0] = n;
  return tagged(o, kTagBig);
}

Value make_nat(Heap& heap, std::span<const uint64_t> limbs) {
  size_t n = limbs.size();
  while (n > 0 && limbs[n - 1] == 0) --n;
  if (n == 0) return small_nat(0);
  if (n == 1) return make_nat(heap, limbs[0]);
  Object* o = heap.allocate(make_header(Kind::kBig, n) | kFlagNormal, n);
  std::memcpy(o->payload, limbs.data(), n * sizeof(Word));
  return tagged(o, kTagBig);
}

Value make_nat_bytes(Heap& heap, std::span<const uint8_t> bytes) {
  size_t n = bytes.size();
  while (n > 0 && bytes[n - 1] == 0) --n;
  if (n <= 8) {
    uint64_t word = 0;
    if (n != 0) std::memcpy(&word, bytes.data(), n);
    return make_nat(heap, word);
  }
  const uint64_t words = words_of_bytes(n);
  Object* o = heap.allocate(make_header(Kind::kBig, words) | kFlagNormal, words);
  o->payload[words - 1] = 0;
  std::memcpy(o->payload, bytes.data(), n);
  return tagged(o, kTagBig);
}

Value make_bar_uninitialised(Heap& heap, uint64_t size) {
  if (size == 0) return heap.empty_bar();
  const uint64_t words = words_of_bytes(size);
  Object* o = heap.allocate(make_header(Kind::kBar, size) | kFlagNormal, words);
  o->payload[words - 1] = 0;
  return tagged(o, kTagData);
}

Value make_bar(Heap& heap, std::span<const uint8_t> bytes) {
  const Value bar = make_bar_uninitialised(heap, bytes.size());
  if (!bytes.empty()) std::memcpy(bar_data(bar), bytes.data(), bytes.size());
  return bar;
}

Value make_row(Heap& heap, std::span<const Value> elements) {
  if (elements.empty()) return heap.empty_row();
  Object* o = heap.allocate(make_header(Kind::kRow, elements.size()), elements.size());
  std::memcpy(o->payload, elements.data(), elements.size() * sizeof(Word));
  return tagged(o, kTagData);
}

Value make_row_zero(Heap& heap, uint64_t size) {
  if (size == 0) return heap.empty_row();
  Object* o = heap.allocate(make_header(Kind::kRow, size), size);
  std::memset(o->payload, 0, size * sizeof(Word));
  return tagged(o, kTagData);
}

Value make_set(Heap& heap, Value key_row) {
  if (row_size(key_row) == 0) return heap.empty_set();
  Object* o = heap.allocate(make_header(Kind::kSet, 0) | kFlagNormal, 1);
  o->init(0, key_row);
  return tagged(o, kTagData);
}

Value make_tab(Heap& heap, Value set, Value value_row) {
  PLAN_ASSERT(row_size(set_keys(set)) == row_size(value_row));
  if (row_size(value_row) == 0) return heap.empty_tab();
  Object* o = heap.allocate(make_header(Kind::kTab, 0), 2);
  o->init(0, set);
  o->init(1, value_row);
  return tagged(o, kTagData);
}

Value make_cow(Heap& heap, Value n) {
  if (n == small_nat(0)) return heap.empty_row();
  Object* o = heap.allocate(make_header(Kind::kCow, 0) | kFlagNormal, 1);
  o->init(0, n);
  return tagged(o, kTagData);
}

namespace {

uint64_t saturate(Value nat) {
  return nat.is_small() ? std::min(nat.small(), kArityHuge) : kArityHuge;
}
uint64_t minus_saturating(uint64_t arity, uint64_t used) {
  return arity == kArityHuge ? kArityHuge : arity - used;
}
uint64_t nat_arity(Value v) {
  if (v == small_nat(1)) return 5;
  return v == small_nat(0) || v == small_nat(2) ? 3 : 1;
}

}  // namespace

uint64_t true_arity(Value v) {
  uint64_t used = 0;
  for (;;) {
    if (v.is_nat()) return nat_arity(v) - used;
    const Object* o = v.object();
    switch (o->kind()) {
      case Kind::kPin: v = pin_item(v); continue;
      case Kind::kLaw: return minus_saturating(saturate(law_args(v)), used);
      case Kind::kClosure:
        used += closure_size(v);
        v = closure_head(v);
        continue;
      case Kind::kCow: {
        const uint64_t n = saturate(cow_size(v));
        return minus_saturating(n >= kArityHuge - 1 ? kArityHuge : n + 1, used);
      }
      case Kind::kSet: return 2 - used;
      default: return 1;
    }
  }
}

uint64_t eval_arity(Value v) {
  if (v.is_nat()) return nat_arity(v);
  switch (v.object()->kind()) {
    case Kind::kClosure: return v.object()->closure_arity();
    case Kind::kCow: return saturate(cow_size(v));
    case Kind::kSet: return 1;
    default: return true_arity(v);
  }
}

Value make_partial(Heap& heap, Value head, std::span<const Value> args) {
  if (args.empty()) return head;
  uint64_t before = 0;
  Value base = head;
  if (is_closure(head)) {
    before = closure_size(head);
    base = closure_head(head);
  }
  const uint64_t total = before + args.size();
  const auto arg = [&](uint64_t i) {
    return i < before ? head.object()->field(1 + i) : args[i - before];
  };
  if (is_cow(base) && cow_size(base) == small_nat(total)) {
    Object* o = heap.allocate(make_header(Kind::kRow, total), total);
    for (uint64_t i = 0; i < total; ++i) o->init(total - 1 - i, arg(i));
    return tagged(o, kTagData);
  }
  if (is_set(base)) {
    PLAN_ASSERT(total == 1);
    const Value row = deref(args[0]);
    if (is_row(row) && row_size(row) == row_size(set_keys(base))) {
      return make_tab(heap, base, row);
    }
  }
  PLAN_CHECK(total <= kClosureArgsMax);
  const uint64_t arity = is_set(base) ? 1 : minus_saturating(eval_arity(base), total);
  Object* o = heap.allocate(closure_header(total, arity), 1 + total);
  o->init(0, base);
  for (uint64_t i = 0; i < total; ++i) o->init(1 + i, arg(i));
  return tagged(o, kTagFunction);
}

namespace {

bool strictly_ascending(Value row) {
  for (uint64_t i = 1; i < row_size(row); ++i) {
    if (compare_normal(row_at(row, i - 1), row_at(row, i)) >= 0) return false;
  }
  return true;
}

/// Bytes of the bar whose law has body `nat`, or -1 if it is no bar.
int64_t bar_bytes_of_nat(Value nat) {
  uint64_t scratch = 0;
  const auto limbs = nat_limbs(nat, scratch);
  if (limbs.empty()) return -1;
  const uint64_t bits = limbs.size() * 64 - static_cast<uint64_t>(std::countl_zero(limbs.back()));
  return (bits - 1) % 8 == 0 ? static_cast<int64_t>((bits - 1) / 8) : -1;
}

/// The data jet that {name args body} stands for, if it does.
std::optional<Value> data_of_law(Heap& heap, Value name, Value args, Value body) {
  if (name == small_nat(0) && body == small_nat(0)) {
    if (args == small_nat(1)) return heap.empty_row();
    if (args.is_small()) return make_cow(heap, small_nat(args.small() - 1));
    uint64_t scratch = 0;
    const auto limbs = nat_limbs(args, scratch);
    std::vector<uint64_t> less(limbs.begin(), limbs.end());
    for (size_t i = 0; less[i]-- == 0; ++i) {
    }
    return make_cow(heap, make_nat(heap, less));
  }
  if (name == small_nat(1)) {
    if (args == small_nat(2) && is_row(body) && strictly_ascending(body)) {
      return make_set(heap, body);
    }
    if (args == small_nat(1) && body.is_nat()) {
      const int64_t size = bar_bytes_of_nat(body);
      if (size >= 0) {
        uint64_t scratch = 0;
        const auto limbs = nat_limbs(body, scratch);
        return make_bar(heap, {reinterpret_cast<const uint8_t*>(limbs.data()),
                               static_cast<size_t>(size)});
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Value make_law(Heap& heap, Value name, Value args, Value body) {
  body = deref(body);
  const std::optional<Value> data = data_of_law(heap, name, args, body);
  return data ? *data : make_law_object(heap, name, args, body);
}

Value make_pinned_law(Heap& heap, Value name, Value args, Value body) {
  body = deref(body);
  const std::optional<Value> data = data_of_law(heap, name, args, body);
  if (data) return make_pin(heap, *data);
  // A law outside pin space, which only the pin's region is copied from.
  Object* const draft = heap.allocate(make_header(Kind::kLaw, 0) | kFlagNormal, 4);
  draft->init(0, name);
  draft->init(1, args);
  draft->init(2, body);
  draft->payload[3] = 0;
  return make_pin(heap, tagged(draft, kTagFunction));
}

Value bar_nat(Heap& heap, Value bar) {
  const auto bytes = bar_bytes(bar);
  std::vector<uint8_t> with_top(bytes.begin(), bytes.end());
  with_top.push_back(1);
  return make_nat_bytes(heap, with_top);
}

namespace {

/// Whether the shallow structure says "normal" without looking at parts.
bool surely_normal(Value v) {
  if (!v.is_pointer() || v.is_big()) return true;
  if (v.is_thunk()) return false;
  const Object* o = v.object();
  return o->is_normal() || o->kind() == Kind::kPin || o->kind() == Kind::kLaw;
}

}  // namespace

bool check_normal(Value v) {
  v = deref(v);
  if (surely_normal(v)) return true;
  if (v.is_thunk()) return false;
  // Depth first; an object is flagged when all its parts have been found normal. A cycle (letrec)
  // has no normal form: it is met as an object on the path.
  struct Visit {
    Object* object;
    uint64_t next;
  };
  std::vector<Visit> path;
  const auto enter = [&path](Object* o) {
    o->header |= kFlagVisiting;
    path.push_back({o, 0});
  };
  bool normal = true;
  enter(v.object());
  while (normal && !path.empty()) {
    Visit& top = path.back();
    const Object* o = top.object;
    const uint64_t n = o->kind() == Kind::kRow       ? o->length()
                       : o->kind() == Kind::kClosure ? 1 + o->closure_args()
                                                     : uint64_t{2};  // tab
    bool descended = false;
    while (normal && !descended && top.next < n) {
      const Value part = deref(o->field(top.next++));
      if (surely_normal(part)) continue;
      normal = !part.is_thunk() && (part.object()->header & kFlagVisiting) == 0;
      if (!normal) break;
      enter(part.object());
      descended = true;
    }
    if (!normal || descended) continue;
    path.back().object->header = (path.back().object->header & ~kFlagVisiting) | kFlagNormal;
    path.pop_back();
  }
  for (const Visit& visit : path) visit.object->header &= ~kFlagVisiting;
  return normal;
}

}  // namespace plan::gc
