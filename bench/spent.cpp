// What a command took. The kernel counts into a process's peak what its parent's was when it was started: a Python that
// starts it would be the least that could ever be measured.

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>
#include <vector>

#include "bench/modes.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace postern::bench {

int spent_mode(const std::string& result, std::vector<std::string> command) {
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  rusage used{};
  if (words.size() < 2 || posix_spawnp(&child, words[0], nullptr, nullptr, words.data(), environ) != 0 ||
      wait4(child, &status, 0, &used) != child) {
    std::perror("postern_bench spent");
    return 2;
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  std::FILE* file = std::fopen(result.c_str(), "w");
  if (file == nullptr) return 2;
  std::fprintf(file, "{\"cpu_s\": %.6f, \"peak_kib\": %ld}\n", seconds(used.ru_utime) + seconds(used.ru_stime),
               used.ru_maxrss);
  std::fclose(file);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace postern::bench
