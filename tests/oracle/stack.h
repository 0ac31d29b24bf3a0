// tests/oracle/stack.h: the end of the stack that the oracle recurses on, as an address.
//
// How much a call takes is the compiler's affair: with what is inlined it may be ten times as much.
// So whatever recurses over a term asks before each level, and gives up as at any other limit.
#pragma once

#include <cstdint>

namespace plan::oracle {

/// Left for what does not recurse: one level, and the libraries below it.
inline constexpr uint64_t kStackReserveBytes = uint64_t{512} << 10;

class Stack {
 public:
  /// That of the calling thread.
  static Stack of_this_thread();

  bool is_used_up() const {
    return reinterpret_cast<uint64_t>(__builtin_frame_address(0)) < end_;
  }

 private:
  explicit Stack(uint64_t end) : end_(end) {}

  uint64_t end_;
};

}  // namespace plan::oracle
