// gc/stack.h: the evaluation stack and its one frame iterator.
//
// Grows down in a large reservation. Frames start with their info record (gc/info.h).
//
// Watermarks : after a minor collection a marker replaces the info word of a frame some way below
//              the top. Frames under a marker that has seen one whole later collection hold only
//              old values (one ageing step), so the next minor collection stops there. Returning
//              into a marker restores the word. Without this, a recursion 10^7 deep rescans its
//              stack at every minor collection. (Cheng, Harper, Lee 1998, "stack markers".)
// Invariants : markers_ is ordered, the topmost last; whoever drops frames calls drop_markers().
#pragma once

#include <cstdint>
#include <vector>

#include "gc/info.h"

namespace plan::gc {

inline constexpr uint64_t kStackReserveBytes = uint64_t{512} << 30;
/// A marker is placed at least this far below the top.
inline constexpr uint64_t kMarkerDistanceWords = 2048;

class EvalStack {
 public:
  EvalStack();
  ~EvalStack();
  EvalStack(const EvalStack&) = delete;
  EvalStack& operator=(const EvalStack&) = delete;

  Word* base() const { return base_; }
  /// Lowest address that may be used, with room left for one runtime helper.
  Word* floor() const { return floor_; }
  uint64_t used_bytes() const {
    return static_cast<uint64_t>(base_ - sp) * sizeof(Word);
  }

  /// The record of the frame at `frame`, markers seen through.
  Info* info_at(const Word* frame) const;
  /// Calls visit(info, frame) from the top. If `recent_only`, stops at an aged marker.
  template <typename Visit>
  void walk(bool recent_only, Visit visit) {
    size_t marker = markers_.size();
    for (Word* p = sp; p < base_;) {
      Info* info = reinterpret_cast<Info*>(p[0]);
      if (info == marker_info) {
        const Marker& m = markers_[--marker];
        if (recent_only && m.aged) return;
        info = m.hidden;
      }
      visit(info, p);
      p += frame_size_words(*info, p);
    }
  }
  /// Ages the markers and places a new one; called at the end of each minor collection.
  void place_marker();
  /// Forgets all markers (restoring what they hide) above or at `new_sp`, exclusive of it.
  void drop_markers(const Word* new_sp);
  /// Takes the topmost marker away, which must be at `frame`; returns what it hid.
  Info* pop_marker(Word* frame);

  Word* sp;                     ///< top, valid while nothing evaluates and at safepoints
  Info* marker_info = nullptr;  ///< set by the evaluator before the first collection

 private:
  struct Marker {
    Word* frame;
    Info* hidden;
    bool aged;
  };
  Word* base_ = nullptr;
  Word* floor_ = nullptr;
  std::vector<Marker> markers_;
};

}  // namespace plan::gc
