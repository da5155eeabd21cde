#pragma once

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace waybill::kdc {

/// One stage of something long.
struct Stage {
  std::string what;
  std::uint64_t total = 0;  ///< of them at most; zero: nobody knows
  /// How many so far. Called from another thread, until the next stage began or the whole ended.
  std::function<std::uint64_t()> done = {};
  enum class Unit { bytes, records } unit = Unit::bytes;
};
/// Hears of each stage when it begins.
using Tell = std::function<void(Stage)>;

/// Shows on a terminal what goes on and how far it has come, once it takes longer than a moment:
/// one line, gone when this is. Nothing anywhere else.
class Progress {
 public:
  struct Options {
    int descriptor = STDERR_FILENO;
    std::chrono::milliseconds patience = std::chrono::seconds(2);
  };
  Progress() : Progress(Options{}) {}
  explicit Progress(const Options& options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void begin(Stage stage);
  Tell tell() {
    return [this](Stage stage) { begin(std::move(stage)); };
  }

 private:
  void draw(const std::string& line) const;
  void work();

  const Options options_;
  std::mutex lock_;
  std::condition_variable changed_;
  Stage stage_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace waybill::kdc
