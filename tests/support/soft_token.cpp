#include "tests/support/soft_token.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace waybill::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* util = "/usr/bin/softhsm2-util";
constexpr const char* pin = "739264";

void run_util(std::vector<std::string> words, const fs::path& said) {
  words.insert(words.begin(), util);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, said.c_str(), O_WRONLY | O_CREAT,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, util, &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    throw std::runtime_error("softhsm2-util failed: see " + said.string());
  }
}

}  // namespace

boost::test_tools::assertion_result SoftToken::is_here(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result here(!module().empty() && fs::exists(util));
  here.message() << "no SoftHSM here: tools/setup installs it";
  return here;
}

fs::path SoftToken::module() {
  const std::array<fs::path, 2> usual{"/usr/lib/softhsm/libsofthsm2.so",
                                      "/usr/lib64/softhsm/libsofthsm2.so"};
  const auto* found = std::ranges::find_if(usual, [](const fs::path& p) { return fs::exists(p); });
  return found == usual.end() ? fs::path() : *found;
}

SoftToken::SoftToken() {
  fs::create_directory(scratch_ / "tokens");
  std::ofstream(scratch_ / "softhsm2.conf")
      << "directories.tokendir = " << (scratch_ / "tokens").string()
      << "\nobjectstore.backend = file\nlog.level = ERROR\n";
  ::setenv("SOFTHSM2_CONF", (scratch_ / "softhsm2.conf").c_str(), 1);
  run_util({"--init-token", "--free", "--label", label, "--so-pin", "11223344", "--pin", pin},
           scratch_ / "said");
  write_pin(pin);
}

SoftToken::~SoftToken() { ::unsetenv("SOFTHSM2_CONF"); }

std::string SoftToken::address(const std::string& object) const {
  return "pkcs11:token=kdc%20test;object=" + object + "?module-path=" + module().string() +
         "&pin-source=file:" + pin_file().string();
}

void SoftToken::write_pin(const std::string& line) const {
  std::ofstream(pin_file()) << line << "\n";
  fs::permissions(pin_file(), fs::perms(0600));
}

void SoftToken::import_key(const std::string& object, std::size_t bytes) const {
  std::ofstream(scratch_ / "aes") << std::string(bytes, 'k');
  run_util({"--import", (scratch_ / "aes").string(), "--aes", "--token", label, "--label", object,
            "--id", "0a", "--pin", pin},
           scratch_ / "said");
}

std::map<std::string, std::string> SoftToken::environment() const {
  return {{"SOFTHSM2_CONF", (scratch_ / "softhsm2.conf").string()}};
}

}  // namespace waybill::test
