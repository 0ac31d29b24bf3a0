// sire/loader.cc: modules from files.
#include "sire/loader.h"

#include "base/file.h"
#include "sire/cache.h"
#include "sire/console.h"
#include "sire/execute.h"
#include "sire/library.h"
#include "sire/place.h"
#include "sire/plan_rex.h"

#include <algorithm>

namespace plan::sire {

namespace {

constexpr int kStandardError = 2;

/// Feeds lines to a reader until `blocks` is not empty; false at the end of the text.
class LineFeeder {
 public:
  explicit LineFeeder(std::string_view text) : text_(text) {}

  bool next_blocks(std::vector<rex::Block>& blocks) {
    blocks.clear();
    while (blocks.empty() && !text_.empty()) {
      const size_t end = std::min(text_.find('\n'), text_.size());
      reader_.feed(text_.substr(0, end), blocks);
      text_.remove_prefix(std::min(end + 1, text_.size()));
    }
    if (blocks.empty()) reader_.finish(blocks);
    return !blocks.empty();
  }

 private:
  std::string_view text_;
  rex::Reader reader_;
};

bool is_node(const rex::Rex* tree, std::string_view rune, size_t sons) {
  return tree->is_node() && tree->rune() == rune && tree->sons().size() == sons &&
         tree->heir() == nullptr;
}

}  // namespace

Result<std::string> module_of_argument(std::string_view argument) {
  const size_t slash = argument.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? "" : argument.substr(0, slash + 1);
  const std::string_view file = argument.substr(folder.size());
  const size_t dot = std::min(file.find('.'), file.size());
  const bool is_module =
      (folder.empty() || folder == "./" || folder == "sire/" || folder == "./sire/") && dot != 0 &&
      (file.substr(dot).empty() || file.substr(dot) == ".sire");
  if (is_module) return std::string(file.substr(0, dot));
  return Error{"module", "Not a sire module: " + std::string(argument)};
}

void report_bad_rex(std::string_view file, const rex::Block& block) {
  write_all(kStandardError, "\n\n" + rex::format_error(file, block.errors.front()) + "\n\n\n");
}

Result<ModuleSource> Loader::read_source(const std::string& name) const {
  ModuleSource module;
  module.name = name;
  module.path = "./sire/" + name + ".sire";
  if (file_exists(module.path)) {
    PLAN_TRY(module.bytes, read_file(module.path));
    module.text = {reinterpret_cast<const char*>(module.bytes.data()), module.bytes.size()};
    return module;
  }
  for (const LibraryModule& inside : library_modules()) {
    if (inside.name != name) continue;
    module.path = "library/" + name + ".sire";
    module.text = inside.text;
    return module;
  }
  return Error{"io",
               "there is no module " + name + ": neither " + module.path + " nor in the library"};
}

LoadResult Loader::fail_at(const ModuleSource& module, const rex::Block* block,
                           const char* reason) {
  const Value rex = block != nullptr ? value_of_rex(context_.rex, block->tree)
                                     : context_.rex.leaf(RexForm::kText, small_nat(0));
  begin_block(context_, rex, module.name + ".sire", block != nullptr ? block->first_line : 0);
  context_.fail(Node{0}, reason);
  wrap_failure(context_);
  if (block != nullptr) {
    report_place(context_, module.path, *block);
  } else {
    write_all(kStandardError, module.path + ": " + reason + "\n");
  }
  return {LoadStatus::kFailed, ""};
}

LoadResult Loader::read_header(const ModuleSource& module, std::string& previous) {
  std::vector<rex::Block> blocks;
  if (!LineFeeder(module.text).next_blocks(blocks)) {
    return fail_at(module, nullptr, "Module declarations are required, but this file is empty");
  }
  const rex::Block& block = blocks.front();
  if (block.tree == nullptr) {
    report_bad_rex(module.path, block);
    return {LoadStatus::kBadRex, ""};
  }
  const rex::Rex* tree = block.tree;
  if (!tree->is_node() || tree->rune() != "####") {
    return fail_at(module, &block, "All files must start with module declaration");
  }
  if (is_node(tree, "####", 1)) return {};
  if (!is_node(tree, "####", 2) || !is_node(tree->sons()[1], "<-", 1)) {
    return fail_at(module, &block, "Bad module declaration statement");
  }
  const Value prior = value_of_rex(context_.rex, tree->sons()[1]->sons()[0]);
  const KeyReading key = read_key_leaf(context_.heap, view_rex(prior));
  if (!key.is_key) {
    return {LoadStatus::kNoSource, module.path + ": Bad module name: " + value_text(prior)};
  }
  previous = nat_text(key.nat);
  if (previous.empty()) return fail_at(module, &block, "Bad module declaration statement");
  return {};
}

/// The module and all before it, first one first, with their hashes.
LoadResult Loader::read_chain(const std::string& name, std::vector<ModuleSource>& chain) {
  for (std::string next = name; !next.empty();) {
    Result<ModuleSource> module = read_source(next);
    if (!module) return {LoadStatus::kNoSource, module.error().message};
    const bool is_known = std::any_of(chain.begin(), chain.end(),
                                      [&](const ModuleSource& m) { return m.name == next; });
    if (is_known || chain.size() == kChainMax) {
      return {LoadStatus::kNoSource,
              "module " + next + " comes before itself: the chain of " + name + " has no start"};
    }
    std::string previous;
    LoadResult result = read_header(*module, previous);
    if (result.status != LoadStatus::kLoaded) return result;
    chain.push_back(std::move(*module));
    next = previous;
  }
  std::reverse(chain.begin(), chain.end());
  Hash256 hash{};
  for (ModuleSource& module : chain) {
    Blake3 hasher;
    hasher.update(hash);
    hasher.update({reinterpret_cast<const uint8_t*>(module.text.data()), module.text.size()});
    hash = hasher.finish();
    module.chain_hash = hash;
  }
  return {};
}

LoadResult Loader::load(const std::string& name) {
  std::vector<ModuleSource> chain;
  const LoadResult result = read_chain(name, chain);
  if (result.status != LoadStatus::kLoaded) return result;
  context_.state.reset();
  if (cache_ == nullptr) return run_chain(chain);
  const size_t known = cache_->restore(chain);
  LoadResult ran = run_chain(std::span(chain).subspan(known));
  context_.console.flush();  // while the last files are being written
  cache_->finish();
  return ran;
}

LoadResult Loader::run_chain(std::span<const ModuleSource> chain) {
  for (const ModuleSource& module : chain) {
    const LoadResult result = run_module(module);
    if (result.status != LoadStatus::kLoaded) return result;
    if (cache_ != nullptr) cache_->remember(module);
    if (observer_.after_module != nullptr &&
        !observer_.after_module(observer_.observer, context_, module)) {
      return {LoadStatus::kFailed, ""};
    }
  }
  return {};
}

LoadResult Loader::run_module(const ModuleSource& module) {
  LineFeeder feeder(module.text);
  std::vector<rex::Block> blocks;
  while (feeder.next_blocks(blocks)) {
    for (const rex::Block& block : blocks) {
      if (block.tree == nullptr) {
        context_.console.flush();
        report_bad_rex(module.path, block);
        return {LoadStatus::kBadRex, ""};
      }
      const Value rex = value_of_rex(context_.rex, block.tree);
      if (!execute_block(context_, rex, module.name + ".sire", block.first_line)) {
        context_.console.flush();
        report_place(context_, module.path, block);
        return {LoadStatus::kFailed, ""};
      }
    }
  }
  return {};
}

}  // namespace plan::sire
