// sire/console.cc: what Sire prints.
#include "sire/console.h"

#include "base/file.h"
#include "sire/plan_rex.h"
#include "sire/rex_print.h"

namespace plan::sire {

namespace {
constexpr size_t kBufferBytes = size_t{1} << 16;
constexpr int kStandardError = 2;
}  // namespace

Console::~Console() {
  flush();
}

void Console::flush() {
  // By pieces: somebody may lose patience with a terminal that shows a long text. The first one is
  // always shown, because it may say what was done before Ctrl-C.
  std::string_view text = buffer_;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kBufferBytes);
    if (!write_all(options_.descriptor, piece) && error_.empty()) error_ = last_error_text();
    text.remove_prefix(piece.size());
    if (options_.show.is_interrupted()) break;
  }
  buffer_.clear();
}

void Console::print_text(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Console::print_shown(std::string_view text) {
  if (!options_.show.is_interrupted()) return print_text(text);
  flush();
  write_all(kStandardError, "printing was interrupted\n");
}

void Console::print_value(Value v) {
  if (!options_.quiet) print_shown(printer_.print_shallow(v));
}

void Console::print_binding(Value name, Value v) {
  if (!options_.quiet) print_shown(printer_.print_binding(name, v));
}

void Console::print_deep(Value v) {
  if (!options_.quiet) print_shown(print_full(v, options_.show));
}

std::string value_text(Value v) {
  rex::Arena arena;
  return rex::print_tall(value_rex(arena, v));
}

Value value_as_rex(RexValueMaker& maker, Value v) {
  rex::Arena arena;
  return value_of_rex(maker, value_rex(arena, v));
}

}  // namespace plan::sire
