#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <boost/test/tree/test_unit.hpp>

#include "tests/adapters/scratch.h"

namespace waybill::test {

/// A token of SoftHSM in a throw-away folder, empty, with a PIN; one at a time.
class SoftToken {
 public:
  SoftToken();
  SoftToken(const SoftToken&) = delete;
  SoftToken& operator=(const SoftToken&) = delete;
  ~SoftToken();

  /// A precondition of test cases: that there is a SoftHSM.
  static boost::test_tools::assertion_result is_here(boost::unit_test::test_unit_id);
  static std::filesystem::path module();

  static constexpr const char* label = "kdc test";
  std::string address(const std::string& object = "wrap") const;
  std::filesystem::path pin_file() const { return scratch_ / "pin"; }
  void write_pin(const std::string& line) const;
  /// An AES key of so many bytes from outside.
  void import_key(const std::string& object, std::size_t bytes) const;
  /// What another process must see to find it; this one sees it already.
  std::map<std::string, std::string> environment() const;

 private:
  Scratch scratch_;
};

}  // namespace waybill::test
