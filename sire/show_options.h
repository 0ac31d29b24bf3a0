// sire/show_options.h: how a value is shown, and how much of it.
#pragma once

#include <atomic>
#include <cstdint>

namespace plan::gc {
class FoundHashes;
}

namespace plan::sire {

/// Values share parts and texts do not, so a small value may have a text without end.
inline constexpr uint64_t kPartsMax = uint64_t{1} << 23;
/// What a shown part takes in memory, about, until its text is written.
inline constexpr uint64_t kPartBytes = 160;

struct ShowOptions {
  bool colour = false;
  /// When it becomes true, the text ends soon: it is not for anybody then. May be null.
  const std::atomic<bool>* interrupt = nullptr;
  uint64_t parts_max = kPartsMax;  ///< what is beyond shows as `(…)`
  /// Where hashes of pins go that are needed for it; null: into their regions, on the owner thread.
  gc::FoundHashes* hashes = nullptr;

  bool is_interrupted() const {
    return interrupt != nullptr && interrupt->load(std::memory_order_relaxed);
  }
};

}  // namespace plan::sire
