#pragma once

#include <string>
#include <utility>

#include <boost/test/tools/assertion_result.hpp>
#include <boost/test/tree/test_unit.hpp>

namespace waybill::test {

/// A precondition of cases that look at memory or processes from outside. A sanitizer keeps memory
/// that was freed, has locals elsewhere than on the stack, and looks for leaks by a process of its
/// own.
inline boost::test_tools::assertion_result unsanitized(boost::unit_test::test_unit_id) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

/// For the environment of a KDC that confines itself: the search for leaks at the end is another
/// process, which it may not make. Says nothing where no sanitizer is.
inline const std::pair<const std::string, std::string> no_search_for_leaks{"ASAN_OPTIONS",
                                                                           "detect_leaks=0"};

}  // namespace waybill::test
