// jit/cache_folder.h: what tests of stored code share: a folder of their own for a code cache.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace plan::jit {

/// Made when it is, and removed with all files in it.
class CacheFolder {
 public:
  CacheFolder() {
    root_ = testing::TempDir() + "code_cache_XXXXXX";
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
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
