// gc/pod.cc: saving and loading pods.
#include "gc/pod.h"

#include "base/base58.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "gc/refs.h"
#include "value/object.h"

#include <cstring>
#include <map>
#include <string>
#include <string_view>

namespace plan::gc {

namespace {

constexpr std::string_view kMagic = "SEEDPOD:";

/// Writes the entries of all pins below one, each once (told apart by hash), lower ones first.
class PodWriter {
 public:
  explicit PodWriter(Heap& heap) : heap_(heap) {}

  Result<Value> entries(Value top) {
    PLAN_TRY_STATUS(open(top));
    while (!frames_.empty()) {
      Frame& f = frames_.back();
      if (f.next < f.refs.size()) {
        PLAN_TRY_STATUS(open(f.refs[f.next++]));
        continue;
      }
      PLAN_TRY_STATUS(close(f));
      frames_.pop_back();
    }
    return make_row(heap_, entries_);
  }

 private:
  struct Frame {
    Value pin;
    std::vector<Value> refs;
    uint64_t next = 0;
  };

  Status open(Value pin) {
    PLAN_TRY(const Hash256* hash, pin_hash(pin));
    if (index_.contains(*hash)) return Unit{};
    PLAN_TRY(std::vector<Value> refs, pin_refs(pin_item(pin)));
    frames_.push_back({pin, std::move(refs)});
    return Unit{};
  }

  Status close(const Frame& f) {
    PLAN_TRY(const Hash256* hash, pin_hash(f.pin));
    PLAN_TRY(const Bytes germ, save_seed_with_holes(pin_item(f.pin), f.refs));
    std::vector<Value> indices;
    for (const Value ref : f.refs) {
      PLAN_TRY(const Hash256* ref_hash, pin_hash(ref));
      indices.push_back(make_nat(heap_, index_.find(*ref_hash)->second));
    }
    const Value entry[] = {make_bar(heap_, germ), make_row(heap_, indices)};
    index_.emplace(*hash, entries_.size());
    entries_.push_back(make_row(heap_, entry));
    return Unit{};
  }

  Heap& heap_;
  std::vector<Frame> frames_;
  std::map<Hash256, uint64_t> index_;
  std::vector<Value> entries_;
};

Error malformed(const std::string& what) {
  return {"POD_MALFORMED", "pod: " + what};
}

bool is_row_of(Value v, uint64_t size) {
  return is_row(v) && row_size(v) == size;
}

/// The shape of entry `index`: a bar, and a row of smaller indices.
Status check_entry(Value entry, uint64_t index) {
  if (!is_row_of(entry, 2) || !is_bar(row_at(entry, 0)) || !is_row(row_at(entry, 1))) {
    return malformed("entry " + std::to_string(index) + " is not a germ with its references");
  }
  const Value refs = row_at(entry, 1);
  for (uint64_t i = 0; i < row_size(refs); i++) {
    const Value ref = row_at(refs, i);
    if (!ref.is_small() || ref.small() >= index) {
      return malformed("entry " + std::to_string(index) + " refers to one that is not before it");
    }
  }
  return Unit{};
}

/// Which entries the last one needs, itself included; all of those have the right shape.
Result<std::vector<bool>> needed_entries(Value entries) {
  const uint64_t count = row_size(entries);
  std::vector<bool> needed(count);
  needed[count - 1] = true;
  for (uint64_t i = count; i-- > 0;) {
    if (!needed[i]) continue;
    const Value entry = row_at(entries, i);
    PLAN_TRY_STATUS(check_entry(entry, i));
    const Value refs = row_at(entry, 1);
    for (uint64_t r = 0; r < row_size(refs); r++) needed[row_at(refs, r).small()] = true;
  }
  return needed;
}

}  // namespace

Result<Bytes> save_pod(Heap& heap, Value pin) {
  PLAN_TRY(const Hash256* hash, pin_hash(pin));
  PLAN_TRY(const Value entries, PodWriter(heap).entries(pin));
  const Value pod[] = {make_bar(heap, *hash), entries};
  PLAN_TRY(const Bytes seed, save_seed(make_row(heap, pod)));
  Bytes out(kMagic.begin(), kMagic.end());
  out.insert(out.end(), seed.begin(), seed.end());
  return out;
}

Result<Value> load_pod(Heap& heap, std::span<const uint8_t> bytes) {
  if (bytes.size() < kMagic.size() ||
      std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return Error{"POD_NO_MAGIC", "pod: the input does not start with \"SEEDPOD:\""};
  }
  PLAN_TRY(const Value pod, load_seed(heap, bytes.subspan(kMagic.size())));
  if (!is_row_of(pod, 2) || !is_bar(row_at(pod, 0)) || !is_row(row_at(pod, 1)) ||
      bar_bytes(row_at(pod, 0)).size() != sizeof(Hash256)) {
    return malformed("the seed is not a hash with a row of entries");
  }
  const Value entries = row_at(pod, 1);
  const uint64_t count = row_size(entries);
  if (count == 0) return Error{"POD_NO_PINS", "pod: no entries"};
  PLAN_TRY(const std::vector<bool> needed, needed_entries(entries));

  std::vector<Value> pins(count);
  std::vector<Value> refs;
  for (uint64_t i = 0; i < count; i++) {
    if (!needed[i]) continue;
    const Value entry = row_at(entries, i);
    const Value indices = row_at(entry, 1);
    refs.clear();
    for (uint64_t r = 0; r < row_size(indices); r++) {
      refs.push_back(pins[row_at(indices, r).small()]);
    }
    PLAN_TRY(const Value item, load_germ(heap, refs, bar_bytes(row_at(entry, 0))));
    pins[i] = make_pin(heap, item);
  }
  PLAN_TRY(const Hash256* hash, pin_hash(pins.back()));
  if (std::memcmp(hash->data(), bar_bytes(row_at(pod, 0)).data(), sizeof(Hash256)) != 0) {
    return Error{"POD_INTEGRITY_CHECK_FAILED",
                 "pod: the pin in it has another hash than it says: " + base58(*hash)};
  }
  return pins.back();
}

}  // namespace plan::gc
