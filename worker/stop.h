#pragma once

#include <atomic>
#include <cstdint>

namespace waybill::worker {

/// The wish that a running job should end, and why. Any thread may make it; the runner sees it at
/// once, since it is also a descriptor that becomes readable. The first reason stays.
class Stop {
 public:
  enum class Reason : std::uint8_t {
    none,
    lease_lost,
    shutdown,
    ticket,  ///< it was revoked, or cannot be renewed
  };

  Stop();  // throws std::system_error when the system has no descriptors left
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;
  ~Stop();

  void request(Reason reason) noexcept;
  Reason reason() const noexcept { return reason_.load(); }
  bool is_requested() const noexcept { return reason() != Reason::none; }
  /// Readable for ever once the end is wished for; for poll() alone.
  int descriptor() const noexcept { return descriptor_; }

 private:
  std::atomic<Reason> reason_{Reason::none};
  int descriptor_;
};

}  // namespace waybill::worker
