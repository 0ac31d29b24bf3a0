// sire/rex_print.cc: the wide and the tall printer of Rex.
//
// Note [What does not read back]
// Upstream's printer, which this one follows, writes some trees so that reading gives another one:
// - an heir that is a leaf or a SHUT node is not set off: word `f` with heir `x` prints `fx`;
// - an OPEN node or a LINE leaf inside a closed form prints as NEST or TEXT;
// - an operand of an infix node that is a NEST `|` node with an heir shows that as one more son;
// - a text with a line break, and one that has all candidates for a quote and unbalanced braces;
// - the runes, words and empty nodes that no reader makes and a macro may;
// - runes of six or more characters, whose place can coincide with that of a neighbour.
#include "sire/rex_print.h"

#include "sire/rex_text.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <vector>

namespace plan::rex {

namespace {

constexpr size_t kPhraseWidthMax = 40;
constexpr size_t kStepColumns = 4;        ///< between the depths of neighbouring open sons
constexpr size_t kUnderscoreTextMax = 8;  ///< shorter texts may be quoted by underscores
constexpr size_t kUsualTextBytes = 512;
constexpr size_t kUsualLineBytes = 96;
constexpr size_t kUsualTasks = 24;

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kBoldYellow = "\x1b[33;1m";
constexpr std::string_view kBoldMagenta = "\x1b[35;1m";

/// Candidates for the byte around a text, best first.
constexpr std::string_view kDelimiters =
    "|#$!%&*+,-./:<=>?@\\^`'\"~_"
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool is_balanced(std::string_view text) {
  uint64_t depth = 1;
  for (const char c : text) {
    if (c == '{') depth++;
    if (c == '}' && --depth == 0) return false;
  }
  return depth == 1;
}

/// The byte to put around a text behind a `}`; 0 if braces do it, or nothing does.
char delimiter_for(std::string_view text) {
  if (is_balanced(text)) return '\0';
  std::bitset<256> used;
  for (const char c : text) used.set(static_cast<unsigned char>(c));
  if (!used['_'] && !used[' '] && character_count(text) < kUnderscoreTextMax) return '_';
  for (const char c : kDelimiters) {
    if (!used[static_cast<unsigned char>(c)]) return c;
  }
  return '\0';
}

/// Character codes count modulo 256 here, as they do upstream.
bool prints_as_word(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    if (is_word_byte(text[i])) {
      i++;
    } else if (static_cast<unsigned char>(text[i]) < 0x80 ||
               !is_word_byte(static_cast<char>(next_character(text, i)))) {
      return false;
    }
  }
  return !text.empty();
}

/// Text under construction.
class Line {
 public:
  explicit Line(const PrintOptions& options) : options_(options) { text_.reserve(kUsualLineBytes); }

  const std::string& text() const { return text_; }
  /// In characters.
  size_t width() const { return character_count(text_) - invisible_; }
  bool is_full() const { return text_.size() > options_.bytes_max || options_.is_interrupted(); }

  void clear() {
    text_.clear();
    invisible_ = 0;
  }
  void add(char byte) { text_.push_back(byte); }
  void add(std::string_view text) { text_.append(text); }
  void add(const Line& other) {
    text_.append(other.text_);
    invisible_ += other.invisible_;
  }
  void add_rune(std::string_view rune) {
    if (!options_.colour) return add(rune);
    const bool is_light = rune == "-" || rune == "`" || rune == ".";
    begin_colour(is_light ? kBoldYellow : kYellow);
    add(rune);
    end_colour();
  }
  void add_bracket(char bracket) {
    begin_colour(kBoldMagenta);
    add(bracket);
    end_colour();
  }
  void add_text(std::string_view text) {
    begin_colour(kGreen);
    const char delimiter = delimiter_for(text);
    if (delimiter == '\0') {
      add('{');
      add(text);
      add('}');
    } else {
      add('}');
      add(delimiter);
      add(text);
      add(delimiter);
    }
    end_colour();
  }
  void add_line_text(std::string_view text) {
    begin_colour(kGreen);
    add(text.empty() ? "}" : "} ");
    add(text);
    end_colour();
  }

 private:
  void begin_colour(std::string_view escape) {
    if (options_.colour) add_invisible(escape);
  }
  void end_colour() {
    if (options_.colour) add_invisible(kReset);
  }
  void add_invisible(std::string_view ascii) {
    text_.append(ascii);
    invisible_ += ascii.size();
  }

