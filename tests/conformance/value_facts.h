// tests/conformance/value_facts.h: everything the tables of value facts say about one value.
#pragma once

#include "base/result.h"
#include "gc/heap.h"

#include <string>
#include <string_view>
#include <vector>

namespace plan::conformance {

/// Columns of vectors.tsv after the first, for `value`: its PLAN hash, its seed, and of the pin of
/// it the head, the germ and the pod; true and evaluation arity. Bytes are hexadecimal.
Result<std::vector<std::string>> value_facts(gc::Heap& heap, Value value);

std::string to_hex(std::span<const uint8_t> bytes);
std::vector<uint8_t> from_hex(std::string_view hex);
std::vector<std::string> split(std::string_view line, char separator);

}  // namespace plan::conformance
