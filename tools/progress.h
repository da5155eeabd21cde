#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "tools/ui.h"

namespace waybill::tools {

/// Shows on a terminal that something is going on, once it takes longer than a moment: what, and
/// for how long. Nothing anywhere else. Cleared by its destructor.
class Progress {
 public:
  Progress(Ui& ui, std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void update(std::string what);

 private:
  void run();

  Ui& ui_;
  const std::chrono::steady_clock::time_point start_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::string what_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace waybill::tools
