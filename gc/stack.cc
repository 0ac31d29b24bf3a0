// gc/stack.cc: reservation and watermarks of the evaluation stack.
#include "gc/stack.h"

#include "base/check.h"
#include "base/memory_map.h"

namespace plan::gc {

namespace {
/// Below the heap, where nothing else is: valgrind has little room where it would choose itself.
constexpr uint64_t kPreferredBase = 0x1000'0000'0000;
}  // namespace

EvalStack::EvalStack() {
  void* low = require_memory(kPreferredBase, kStackReserveBytes);
  PLAN_CHECK(protect_none(low, 4096));
  floor_ = static_cast<Word*>(low) + 4096;
  base_ = static_cast<Word*>(low) + kStackReserveBytes / sizeof(Word);
  sp = base_;
}

EvalStack::~EvalStack() {
  unreserve_memory(base_ - kStackReserveBytes / sizeof(Word), kStackReserveBytes);
}

Info* EvalStack::info_at(const Word* frame) const {
  Info* info = reinterpret_cast<Info*>(frame[0]);
  if (info != marker_info) return info;
  for (size_t i = markers_.size(); i-- > 0;) {
    if (markers_[i].frame == frame) return markers_[i].hidden;
  }
  PLAN_UNREACHABLE();
}

void EvalStack::place_marker() {
  for (Marker& m : markers_) m.aged = true;
  const Word* highest = markers_.empty() ? base_ : markers_.back().frame;
  const Word* wanted = sp + kMarkerDistanceWords;
  if (wanted >= highest) return;
  for (Word* p = sp; p < highest;) {
    Info* info = reinterpret_cast<Info*>(p[0]);
    if (p >= wanted) {
      markers_.push_back(Marker{p, info, false});
      p[0] = reinterpret_cast<Word>(marker_info);
      return;
    }
    p += frame_size_words(*info, p);
  }
}

void EvalStack::drop_markers(const Word* new_sp) {
  while (!markers_.empty() && markers_.back().frame < new_sp) {
    markers_.back().frame[0] = reinterpret_cast<Word>(markers_.back().hidden);
    markers_.pop_back();
  }
}

Info* EvalStack::pop_marker(Word* frame) {
  PLAN_CHECK(!markers_.empty());
  const Marker m = markers_.back();
  PLAN_CHECK(m.frame == frame);
  markers_.pop_back();
  frame[0] = reinterpret_cast<Word>(m.hidden);
  return m.hidden;
}

}  // namespace plan::gc
