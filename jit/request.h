// jit/request.h: a TierRequest without its addresses.
//
// Code is generated from the shape of a request, never from where its constants and records happen
// to be: these have numbers, in the order in which the request names them first. Two requests with
// the same canonical text get the same code; only what the numbers stand for differs.
//
// Invariants : everything code generation reads of a request and of TierRuntime is in the text,
//              or is an address that it uses through a number (jit/image.h).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "vm/tier.h"

namespace plan::jit {

/// What the numbers stand for.
struct References {
  std::vector<Value> constants;      ///< values that are not immediate; [0]: the function, if it is
  std::vector<gc::Info*> records;    ///< [0]: the law's own
};

/// Numbers the constants and records of a request, and writes its canonical text.
class RequestWriter {
 public:
  explicit RequestWriter(const vm::TierRequest& request);

  const References& references() const { return references_; }
  References take_references() { return std::move(references_); }
  const std::vector<uint8_t>& text() const { return text_; }
  /// The number of a constant or record that the request names.
  uint32_t number_of(Value constant) const { return constants_.at(constant.word); }
  uint32_t number_of(const gc::Info* record) const { return records_.at(record); }
  /// Whether a word is one of those that have numbers, and so must not be in code.
  bool names(Word word) const {
    return constants_.contains(word) || records_.contains(reinterpret_cast<const gc::Info*>(word));
  }

 private:
  void write(uint64_t n);
  void write_value(Value v);
  void write_record(gc::Info* info);
  void write_instruction(const vm::Instruction& i);
  void write_block(const vm::TierBlock& block);

  References references_;
  std::unordered_map<Word, uint32_t> constants_;
  std::unordered_map<const gc::Info*, uint32_t> records_;
  std::vector<uint8_t> text_;
};

/// The addresses of TierRuntime, as numbered words.
inline constexpr size_t kRuntimeAddresses =
    (sizeof(vm::TierRuntime) - offsetof(vm::TierRuntime, update_info)) / sizeof(Word);
Word runtime_address(const vm::TierRuntime& runtime, uint32_t number);
/// The first number with this address, which has to be one of them.
uint32_t runtime_number(const vm::TierRuntime& runtime, const void* address);
/// The other fields, as part of a canonical text.
std::vector<uint8_t> runtime_text(const vm::TierRuntime& runtime);

}  // namespace plan::jit
