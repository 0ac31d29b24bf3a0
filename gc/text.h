// gc/text.h: reading values from the notation of the conformance tables.
//
//   123            nat                     'text'    nat, the bytes of the text
//   #00ff          bar, in hexadecimal     (f x ..)  application, see gc/build.h
//   [x ..]         row                     ^(f x ..) the same
//   %[k ..]        set                     =[k v ..] tab, keys ascending
//   {n a b}        law                     <x>       pin
#pragma once

#include "base/result.h"
#include "gc/heap.h"

#include <string_view>

namespace plan::gc {

/// The one value in `text`. Fails with "TEXT", or as build_application.
Result<Value> read_value_text(Heap& heap, std::string_view text);

}  // namespace plan::gc