  const PrintOptions& options_;
  std::string text_;
  size_t invisible_ = 0;  ///< characters that take no place
};

class WidePrinter {
 public:
  explicit WidePrinter(const PrintOptions& options) : line_(options) {
    tasks_.reserve(kUsualTasks);
  }

  /// Adds the tree to the line. Stops early if that becomes too long.
  void print(const Rex* tree) {
    tasks_.clear();
    tasks_.push_back({Step::kTree, 0, tree});
    while (!tasks_.empty() && !line_.is_full()) {
      const Task task = tasks_.back();
      tasks_.pop_back();
      run(task);
    }
  }

  Line& line() { return line_; }

 private:
  enum class Step : uint8_t {
    kTree,
    kWrapped,   ///< with parentheses if it is glued together by a rune
    kHeir,      ///< with parentheses if it begins with a rune glued to it
    kOperand,   ///< of an infix node: a plain application goes without parentheses
    kOperands,  ///< sons and heir of such an application, from `index` on
    kInfix,     ///< sons of an infix node, from `index` on
    kShut,      ///< likewise, with the rune glued between
    kSpaced,    ///< likewise, with only a space between
    kParen,     ///< `)`
    kBracket,   ///< `]`
  };
  struct Task {
    Step step;
    uint32_t index;
    const Rex* rex;
  };

  void push(Step step, const Rex* rex = nullptr, uint32_t index = 0) {
    tasks_.push_back({step, index, rex});
  }

  static bool is_tight(const Rex* rex) {
    return rex->is_node(Style::kPref) || rex->is_node(Style::kShut);
  }

  void parenthesised(bool condition, const Rex* rex) {
    if (condition) {
      line_.add_bracket('(');
      push(Step::kParen);
    }
    push(Step::kTree, rex);
  }

  void run(const Task& task) {
    switch (task.step) {
      case Step::kTree:
        tree(task.rex);
        return;
      case Step::kWrapped:
        parenthesised(is_tight(task.rex), task.rex);
        return;
      case Step::kHeir:
        parenthesised(task.rex->is_node(Style::kPref), task.rex);
        return;
      case Step::kOperand:
        push(is_plain_application(task.rex) ? Step::kOperands : Step::kTree, task.rex);
        return;
      case Step::kOperands:
        operands(task);
        return;
      case Step::kInfix:
      case Step::kShut:
      case Step::kSpaced:
        sons(task);
        return;
      case Step::kParen:
        line_.add_bracket(')');
        return;
      case Step::kBracket:
        line_.add_bracket(']');
        return;
    }
  }

  void tree(const Rex* rex) {
    switch (rex->kind()) {
      case Kind::kEmbed:
        line_.add_rune(kEmbedRune);
        return;
      case Kind::kEvil:
        line_.add_rune(kEvilRune);
        return;
      case Kind::kLeaf:
        leaf(rex);
        if (rex->heir() != nullptr) push(Step::kHeir, rex->heir());
        return;
      case Kind::kNode:
        if (rex->heir() != nullptr) {
          push(Step::kHeir, rex->heir());
          if (is_tight(rex)) {
            line_.add_bracket('(');
            push(Step::kParen);
          }
        }
        node(rex);
        return;
    }
  }

  static bool is_bare_leaf(const Rex* rex) { return rex->is_leaf() && rex->heir() == nullptr; }

  /// A leaf without its heir.
  void leaf(const Rex* rex) {
    if (rex->is_leaf(Shape::kWord) && prints_as_word(rex->text())) {
      line_.add(rex->text());
    } else {
      line_.add_text(rex->text());
    }
  }

  /// A node without its heir.
  void node(const Rex* rex) {
    switch (rex->style()) {
      case Style::kPref:
        line_.add_rune(rex->rune());
        if (!rex->sons().empty()) push(Step::kWrapped, rex->sons().front());
        return;
      case Style::kShut:
        push(Step::kShut, rex);
        return;
      case Style::kInfx:
        line_.add_bracket('(');
        push(Step::kParen);
        push(Step::kInfix, rex);
        return;
      case Style::kOpen:
      case Style::kNest:
        nest(rex);
        return;
    }
  }

  void nest(const Rex* rex) {
    const bool has_sons = !rex->sons().empty();
    if (rex->rune() == ",") {
      line_.add_bracket('[');
      push(Step::kBracket);
    } else {
      line_.add_bracket('(');
      push(Step::kParen);
      if (rex->rune() != "|") {
        line_.add_rune(rex->rune());
        if (has_sons) line_.add(' ');
      } else if (rex->sons().size() == 1) {
        line_.add("| ");  // Without its rune, a single son would lose the parentheses too.
      }
    }
    if (has_sons) push(Step::kSpaced, rex);
  }

