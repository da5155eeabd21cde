// Sessions: what a person types and sees, run with the real program. Their language:
//   # a comment
//   > NAME              a file; its lines follow, each after "| "
//   $ COMMAND           run by /bin/sh in a folder of the session's own
//   exit N              the exit status of the command above (0 when nothing is said)
//   stdout TEXT         TEXT is somewhere on its standard output
//   stderr TEXT         the same for standard error
//   nothing             it printed nothing anywhere
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"

namespace waybill::test::session_test {
namespace {

namespace fs = std::filesystem;
namespace bdata = boost::unit_test::data;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in.good(), "cannot read " << path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<fs::path> all_sessions() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(WAYBILL_SESSIONS)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

/// The commands of one session, in a folder that is also their home.
class Shell {
 public:
  void run(const std::string& command) {
    check_status();
    shown_ = "$ " + command;
    write(scratch_ / ".command", command + "\n");
    const std::string here = scratch_.path().string();
    const std::string path = fs::path(WAYBILL_PROGRAM).parent_path().string() + ":/usr/bin:/bin";
    const std::string line = "cd " + here + " && env -i HOME=" + here + " PATH='" + path +
                             "' TZ=UTC WAYBILL_CACHE=" + here + "/cache" +
                             " /bin/sh .command </dev/null >.out 2>.err";
    const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): sessions of our own
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    out_ = content_of(scratch_ / ".out");
    err_ = content_of(scratch_ / ".err");
    expected_ = 0;
    ran_ = true;
  }
  void expect_status(int status) { expected_ = status; }
  void expect(const std::string& where, const std::string& text) const {
    const std::string& said = where == "stdout" ? out_ : err_;
    BOOST_TEST(said.find(text) != std::string::npos, shown_ << "\nwanted on " << where << ": "
                                                            << text << "\n"
                                                            << out_ << err_);
  }
  void expect_nothing() const { BOOST_TEST((out_ + err_).empty(), shown_ << "\n" << out_ << err_); }
  void check_status() {
    if (ran_) {
      BOOST_TEST(status_ == expected_, shown_ << "\nended with " << status_ << "\n"
                                              << out_ << err_);
    }
    ran_ = false;
  }
  std::ofstream file(const std::string& name) const {
    return std::ofstream(scratch_.path() / name, std::ios::binary);
  }

 private:
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  Scratch scratch_;
  std::string shown_, out_, err_;
  int status_ = 0;
  int expected_ = 0;
  bool ran_ = false;
};

void play(std::istream& session) {
  Shell shell;
  std::ofstream file;
  for (std::string line; std::getline(session, line);) {
    const auto blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string rest = blank == line.npos ? "" : line.substr(blank + 1);
    if (word == "|") {
      file << rest << "\n";
      continue;
    }
    if (file.is_open()) file.close();
    if (word.empty() || word == "#") continue;
    if (word == "$") {
      shell.run(rest);
    } else if (word == ">") {
      file = shell.file(rest);
    } else if (word == "exit") {
      shell.expect_status(std::stoi(rest));
    } else if (word == "stdout" || word == "stderr") {
      shell.expect(word, rest);
    } else if (word == "nothing") {
      shell.expect_nothing();
    } else {
      BOOST_ERROR("a session has no word like " << word);
    }
  }
  shell.check_status();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_session)

BOOST_TEST_DECORATOR(*boost::unit_test::label("slow"))
BOOST_DATA_TEST_CASE(goes_as_written, bdata::make(all_sessions()), path) {
  std::istringstream session(content_of(path));
  play(session);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::session_test
