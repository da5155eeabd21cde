#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include <boost/test/unit_test.hpp>

namespace waybill::test {

/// What `action` writes on stderr, in a child.
inline std::string stderr_of(void (*action)()) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    action();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string all;
  std::array<char, 4096> part{};
  for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;) {
    all.append(part.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return all;
}

}  // namespace waybill::test
