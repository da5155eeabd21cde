#include "worker/stop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace waybill::worker {

Stop::Stop() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot watch a job");
  }
}

Stop::~Stop() { ::close(descriptor_); }

void Stop::request(Reason reason) noexcept {
  Reason expected = Reason::none;
  if (!reason_.compare_exchange_strong(expected, reason)) return;
  const std::uint64_t one = 1;
  // Nothing reads it, so it stays readable; the write cannot fail.
  [[maybe_unused]] const ssize_t written = ::write(descriptor_, &one, sizeof one);
}

}  // namespace waybill::worker
