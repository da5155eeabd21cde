#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/adapters/scratch.h"

namespace waybill::test {

/// The command `openssl`, in silence; `input` becomes its standard input.
inline pid_t start_openssl(std::vector<std::string> words, int input = -1) {
  words.insert(words.begin(), "openssl");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(input < 0 ? null : input, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    ::execvp("openssl", argv.data());
    ::_exit(127);
  }
  return child;
}

/// Its exit status.
inline int run_openssl(std::vector<std::string> words) {
  int status = 0;
  ::waitpid(start_openssl(std::move(words)), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// An authority that nobody knows, and servers' certificates by it, for one test.
class ThrowawayCa {
 public:
  struct Files {
    std::string certificate, key;
  };

  ThrowawayCa() { make("ca", {"-subj", "/CN=a throw-away authority"}); }

  std::string certificate() const { return file("ca.pem"); }
  /// For the names of a subjectAltName.
  Files issue(const std::string& name, const std::string& names = "DNS:localhost,IP:127.0.0.1") {
    make(name, {"-subj", "/CN=" + name, "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-addext",
                "subjectAltName=" + names});
    return {file(name + ".pem"), file(name + ".key")};
  }
  std::string file(const std::string& name) const { return (scratch_.path() / name).string(); }

 private:
  void make(const std::string& name, const std::vector<std::string>& more) const {
    std::vector<std::string> words{"req",
                                   "-x509",
                                   "-newkey",
                                   "ec",
                                   "-pkeyopt",
                                   "ec_paramgen_curve:P-256",
                                   "-nodes",
                                   "-days",
                                   "2",
                                   "-out",
                                   file(name + ".pem"),
                                   "-keyout",
                                   file(name + ".key")};
    words.insert(words.end(), more.begin(), more.end());
    if (run_openssl(words) != 0) throw std::runtime_error("the command openssl is needed");
    ::chmod(file(name + ".key").c_str(), 0600);
  }

  Scratch scratch_;
};

}  // namespace waybill::test
