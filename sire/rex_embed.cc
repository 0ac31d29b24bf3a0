// sire/rex_embed.cc: replaces the embedded values and evil parts of a tree, for printing.
#include "sire/rex_print.h"

#include <vector>

namespace plan::rex {

namespace {

bool is_part(const Rex* rex) {
  return rex->kind() == Kind::kEmbed || rex->kind() == Kind::kEvil;
}

bool has_embeds(const Rex* tree) {
  std::vector<const Rex*> work{tree};
  while (!work.empty()) {
    const Rex* const rex = work.back();
    work.pop_back();
    if (is_part(rex)) return true;
    if (rex->is_node()) work.insert(work.end(), rex->sons().begin(), rex->sons().end());
    if (rex->heir() != nullptr) work.push_back(rex->heir());
  }
  return false;
}

/// A tree whose parts, sons first and then the heir, are being copied to `done[base..]`.
struct Frame {
  const Rex* rex;
  size_t base;
  size_t next;
};

size_t sons_count(const Rex* rex) {
  return rex->is_node() ? rex->sons().size() : 0;
}

const Rex* rebuild(const Frame& frame, const std::vector<const Rex*>& done, Arena& arena) {
  const Rex* const rex = frame.rex;
  const std::span<const Rex* const> sons(done.data() + frame.base, sons_count(rex));
  const Rex* const heir = rex->heir() != nullptr ? done.back() : nullptr;
  if (rex->is_leaf()) return arena.leaf(rex->shape(), rex->text(), heir);
  return arena.node(rex->style(), rex->rune(), sons, heir);
}

}  // namespace

const Rex* render_embeds(const Rex* tree, EmbedRenderer renderer, Arena& arena) {
  if (!has_embeds(tree)) return tree;
  std::vector<Frame> open{{tree, 0, 0}};
  std::vector<const Rex*> done;
  while (!open.empty()) {
    Frame& frame = open.back();
    const Rex* const rex = frame.rex;
    const size_t count = sons_count(rex);
    if (is_part(rex)) {
      open.pop_back();
      done.push_back(renderer.render(renderer.context, arena, rex));
    } else if (frame.next < count + (rex->heir() != nullptr)) {
      const size_t next = frame.next++;
      open.push_back({next < count ? rex->sons()[next] : rex->heir(), done.size(), 0});
    } else {
      const Rex* const made = rebuild(frame, done, arena);
      done.resize(frame.base);
      done.push_back(made);
      open.pop_back();
    }
  }
  return done.back();
}

}  // namespace plan::rex
