// sire/prompt.cc: line editing around a session, by libedit.
#include "sire/prompt.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "gc/make.h"
#include "sire/rex_text.h"
#include "sire/show.h"

#include <histedit.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <memory>

namespace plan::sire {

namespace {

constexpr int kStandardInput = 0;
constexpr int kStandardOutput = 1;
constexpr int kHistoryLinesMax = 10'000;
constexpr size_t kChoicesMax = 200;
constexpr size_t kReadBytes = size_t{1} << 16;
constexpr size_t kScreenColumns = 80;

/// What the callbacks of libedit need to reach.
struct Prompt {
  Session& session;
  std::atomic<bool> interrupted{false};
};

Prompt& prompt_of(EditLine* editor) {
  void* prompt = nullptr;
  el_get(editor, EL_CLIENTDATA, &prompt);
  return *static_cast<Prompt*>(prompt);
}

const char* prompt_text(EditLine* editor) {
  return prompt_of(editor).session.is_inside_block() ? " ... " : "sire ";
}

void interrupt(void* context) {
  auto& prompt = *static_cast<Prompt*>(context);
  prompt.interrupted.store(true, std::memory_order_relaxed);
  prompt.session.request_interrupt();
}

/// Reads one character of UTF-8. A signal ends the line.
int read_character(EditLine* editor, wchar_t* result) {
  const Prompt& prompt = prompt_of(editor);
  std::string bytes;
  size_t length = 1;
  while (bytes.size() < length) {
    const int byte = read_byte(kStandardInput, prompt.interrupted);
    if (byte < 0) return byte == kInputInterrupted ? -1 : 0;
    bytes.push_back(static_cast<char>(byte));
    if (bytes.size() == 1) length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
  }
  size_t offset = 0;
  *result = static_cast<wchar_t>(rex::next_character(bytes, offset));
  return 1;
}

void list_choices(const std::vector<std::string>& choices) {
  size_t width = 0;
  for (const std::string& choice : choices) width = std::max(width, choice.size() + 2);
  const size_t columns = std::max<size_t>(1, kScreenColumns / width);
  std::string text = "\n";
  for (size_t i = 0; i < choices.size(); ++i) {
    const bool last = (i + 1) % columns == 0 || i + 1 == choices.size();
    text += choices[i] + (last ? "\n" : std::string(width - choices[i].size(), ' '));
  }
  write_all(kStandardOutput, text);
}

unsigned char complete_key(EditLine* editor, int) {
  const LineInfo* line = el_line(editor);
  const std::string_view before(line->buffer, static_cast<size_t>(line->cursor - line->buffer));
  const Completion completion = complete(prompt_of(editor).session, before);
  if (!completion.addition.empty()) {
    el_insertstr(editor, completion.addition.c_str());
    return CC_REFRESH;
  }
  if (completion.choices.empty()) return CC_ERROR;
  list_choices(completion.choices);
  return CC_REDISPLAY;
}

struct EditorDeleter {
  void operator()(EditLine* editor) const { el_end(editor); }
};
struct HistoryDeleter {
  void operator()(History* history) const { history_end(history); }
};

}  // namespace

Completion complete(Session& session, std::string_view line) {
  size_t start = line.size();
  while (start > 0 && rex::is_word_byte(line[start - 1])) --start;
  const std::string_view prefix = line.substr(start);
  Completion result;
  if (prefix.empty()) return result;
  result.choices = session.names_with_prefix(prefix, kChoicesMax);
  if (result.choices.empty()) return result;
  const std::string& first = result.choices.front();
  const std::string& last = result.choices.back();
  size_t shared = prefix.size();
  while (shared < first.size() && shared < last.size() && first[shared] == last[shared]) ++shared;
  result.addition = first.substr(prefix.size(), shared - prefix.size());
  if (result.choices.size() == 1) result.addition += ' ';
  return result;
}

void print_banner(Session& session) {
  const Value text = gc::make_cord(session.context().heap,
                                   "\n==== Sire REPL ====\n\n"
                                   "Since input is multi-line, there is currently no "
                                   "input-prompt.\nJust type away!\n");
  session.console().print_text(print_value_shallow(text, session.console().show_options()));
  session.console().flush();
}

Status run_piped_prompt(Session& session) {
  std::vector<char> buffer(kReadBytes);
  std::string pending;
  for (;;) {
    PLAN_TRY(const size_t count, read_some(kStandardInput, buffer));
    if (count == 0) break;
    const size_t seen = pending.size();  // has no line end: a line may come in many pieces
    pending.append(buffer.data(), count);
    size_t start = 0;
    for (size_t end = pending.find('\n', seen); end != std::string::npos;
         end = pending.find('\n', start)) {
      session.feed_line(std::string_view(pending).substr(start, end - start));
      start = end + 1;
    }
    pending.erase(0, start);
  }
  if (!pending.empty()) session.feed_line(pending);
  session.end_input();
  return Unit{};
}

void run_terminal_prompt(Session& session, const PromptOptions& options) {
  if (std::setlocale(LC_CTYPE, "") == nullptr) std::setlocale(LC_CTYPE, "C.UTF-8");
  const std::unique_ptr<EditLine, EditorDeleter> editor(
      el_init("palladium", stdin, stdout, stderr));
  const std::unique_ptr<History, HistoryDeleter> lines(history_init());
  if (editor == nullptr || lines == nullptr) {
    static_cast<void>(run_piped_prompt(session));
    return;
  }
  Prompt prompt{session};
  HistEvent event;
  history(lines.get(), &event, H_SETSIZE, kHistoryLinesMax);
  history(lines.get(), &event, H_SETUNIQUE, 1);
  if (!options.history_file.empty()) {
    history(lines.get(), &event, H_LOAD, options.history_file.c_str());
  }
  EditLine* const e = editor.get();
  el_set(e, EL_CLIENTDATA, &prompt);
  el_set(e, EL_EDITOR, "emacs");
  el_set(e, EL_PROMPT, prompt_text);
  el_set(e, EL_HIST, history, lines.get());
  // Between two lines libedit gives the terminal its usual mode back. In that mode the kernel would
  // turn a Ctrl-D typed ahead into an end of input, which is lost when the next line is edited.
  el_set(e, EL_SETTY, "-x", "eof=", nullptr);
  el_set(e, EL_GETCFN, read_character);
  el_set(e, EL_ADDFN, "complete-name", "Complete a name in scope", complete_key);
  el_set(e, EL_BIND, "\t", "complete-name", nullptr);
  el_set(e, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  on_interrupt(interrupt, &prompt);
  for (;;) {
    int count = 0;
    const char* const line = el_gets(e, &count);
    if (prompt.interrupted.exchange(false)) {
      session.clear_interrupt();
      session.drop_input();
      write_all(kStandardOutput, "^C\n");
      el_reset(e);
      continue;
    }
    if (line == nullptr || count <= 0) break;
    std::string_view text(line, static_cast<size_t>(count));
    if (text.find_first_not_of(" \n") != std::string_view::npos) {
      history(lines.get(), &event, H_ENTER, line);
    }
    if (text.back() == '\n') text.remove_suffix(1);
    session.feed_line(text);
    // Ctrl-C that came while the line was executed has done its work.
    prompt.interrupted.store(false);
    session.clear_interrupt();
  }
  session.end_input();
  on_interrupt(nullptr, nullptr);
  if (!options.history_file.empty()) {
    history(lines.get(), &event, H_SAVE, options.history_file.c_str());
  }
  write_all(kStandardOutput, "\n");
}

}  // namespace plan::sire