  void sons(const Task& task) {
    const std::span<const Rex* const> all = task.rex->sons();
    for (uint32_t i = task.index; i < all.size() && !line_.is_full(); i++) {
      if (i > 0) {
        if (task.step != Step::kShut) line_.add(' ');
        if (task.step != Step::kSpaced) line_.add_rune(task.rex->rune());
        if (task.step == Step::kInfix) line_.add(' ');
      }
      if (is_bare_leaf(all[i])) {
        leaf(all[i]);
        continue;
      }
      push(task.step, task.rex, i + 1);
      const Step inner = task.step == Step::kInfix  ? Step::kOperand
                         : task.step == Step::kShut ? Step::kWrapped
                                                    : Step::kTree;
      return push(inner, all[i]);
    }
  }

  static bool is_plain_application(const Rex* rex) {
    if (!rex->is_node(Style::kNest) || rex->rune() != "|" || rex->sons().empty()) return false;
    return rex->sons().size() + (rex->heir() != nullptr) >= 2;
  }

  void operands(const Task& task) {
    const std::span<const Rex* const> all = task.rex->sons();
    const Rex* const heir = task.rex->heir();
    if (task.index == all.size() + (heir != nullptr)) return;
    if (task.index > 0) line_.add(' ');
    push(task.step, task.rex, task.index + 1);
    push(Step::kTree, task.index < all.size() ? all[task.index] : heir);
  }

  Line line_;
  std::vector<Task> tasks_;  ///< what is still to print, next one last
};

class TallPrinter {
 public:
  explicit TallPrinter(const PrintOptions& options)
      : options_(options), wide_(options), line_(options) {
    out_.reserve(kUsualTextBytes);
  }

  /// The layout of the tree; empty if it is too large.
  std::string print(const Rex* tree) {
    tasks_.push_back({Step::kBlock, 0, 0, 0, 0, tree});
    while (!tasks_.empty() && !is_full()) {
      const Task task = tasks_.back();
      tasks_.pop_back();
      run(task);
    }
    if (is_full()) return {};
    out_.push_back('\n');
    return std::move(out_);
  }

 private:
  enum class Step : uint8_t {
    kBlock,   ///< a tree that may need to stand further right than `depth`
    kChain,   ///< a tree at `depth`, with its heirs
    kMiddle,  ///< the sons [first, last) of a node at `depth`: those from the first to the last
              ///< open one; they make up `count` blocks
    kTail,    ///< the closed sons after these
  };
  struct Task {
    Step step;
    uint32_t first;
    uint32_t last;
    uint32_t count;
    size_t depth;
    const Rex* rex;
  };

  bool is_full() const { return is_full_ || out_.size() > options_.bytes_max || line_.is_full(); }

  void run(const Task& task) {
    switch (task.step) {
      case Step::kBlock:
        block(task.rex, task.depth);
        return;
      case Step::kChain:
        chain(task.rex, task.depth);
        return;
      case Step::kMiddle:
        middle(task);
        return;
      case Step::kTail:
        phrases(task.rex->sons().subspan(task.first), task.depth);
        return;
    }
  }

  /// Runes end at the column of their block, so the longest one of a chain says how far left the
  /// block reaches.
  static size_t pad_of(const Rex* rex) {
    size_t pad = 0;
    for (; rex != nullptr && !is_closed(rex); rex = rex->heir()) {
      if (rex->is_node())
        pad = std::max(pad, std::max<size_t>(character_count(rex->rune()), 1) - 1);
    }
    return pad;
  }

  void block(const Rex* rex, size_t depth) {
    const size_t pad = pad_of(rex);
    if (pad > depth) {
      depth =
          depth == 0 ? pad : depth + (pad - depth + kStepColumns - 1) / kStepColumns * kStepColumns;
    }
    chain(rex, depth);
  }

  void chain(const Rex* rex, size_t depth) {
    if (is_closed(rex)) {
      phrases({&rex, 1}, depth);
      return;
    }
    if (rex->heir() != nullptr) tasks_.push_back({Step::kChain, 0, 0, 0, depth, rex->heir()});
    if (rex->is_leaf()) {
      line_.clear();
      line_.add_line_text(rex->text());
      put(depth, line_);
    } else {
      open_node(rex, depth);
    }
  }

