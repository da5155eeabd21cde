#include "trigger/bells.h"

namespace waybill::trigger {

Bells::Listener::Listener(Bells& bells, std::string queue)
    : bells_(bells), queue_(std::move(queue)) {
  const std::scoped_lock guard(bells_.lock_);
  Bell& bell = bells_.bells_[queue_];
  ++bell.listeners;
  heard_ = bell.rung;
}

Bells::Listener::~Listener() {
  const std::scoped_lock guard(bells_.lock_);
  const auto bell = bells_.bells_.find(queue_);
  if (--bell->second.listeners == 0) bells_.bells_.erase(bell);
}

bool Bells::Listener::wait(std::chrono::milliseconds patience) {
  std::unique_lock guard(bells_.lock_);
  Bell& bell = bells_.bells_.at(queue_);
  bell.heard.wait_for(guard, patience, [&] { return bells_.ended_ || bell.rung != heard_; });
  heard_ = bell.rung;
  return !bells_.ended_;
}

void Bells::ring(const std::string& queue) {
  const std::scoped_lock guard(lock_);
  const auto bell = bells_.find(queue);
  if (bell == bells_.end()) return;
  ++bell->second.rung;
  bell->second.heard.notify_all();
}

void Bells::end() {
  const std::scoped_lock guard(lock_);
  ended_ = true;
  for (auto& [queue, bell] : bells_) bell.heard.notify_all();
}

}  // namespace waybill::trigger
