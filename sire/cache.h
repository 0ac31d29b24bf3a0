// sire/cache.h: the states that modules leave, kept between runs.
//
// One file for each module, named by the hash of its text and of all before it: a file is never
// out of date, only unknown. It holds what the module added to the pins of those before it,
// as an image (gc/image.h), and the checksum of the file before: files of two runs do not mix.
//
//   magic, version | chain hash | checksum of the file before | checksum of what follows | image
//
// Nothing depends on the cache. What is damaged, or cannot be read or written, is as if it were not
// there.
#pragma once

#include "base/file_writer.h"
#include "base/hash.h"
#include "gc/image.h"
#include "sire/context.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace plan::sire {

struct ModuleSource;

/// Counts changes of what files hold: of their layout, of layouts in memory, and of what the front
/// end makes of a text.
inline constexpr uint64_t kCacheVersion = 2;
/// When files exceed the first number of bytes the oldest go, until they are below the second.
inline constexpr uint64_t kCacheBytesMax = uint64_t{512} << 20;
inline constexpr uint64_t kCacheBytesKept = uint64_t{256} << 20;

class StateCache {
 public:
  StateCache(Context& context, std::string folder)
      : context_(context), folder_(std::move(folder)), chain_(std::in_place, context.heap) {}
  ~StateCache();

  /// Begins a chain: puts the context, which is in its initial state, into the state after the last
  /// module of `chain` that is known; how many modules that spares.
  size_t restore(std::span<const ModuleSource> chain);
  /// Keeps the state after `module` has run, the one after those that restore() or remember() did.
  void remember(const ModuleSource& module);
  /// Waits for files that are still being written; others may look for them then.
  void finish();

 private:
  bool restore_module(const ModuleSource& module, Value& pin);
  std::string path_of(const ModuleSource& module) const;
  void prune() const;

  Context& context_;
  std::string folder_;
  std::optional<gc::ImageChain> chain_;
  FileWriter writer_;
  std::vector<uint8_t> file_;  ///< the last one that was read
  Hash256 last_checksum_{};    ///< of the thread that writes, while it does
  bool is_usable_ = true;
  bool has_written_ = false;
};

}  // namespace plan::sire
