#include "tests/peers/temporal/dev_server.h"

#include <cstdlib>
#include <stdexcept>

namespace waybill::test {
namespace {

using namespace std::chrono_literals;

const char* program() {
  const char* named = std::getenv("WAYBILL_TEMPORAL_SERVER");
  return named == nullptr ? "" : named;
}

}  // namespace

boost::test_tools::assertion_result DevServer::is_here(boost::unit_test::test_unit_id) {
  return std::filesystem::exists(program());
}

DevServer::DevServer(std::filesystem::path folder)
    : folder_(std::move(folder)),
      // One partition for each queue: a handful of workers need no more, and are matched at once.
      daemon_(command({"server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port",
                       std::to_string(port_), "--db-filename", "temporal.db", "--log-level",
                       "error", "--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
                       "--dynamic-config-value", "matching.numTaskqueueWritePartitions=1"}),
              folder_ / "temporal.log") {
  start();
}

void DevServer::start() {
  daemon_.start();
  daemon_.wait_until_listening(port_, 60s);
}

std::string DevServer::ask(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--address", address()});
  const Ended ended = run(command(arguments));
  if (ended.status != 0) throw std::runtime_error(arguments.front() + ": " + ended.err);
  return ended.out;
}

Command DevServer::command(std::vector<std::string> arguments) const {
  return {program(), std::move(arguments), folder_};
}

}  // namespace waybill::test
