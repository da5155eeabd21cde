#include "kdc/progress.h"

#include <fcntl.h>
#include <stdlib.h>

#include <array>
#include <atomic>
#include <stdexcept>

#include <boost/test/unit_test.hpp>

namespace waybill::test::progress_test {

using namespace waybill::kdc;
using namespace std::chrono_literals;

namespace {

/// A terminal, and what is written to it.
class Terminal {
 public:
  Terminal() {
    if (ours_ < 0 || ::grantpt(ours_) != 0 || ::unlockpt(ours_) != 0) {
      throw std::runtime_error("no terminal");
    }
    theirs_ = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    ::close(ours_);
    ::close(theirs_);
  }
  int descriptor() const { return theirs_; }
  /// Reads until it has said that.
  std::string read_until(std::string_view text) {
    while (said_.find(text) == std::string::npos) {
      std::array<char, 256> more{};
      const ssize_t size = ::read(ours_, more.data(), more.size());
      if (size <= 0) break;
      said_.append(more.data(), static_cast<std::size_t>(size));
    }
    return said_;
  }
  /// All that was said, of which nothing more will come.
  std::string drained() {
    ::fcntl(ours_, F_SETFL, O_NONBLOCK);
    return read_until("what nobody says");
  }

 private:
  const int ours_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  int theirs_ = -1;
  std::string said_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(says_on_a_terminal_what_goes_on_and_how_far_it_is) {
  Terminal terminal;
  std::atomic<std::uint64_t> done = 3'000'000;
  {
    Progress progress({terminal.descriptor(), 0ms});
    progress.begin({"copying the store", 12'000'000, [&] { return done.load(); }});
    const std::string first = terminal.read_until("copying the store: 3 of at most 12 MB (0 s)");
    BOOST_TEST(first.find("\r") != std::string::npos);
    done = 9'000'000;
    terminal.read_until(": 9 of at most 12 MB");
    progress.begin({"checking it"});
    terminal.read_until("checking it (");
  }
  BOOST_TEST(terminal.drained().ends_with("\r\x1b[K"));  // the line is gone
}

BOOST_AUTO_TEST_CASE(says_nothing_where_no_terminal_is) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  bool asked = false;
  {
    Progress progress({ends[1], 0ms});
    progress.begin({"copying the store", 1, [&] {
                      asked = true;
                      return std::uint64_t{0};
                    }});
  }
  char byte = 0;
  BOOST_TEST(::read(ends[0], &byte, 1) == -1);
  BOOST_TEST(!asked);
  for (const int end : ends) ::close(end);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::progress_test
