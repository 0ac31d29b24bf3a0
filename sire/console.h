// sire/console.h: where the output of Sire goes, and values in its messages (spec/sire.md 8).
//
// Text is collected and goes to the file descriptor in large pieces; flush() where somebody waits
// for it. Nothing here evaluates: values are normal forms.
#pragma once

#include "sire/rex_view.h"
#include "sire/show.h"

#include <string>
#include <string_view>

namespace plan::sire {

struct ConsoleOptions {
  int descriptor = 1;
  bool quiet = false;  ///< values, bindings and traces are not shown
  /// Ctrl-C: what is being shown then is given up, and said to be.
  ShowOptions show = {};
};

class Console {
 public:
  explicit Console(const ConsoleOptions& options) : options_(options), printer_(options.show) {}
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// A value, or, if it is a Rex value, its source text.
  void print_value(Value v);
  /// `name` = value, with the definitions of its outermost pins.
  void print_binding(Value name, Value v);
  /// The value and everything below it.
  void print_deep(Value v);
  /// Shown even if quiet.
  void print_text(std::string_view text);
  void flush();

  void set_quiet(bool quiet) { options_.quiet = quiet; }
  bool is_quiet() const { return options_.quiet; }
  const ShowOptions& show_options() const { return options_.show; }
  /// Why some output was lost; empty if none was.
  const std::string& error() const { return error_; }

 private:
  /// Prints what was made of a value, unless that was interrupted.
  void print_shown(std::string_view text);

  ConsoleOptions options_;
  ValuePrinter printer_;
  std::string buffer_;
  std::string error_;
};

/// The text of a value, as it stands in messages.
std::string value_text(Value v);
/// The printed form of a value, as a Rex value.
Value value_as_rex(RexValueMaker& maker, Value v);

}  // namespace plan::sire
