// sire/plan_rex.cc: conversions between Rex values and Rex trees, each with a stack of its own.
#include "sire/plan_rex.h"

#include "gc/make.h"
#include "sire/rex_text.h"
#include "sire/symbol.h"

#include <vector>

namespace plan::sire {

namespace {

constexpr size_t kUsualDepth = 32;

/// The view of `v`, evil if its text is not UTF-8.
RexView checked_view(Value v) {
  const RexView view = view_rex(v);
  if (!view.is_leaf() && !view.is_node()) return view;
  uint64_t scratch = 0;
  const std::string_view text = nat_text(view.text, scratch);
  return rex::valid_utf8_prefix(text) == text.size() ? view : RexView{};
}

rex::Shape shape_of(RexForm form) {
  switch (form) {
    case RexForm::kText:
      return rex::Shape::kText;
    case RexForm::kLine:
      return rex::Shape::kLine;
    default:
      return rex::Shape::kWord;
  }
}

rex::Style style_of(RexForm form) {
  switch (form) {
    case RexForm::kOpen:
      return rex::Style::kOpen;
    case RexForm::kInfix:
      return rex::Style::kInfx;
    case RexForm::kPrefix:
      return rex::Style::kPref;
    case RexForm::kShut:
      return rex::Style::kShut;
    default:
      return rex::Style::kNest;
  }
}

RexForm form_of(rex::Shape shape) {
  switch (shape) {
    case rex::Shape::kWord:
      return RexForm::kWord;
    case rex::Shape::kText:
      return RexForm::kText;
    case rex::Shape::kLine:
      return RexForm::kLine;
  }
  PLAN_UNREACHABLE();
}

RexForm form_of(rex::Style style) {
  switch (style) {
    case rex::Style::kOpen:
      return RexForm::kOpen;
    case rex::Style::kNest:
      return RexForm::kNest;
    case rex::Style::kInfx:
      return RexForm::kInfix;
    case rex::Style::kPref:
      return RexForm::kPrefix;
    case rex::Style::kShut:
      return RexForm::kShut;
  }
  PLAN_UNREACHABLE();
}

class TreeMaker {
 public:
  explicit TreeMaker(rex::Arena& arena) : arena_(arena) {
    frames_.reserve(kUsualDepth);
    done_.reserve(kUsualDepth);
  }

  const rex::Rex* run(Value top) {
    enter(top);
    while (!frames_.empty()) {
      Frame& f = frames_.back();
      const uint64_t kids = f.view.is_leaf() ? f.view.has_heir() : f.view.kid_count();
      if (f.next < kids) {
        const Value kid = f.view.is_leaf() ? f.view.heir : f.view.kid(f.next);
        f.next++;
        enter(kid);
        continue;
      }
      const rex::Rex* const made = leave(f);
      done_.resize(f.base);
      done_.push_back(made);
      frames_.pop_back();
    }
    return done_.back();
  }

 private:
  struct Frame {
    RexView view;
    size_t base;
    uint64_t next = 0;
  };

  void enter(Value v) {
    const RexView view = checked_view(v);
    if (++nodes_ > kRexNodesMax) {
      done_.push_back(arena_.node(rex::Style::kNest, "…", {}));
    } else if (view.form == RexForm::kEvil) {
      done_.push_back(arena_.evil(v.word));
    } else if (view.form == RexForm::kEmbed) {
      done_.push_back(arena_.embed(view.text.word));
    } else {
      frames_.push_back({view, done_.size()});
    }
  }

  const rex::Rex* leave(const Frame& f) {
    return rex_layer(f.view, std::span(done_).subspan(f.base), arena_);
  }

  rex::Arena& arena_;
  std::vector<Frame> frames_;
  std::vector<const rex::Rex*> done_;
  uint64_t nodes_ = 0;
};

class ValueMaker {
 public:
  explicit ValueMaker(RexValueMaker& maker) : maker_(maker) {
    frames_.reserve(kUsualDepth);
    done_.reserve(kUsualDepth);
  }

  Value run(const rex::Rex* top) {
    enter(top);
    while (!frames_.empty()) {
      Frame& f = frames_.back();
      const uint64_t sons = son_count(f.tree);
      if (f.next < sons + (f.tree->heir() != nullptr)) {
        const uint64_t next = f.next++;
        enter(next < sons ? f.tree->sons()[next] : f.tree->heir());
        continue;
      }
      const Value made = leave(f);
      done_.resize(f.base);
      done_.push_back(made);
      frames_.pop_back();
    }
    return done_.back();
  }

 private:
  struct Frame {
    const rex::Rex* tree;
    size_t base;
    uint64_t next = 0;
  };

  static uint64_t son_count(const rex::Rex* tree) {
    return tree->is_node() ? tree->sons().size() : 0;
  }

  void enter(const rex::Rex* tree) {
    switch (tree->kind()) {
      case rex::Kind::kEvil:
        done_.push_back(value_in(tree));
        return;
      case rex::Kind::kEmbed:
        done_.push_back(maker_.embed(value_in(tree)));
        return;
      default:
        frames_.push_back({tree, done_.size()});
        return;
    }
  }

  Value leave(const Frame& f) {
    const Value heir = f.tree->heir() != nullptr ? done_.back() : small_nat(0);
    if (f.tree->is_leaf()) {
      const Value text = gc::make_cord(maker_.heap(), f.tree->text());
      return maker_.leaf(form_of(f.tree->shape()), text, heir);
    }
    const Value rune = gc::make_cord(maker_.heap(), f.tree->rune());
    const std::span<const Value> sons(done_.data() + f.base, f.tree->sons().size());
    return maker_.node(form_of(f.tree->style()), rune, sons, heir);
  }

  RexValueMaker& maker_;
  std::vector<Frame> frames_;
  std::vector<Value> done_;
};

}  // namespace

bool is_rex_value(Value v) {
  return checked_view(v).form != RexForm::kEvil;
}

const rex::Rex* rex_layer(const RexView& view, std::span<const rex::Rex* const> kids,
                          rex::Arena& arena) {
  uint64_t scratch = 0;
  const std::string_view text = arena.copy_text(nat_text(view.text, scratch));
  const rex::Rex* const heir = view.has_heir() ? kids.back() : nullptr;
  if (view.is_leaf()) return arena.leaf(shape_of(view.form), text, heir);
  return arena.node(style_of(view.form), text, kids.first(view.son_count()), heir);
}

const rex::Rex* rex_of_value(Value v, rex::Arena& arena) {
  return TreeMaker(arena).run(v);
}

Value value_of_rex(RexValueMaker& maker, const rex::Rex* tree) {
  return ValueMaker(maker).run(tree);
}

}  // namespace plan::sire
