// jit/templates.cc: translated code put into its place.
#include "jit/templates.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "jit/translator.h"

namespace plan::jit {

std::unique_ptr<Templates> Templates::create(const vm::Machine& vm, uint64_t bytes_max) {
  if (!kTemplatesBuilt) return nullptr;
  const std::array<Word, kSlots> slots = slot_addresses();
  std::unique_ptr<CodeArena> arena = CodeArena::create(std::max(bytes_max, sizeof slots));
  if (arena == nullptr) return nullptr;
  const char* at = arena->allocate(sizeof slots);
  std::memcpy(arena->writable(at), slots.data(), sizeof slots);
  auto templates = std::unique_ptr<Templates>(new Templates(vm, std::move(arena)));
  templates->slots_ = at;
  return templates;
}

bool Templates::translate(vm::Block& block) {
  if (block.stream.size() >= refused_words_) return false;
  ++translations_;
  Translator translator(vm_, block);
  translator.run();
  Assembler& a = translator.assembler();
  std::vector<uint8_t> code = a.finish();
  char* at = arena_->allocate(code.size());
  if (at == nullptr) {
    refused_words_ = block.stream.size();
    return false;
  }
  for (const Assembler::SlotUse& use : a.slot_uses()) {
    const char* slot = slots_ + sizeof(Word) * use.slot;
    const auto distance = static_cast<int32_t>(slot - (at + use.at + 4));
    std::memcpy(code.data() + use.at, &distance, sizeof distance);
  }
  std::memcpy(arena_->writable(at), code.data(), code.size());
  if (was_released_) forget_old_code();
  Word* stream = block.stream.data() + vm::kStreamHeaderWords;
  for (const Translator::Patch& p : translator.patches()) {
    stream[p.word] = vm::word_of(at + a.offset_of(p.code));
  }
  for (const Translator::Record& r : translator.records()) {
    r.info->entry = at + a.offset_of(r.code);
  }
  block.translation = at;
  block.translation_bytes = static_cast<uint32_t>(code.size());
  block.translation_entry = at + a.offset_of(translator.entry());
  return true;
}

void Templates::release(vm::Block& block) {
  if (block.translation == nullptr) return;
  arena_->release(block.translation, block.translation_bytes);
  block.translation = nullptr;
  was_released_ = true;
  refused_words_ = SIZE_MAX;
}

}  // namespace plan::jit
