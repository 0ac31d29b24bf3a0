// tests/conformance/value_facts.cc: hashes, bytes and arities of a value as text.
#include "tests/conformance/value_facts.h"

#include "base/base58.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "gc/pod.h"
#include "gc/seed.h"

namespace plan::conformance {

std::string to_hex(std::span<const uint8_t> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const uint8_t b : bytes) {
    out.push_back(kDigits[b / 16]);
    out.push_back(kDigits[b % 16]);
  }
  return out;
}

std::vector<uint8_t> from_hex(std::string_view hex) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::string byte(hex.substr(i, 2));
    out.push_back(static_cast<uint8_t>(std::strtoul(byte.c_str(), nullptr, 16)));
  }
  return out;
}

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = line.find(separator);
    parts.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) return parts;
    line.remove_prefix(end + 1);
  }
}

Result<std::vector<std::string>> value_facts(gc::Heap& heap, Value value) {
  PLAN_TRY(const Hash256 hash, gc::plan_hash(value));
  PLAN_TRY(const gc::Bytes seed, gc::save_seed(value));
  const Value pin = gc::make_pin(heap, value);
  PLAN_TRY(const gc::Germ germ, gc::save_germ(pin));
  PLAN_TRY(const gc::Bytes head, gc::save_head(germ.refs));
  PLAN_TRY(const gc::Bytes pod, gc::save_pod(heap, pin));
  const std::string arities =
      std::to_string(gc::true_arity(value)) + "/" + std::to_string(gc::eval_arity(value));
  return std::vector<std::string>{base58(hash),       to_hex(seed), to_hex(head),
                                  to_hex(germ.bytes), to_hex(pod),  arities};
}

}  // namespace plan::conformance
