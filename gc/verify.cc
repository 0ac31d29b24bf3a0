// gc/verify.cc: the heap verifier. Slow and obvious on purpose.
#include "gc/verify.h"

#include <bit>
#include <unordered_set>

#include "base/check.h"

namespace plan::gc {

class Verifier {
 public:
  Verifier(Heap& heap, InfoTable& infos)
      : heap_(heap), infos_(infos),
        elements_(heap.remembered_elements_.begin(), heap.remembered_elements_.end()) {}

  void run(Value extra) {
    visit(extra.word);
    for (Root* r = heap_.roots_; r != nullptr; r = r->next_) visit(r->value_.word);
    for (RootList* l = heap_.root_lists_; l != nullptr; l = l->next_) {
      for (const Value v : l->values) visit(v.word);
    }
    if (heap_.stack != nullptr) {
      heap_.stack->walk(false, [this](Info* info, Word* frame) { visit_frame(*info, frame); });
    }
    while (!pending_.empty()) {
      const Object* o = pending_.back();
      pending_.pop_back();
      check_object(o);
    }
  }

 private:
  void visit_frame(const Info& info, const Word* frame) {
    const uint64_t words = frame_size_words(info, frame);
    for (uint64_t i = info.frame_words == 0 ? 2 : 1; i < words; ++i) {
      if (info.frame_words == 0 || frame_word_live(info, static_cast<uint32_t>(i))) visit(frame[i]);
    }
  }

  void visit(Word w) {
    if ((w & 1) == 0) return;
    const auto* o = std::bit_cast<const Object*>(w & ~kTagMask);
    PLAN_CHECK(heap_.is_young_or_large(o) || heap_.is_old(o) || heap_.is_pinned(o));
    PLAN_CHECK((o->header & 1) != 0);
    PLAN_CHECK(tag_of(o->kind()) == (w & kTagMask));
    if (seen_.insert(o).second) pending_.push_back(o);
  }

  void check_part(const Object* o, const Word* place) {
    const Word part = *place;
    visit(part);
    if ((part & 1) == 0) return;
    const auto* to = std::bit_cast<const Object*>(part & ~kTagMask);
    if (heap_.is_pinned(o)) PLAN_CHECK(heap_.is_pinned(to));
    const bool tenured = heap_.is_old(o) || (heap_.is_large(o) && (o->header & kFlagYoung) == 0);
    if (!tenured || !heap_.is_small_young(to)) return;
    PLAN_CHECK((o->header & kFlagRemembered) != 0 || elements_.contains(place));
  }

  void check_object(const Object* o) {
    uint64_t parts = 0;
    switch (o->kind()) {
      case Kind::kPin: parts = 1; break;
      case Kind::kLaw: parts = 3; break;
      case Kind::kClosure:
        PLAN_CHECK(o->closure_args() >= 1);
        PLAN_CHECK(!is_closure(o->field(0)));
        PLAN_CHECK(o->closure_arity() >= 1);
        parts = 1 + o->closure_args();
        break;
      case Kind::kBig:
        PLAN_CHECK(o->length() >= 1);
        PLAN_CHECK(o->payload[o->length() - 1] != 0);
        PLAN_CHECK(o->length() > 1 || o->payload[0] > kSmallNatMax);
        break;
      case Kind::kRow: parts = o->length(); break;
      case Kind::kTab:
        PLAN_CHECK(is_set(o->field(0)));
        PLAN_CHECK(is_row(o->field(1)));
        PLAN_CHECK(row_size(o->field(1)) == row_size(set_keys(o->field(0))));
        parts = 2;
        break;
      case Kind::kSet:
        PLAN_CHECK(is_row(o->field(0)));
        parts = 1;
        break;
      case Kind::kCow:
        PLAN_CHECK(o->field(0).is_nat());
        parts = 1;
        break;
      case Kind::kThunk:
        PLAN_CHECK(infos_[o->info_index()].kind == InfoKind::kThunk);
        parts = o->thunk_words();
        break;
      case Kind::kSelector: parts = 1; break;
      case Kind::kIndirection:
      case Kind::kCrash: parts = 1; break;
      case Kind::kBar:
      case Kind::kBlackhole:
      case Kind::kSpent: break;
    }
    for (uint64_t i = 0; i < parts; ++i) check_part(o, &o->payload[i]);
  }

  Heap& heap_;
  InfoTable& infos_;
  std::unordered_set<const Word*> elements_;  ///< remembered
  std::unordered_set<const Object*> seen_;
  std::vector<const Object*> pending_;
};

void verify_heap(Heap& heap, InfoTable& infos, Value extra) { Verifier(heap, infos).run(extra); }

}  // namespace plan::gc
