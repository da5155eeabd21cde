#pragma once

#include <boost/test/unit_test.hpp>

#include "tests/support/daemon.h"

namespace waybill::test {

/// Temporal's own development server, in a process of its own on loopback, and its command line.
/// What it knows is in a file, so that it survives a restart.
class DevServer {
 public:
  /// Whether $WAYBILL_TEMPORAL_SERVER names one.
  static boost::test_tools::assertion_result is_here(boost::unit_test::test_unit_id);

  /// In that folder.
  explicit DevServer(std::filesystem::path folder);
  /// And the wait until it listens; the constructor does it once.
  void start();
  Daemon& daemon() { return daemon_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// `temporal …`, asked of this server. Throws std::runtime_error when it fails.
  std::string ask(std::vector<std::string> arguments) const;

 private:
  Command command(std::vector<std::string> arguments) const;

  const std::filesystem::path folder_;
  const std::uint16_t port_ = free_port();
  Daemon daemon_;
};

}  // namespace waybill::test
