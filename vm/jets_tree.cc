// vm/jets_tree.cc: walks over trees of applications.
//
// A walk that is interrupted by a request keeps the applications it is inside of in the heap, as a
// list of rows [application, index of the next argument, rest]. Only those it entered since the
// last request are on a vector, so a request costs no more than what was entered.
#include "vm/jets_tree.h"

namespace plan::vm {
namespace {

struct Visit {
  Value app;
  uint64_t next;
};

class PathInHeap {
 public:
  explicit PathInHeap(JetCall& call) : call_(call) {}

  bool is_empty() const { return entered_.empty() && call_.scratch[0] == small_nat(0); }
  void push(Visit visit) { entered_.push_back(visit); }
  Visit& top() {
    if (entered_.empty()) {
      const Value frame = call_.scratch[0];
      entered_.push_back({row_at(frame, 0), row_at(frame, 1).small()});
      call_.scratch[0] = row_at(frame, 2);
    }
    return entered_.back();
  }
  void pop() { entered_.pop_back(); }
  /// Leaves everything in the heap.
  void save() {
    for (const Visit& visit : entered_) {
      const Value frame[] = {visit.app, small_nat(visit.next), call_.scratch[0]};
      call_.scratch[0] = gc::make_row(call_.heap, frame);
    }
    entered_.clear();
  }

 private:
  JetCall& call_;
  std::vector<Visit> entered_;
};

}  // namespace

JetResult force_tree(JetCall& call, Value root) {
  PLAN_NEED(root);
  PathInHeap path(call);
  if (call.state == 0) {
    call.state = 1;
    if (is_app(root)) path.push({root, 0});
  }
  uint64_t visited = 0;
  while (!path.is_empty()) {
    Visit& top = path.top();
    const Value part = app_argument(top.app, top.next);
    if (part.is_thunk()) {
      path.save();
      return need(part);
    }
    if (++top.next == app_size(top.app)) path.pop();
    if (is_app(part)) path.push({part, 0});
    if (++visited % kPollElements == 0) PLAN_POLL(call);
  }
  return done(small_nat(0));
}

bool collect_leaves(const JetCall& call, Value root, bool (*keep)(Value),
                    std::vector<Value>& leaves) {
  std::vector<Visit> path;
  const auto visit = [&](Value v) {
    if (is_app(v)) {
      path.push_back({v, 0});
    } else if (keep(v)) {
      leaves.push_back(v);
    }
  };
  visit(root);
  uint64_t visited = 0;
  while (!path.empty()) {
    Visit& top = path.back();
    const Value part = app_argument(top.app, top.next);
    if (++top.next == app_size(top.app)) path.pop_back();
    visit(part);
    if (++visited % kPollElements == 0 && call.interrupted()) return false;
  }
  return true;
}

}  // namespace plan::vm
