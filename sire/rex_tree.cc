// sire/rex_tree.cc: the arena of Rex trees, and equality.
#include "sire/rex.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace plan::rex {

namespace {
constexpr size_t kChunkBytesMax = size_t{1} << 20;
}  // namespace

struct Arena::Chunk {
  Chunk* next;
  size_t payload;

  std::byte* first() { return reinterpret_cast<std::byte*>(this + 1); }
};

Arena::~Arena() {
  free_chunks();
}

void Arena::free_chunks() {
  while (chunks_ != nullptr) {
    Chunk* const next = chunks_->next;
    size_bytes_ -= sizeof(Chunk) + chunks_->payload;
    std::free(chunks_);
    chunks_ = next;
  }
}

/// The newest chunk is the largest, or of the largest usual size.
void Arena::clear() {
  if (chunks_ == nullptr) return;
  Chunk* const newest = std::exchange(chunks_, chunks_->next);
  free_chunks();
  newest->next = nullptr;
  chunks_ = newest;
  top_ = newest->first();
  limit_ = top_ + newest->payload;
}

void* Arena::allocate_slow(size_t rounded) {
  const size_t payload = std::max(rounded, next_chunk_bytes_ - sizeof(Chunk));
  next_chunk_bytes_ = std::min(next_chunk_bytes_ * 2, kChunkBytesMax);
  void* const memory = std::malloc(sizeof(Chunk) + payload);
  PLAN_CHECK(memory != nullptr);
  chunks_ = new (memory) Chunk{chunks_, payload};
  size_bytes_ += sizeof(Chunk) + payload;
  std::byte* const first = chunks_->first();
  // Keep bumping in the old chunk if the new one is full from the start and the old one is not.
  if (payload - rounded >= static_cast<size_t>(limit_ - top_)) {
    top_ = first + rounded;
    limit_ = first + payload;
  }
  return first;
}

Rex* Arena::new_rex() {
  return new (allocate(sizeof(Rex))) Rex;
}

const Rex* Arena::leaf(Shape shape, std::string_view text, const Rex* heir) {
  Rex* const made = new_rex();
  made->kind_ = Kind::kLeaf;
  made->form_ = static_cast<uint8_t>(shape);
  made->text_ = text;
  made->heir_ = heir;
  return made;
}

const Rex* Arena::node(Style style, std::string_view rune, std::span<const Rex* const> sons,
                       const Rex* heir) {
  PLAN_CHECK(sons.size() <= UINT32_MAX);
  const Rex** copy = nullptr;
  if (!sons.empty()) {
    copy = static_cast<const Rex**>(allocate(sons.size_bytes()));
    std::memcpy(copy, sons.data(), sons.size_bytes());
  }
  Rex* const made = new_rex();
  made->kind_ = Kind::kNode;
  made->form_ = static_cast<uint8_t>(style);
  made->text_ = rune;
  made->sons_ = copy;
  made->sons_count_ = static_cast<uint32_t>(sons.size());
  made->heir_ = heir;
  return made;
}

const Rex* Arena::embed(uint64_t word) {
  Rex* const made = new_rex();
  made->kind_ = Kind::kEmbed;
  made->word_ = word;
  return made;
}

const Rex* Arena::evil(uint64_t word) {
  Rex* const made = new_rex();
  made->kind_ = Kind::kEvil;
  made->word_ = word;
  return made;
}

std::string_view Arena::copy_text(std::string_view text) {
  if (text.empty()) return {};
  char* const copy = static_cast<char*>(allocate(text.size()));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

bool equal(const Rex* a, const Rex* b) {
  struct Pair {
    const Rex* a;
    const Rex* b;
  };
  std::vector<Pair> work{{a, b}};
  while (!work.empty()) {
    const auto [x, y] = work.back();
    work.pop_back();
    if (x == y) continue;
    if (x == nullptr || y == nullptr || x->kind() != y->kind()) return false;
    switch (x->kind()) {
      case Kind::kEmbed:
      case Kind::kEvil:
        if (x->word() != y->word()) return false;
        continue;
      case Kind::kLeaf:
        if (x->shape() != y->shape() || x->text() != y->text()) return false;
        break;
      case Kind::kNode:
        if (x->style() != y->style() || x->rune() != y->rune()) return false;
        if (x->sons().size() != y->sons().size()) return false;
        for (size_t i = x->sons().size(); i-- > 0;) work.push_back({x->sons()[i], y->sons()[i]});
        break;
    }
    work.push_back({x->heir(), y->heir()});
  }
  return true;
}

}  // namespace plan::rex
