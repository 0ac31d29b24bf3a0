// gc/build.cc: building laws, pins, rows, tabs and closures from applications.
#include "gc/build.h"

#include "gc/make.h"
#include "value/object.h"
#include "value/order.h"

#include <algorithm>
#include <string>
#include <vector>

namespace plan::gc {

namespace {

constexpr uint64_t kOverheadWords = 8;

/// Steps of comparison spent on finding out whether a law {1 2 row} is a set, for the whole row and
/// at least for each pair. Shared parts are compared as often as they occur; only a row made for
/// the purpose needs so many.
constexpr uint64_t kSetComparisonSteps = uint64_t{1} << 30;
constexpr uint64_t kPairComparisonSteps = 1024;

Status check_room(const Heap& heap, uint64_t words) {
  if (heap.fits((words + kOverheadWords) * sizeof(Word))) return Unit{};
  return Error{"TOO_LARGE", "the value does not fit in the heap"};
}

/// make_law compares the elements of such a row, however long that takes; so try it here first.
Status check_comparable(Value row) {
  const uint64_t steps = std::max(kPairComparisonSteps, kSetComparisonSteps / (row_size(row) + 1));
  for (uint64_t i = 1; i < row_size(row); i++) {
    const LazyComparison c = compare_lazy(row_at(row, i - 1), row_at(row, i), steps);
    if (c.status == LazyComparison::kGaveUp) {
      return Error{"TOO_LARGE",
                   "the elements of a row in a law {1 2 row} take too long to compare"};
    }
    if (c.order >= 0) break;
  }
  return Unit{};
}

/// `head` is no closure, and applying it makes no law and no pin.
Result<Value> apply_finished(Heap& heap, Value head, std::span<const Value> args,
                             const char* error) {
  if (args.empty()) return head;
  PLAN_TRY_STATUS(check_room(heap, args.size()));
  const bool completes_row = is_cow(head) && cow_size(head) == small_nat(args.size());
  const bool completes_set = is_set(head) && args.size() == 1;
  if (!completes_row && !completes_set) {
    if (eval_arity(head) <= args.size()) {
      const bool constructor = is_cow(head) || is_set(head);
      return Error{
          constructor ? "OVERSATURATED" : error,
          "an application to " + std::to_string(args.size()) + " arguments is not a normal form"};
    }
    if (args.size() > kClosureArgsMax) {
      return Error{"TOO_LARGE",
                   "a closure with more than " + std::to_string(kClosureArgsMax) + " arguments"};
    }
  }
  return make_partial(heap, head, args);
}

Result<Value> apply_law_maker(Heap& heap, std::span<const Value> args) {
  if (!args[0].is_nat() || !args[1].is_nat()) {
    return Error{"BAD_LAW", "bad law literal: its name or arity is not a nat"};
  }
  if (args[1] == small_nat(0)) return Error{"BAD_LAW", "bad law literal: its arity is 0"};
  PLAN_TRY_STATUS(check_room(heap, 0));
  if (args[0] == small_nat(1) && args[1] == small_nat(2) && is_row(args[2])) {
    PLAN_TRY_STATUS(check_comparable(args[2]));
  }
  return apply_finished(heap, make_law(heap, args[0], args[1], args[2]), args.subspan(3),
                        "OVERSATURATED");
}

/// `head` is no closure.
Result<Value> apply_flat(Heap& heap, Value head, std::span<const Value> args) {
  if (head == small_nat(4) && !args.empty()) {
    PLAN_TRY_STATUS(check_room(heap, 0));
    return apply_finished(heap, make_pin(heap, args[0]), args.subspan(1), "NOT_NORMAL");
  }
  if (head == small_nat(0) && args.size() >= 3) return apply_law_maker(heap, args);
  return apply_finished(heap, head, args, "NOT_NORMAL");
}

}  // namespace

Result<Value> build_application(Heap& heap, Value head, std::span<const Value> args) {
  if (!is_closure(head)) return apply_flat(heap, head, args);
  PLAN_TRY_STATUS(check_room(heap, closure_size(head) + args.size()));
  std::vector<Value> all;
  all.reserve(closure_size(head) + args.size());
  for (uint64_t i = 0; i < closure_size(head); i++) all.push_back(closure_arg(head, i));
  all.insert(all.end(), args.begin(), args.end());
  return apply_flat(heap, closure_head(head), all);
}

}  // namespace plan::gc
