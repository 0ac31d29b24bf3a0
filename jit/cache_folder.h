// jit/cache_folder.h: a folder for a code cache of their own, for tests, fuzzing and benchmarks.
#pragma once

#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/file.h"

namespace plan::jit {

/// Made when it is, and removed with all files in it.
class CacheFolder {
 public:
  explicit CacheFolder(const std::string& place = "/tmp") {
    root_ = place + "/palladium_cache_XXXXXX";
    PLAN_CHECK(mkdtemp(root_.data()) != nullptr);
    code_ = root_ + "/code";
  }
  ~CacheFolder() {
    for (const std::string& folder : {code_, root_}) {
      chmod(folder.c_str(), 0700);
      for (const FileEntry& file : list_files(folder)) remove_file(folder + "/" + file.name);
      rmdir(folder.c_str());
      unlink(folder.c_str());
    }
  }
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

  const std::string& root() const { return root_; }
  /// For the code cache to make.
  const std::string& code() const { return code_; }

 private:
  std::string root_;
  std::string code_;
};

}  // namespace plan::jit