  void open_node(const Rex* rex, size_t depth) {
    const std::span<const Rex* const> sons = rex->sons();
    const size_t size = sons.size();
    size_t first = 0;
    while (first < size && is_closed(sons[first])) first++;
    size_t last = size;
    while (last > first && is_closed(sons[last - 1])) last--;
    uint32_t count = 0;
    for (size_t i = first; i < last; i++) {
      // A run of closed sons is one block.
      count += !is_closed(sons[i]) || !is_closed(sons[i - 1]);
    }
    if (last < size) {
      tasks_.push_back({Step::kTail, static_cast<uint32_t>(last), 0, 0, depth + 2, rex});
    }
    if (first < last) {
      tasks_.push_back({Step::kMiddle, static_cast<uint32_t>(first), static_cast<uint32_t>(last),
                        count, depth, rex});
    }
    line_.clear();
    line_.add_rune(rex->rune());
    const size_t rune_width = line_.width();
    if (first == 0) {
      put(depth + 1 - rune_width, line_);
    } else {
      line_.add(' ');
      fill(sons.first(first), depth + 1 - rune_width, depth + 2);
    }
  }

  void middle(const Task& task) {
    if (task.first == task.last) return;
    const std::span<const Rex* const> sons = task.rex->sons();
    const size_t depth = task.depth + kStepColumns * task.count;
    uint32_t next = task.first + 1;
    if (is_closed(sons[task.first])) {
      while (is_closed(sons[next])) next++;  // The last of them is open.
      phrases(sons.subspan(task.first, next - task.first), depth);
    }
    tasks_.push_back({task.step, next, task.last, task.count - 1, task.depth, task.rex});
    if (!is_closed(sons[task.first])) {
      tasks_.push_back({Step::kBlock, 0, 0, 0, depth, sons[task.first]});
    }
  }

  void phrases(std::span<const Rex* const> trees, size_t depth) {
    line_.clear();
    fill(trees, depth, depth);
  }

  /// Puts closed trees side by side behind what line_ holds, then on further lines.
  void fill(std::span<const Rex* const> trees, size_t column, size_t next_column) {
    size_t width = 0;  // of the trees on this line
    for (size_t i = 0; i < trees.size(); i++) {
      wide_.line().clear();
      wide_.print(trees[i]);
      const size_t added = wide_.line().width();
      is_full_ = is_full_ || wide_.line().is_full();
      if (i == 0) {
        width = added;
      } else if (width + 1 + added > kPhraseWidthMax) {
        put(column, line_);
        if (is_full()) return;
        line_.clear();
        column = next_column;
        width = added;
      } else {
        line_.add(' ');
        width += 1 + added;
      }
      line_.add(wide_.line());
    }
    put(column, line_);
  }

  /// Puts text at a column: on the current line if that ends before it with space to spare.
  void put(size_t column, const Line& text) {
    if (is_full()) return;
    size_t spaces = column;
    if (has_line_ && column > end_column_) {
      spaces = column - end_column_;
    } else if (has_line_) {
      out_.push_back('\n');
    }
    if (spaces > options_.bytes_max) {
      is_full_ = true;
      return;
    }
    out_.append(spaces, ' ').append(text.text());
    has_line_ = true;
    end_column_ = column + text.width();
  }

  const PrintOptions& options_;
  std::string out_;
  bool is_full_ = false;
  bool has_line_ = false;
  size_t end_column_ = 0;  ///< of the current line
  WidePrinter wide_;
  Line line_;  ///< being put together
  std::vector<Task> tasks_;
};

}  // namespace

std::string print_wide(const Rex* tree, const PrintOptions& options) {
  WidePrinter printer(options);
  printer.print(tree);
  std::string text = printer.line().text();
  if (printer.line().is_full()) {
    text.resize(valid_utf8_prefix(std::string_view(text).substr(0, options.bytes_max)));
    text.append(options.colour ? "\x1b[0m…" : "…");
  }
  return text;
}

std::string print_tall(const Rex* tree, const PrintOptions& options) {
  std::string text = TallPrinter(options).print(tree);
  if (text.empty()) text = print_wide(tree, options) + "\n";
  return text;
}

std::string print_blocks(std::span<const Rex* const> trees, const PrintOptions& options) {
  std::string text;
  for (const Rex* tree : trees) {
    if (!text.empty()) text.push_back('\n');
    text.append(print_tall(tree, options));
  }
  return text;
}

size_t wide_width(const Rex* tree) {
  const PrintOptions options;
  WidePrinter printer(options);
  printer.print(tree);
  return printer.line().width();
}

const Rex* mark(Arena& arena, std::string_view rune, const Rex* value) {
  return arena.node(is_closed(value) ? Style::kPref : Style::kOpen, rune, {&value, 1});
}

}  // namespace plan::rex
