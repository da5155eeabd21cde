#pragma once

#include <memory>
#include <mutex>

#include "ticket/exchange/audience.h"

namespace waybill::trigger {

/// Who this trigger is: its keys, its instance, and, from the moment that a KDC has answered, the
/// realm document, without which it can open no ticket. Thread-safe.
class Identity {
 public:
  explicit Identity(Keytab keytab) : keytab_(std::move(keytab)), instance_(random_bytes<16>()) {}

  const Principal& self() const { return keytab_.principal(); }
  /// Random for each start.
  const InstanceId& instance() const { return instance_; }

  /// Null until update() was called.
  std::shared_ptr<Audience> audience() const {
    const std::scoped_lock guard(lock_);
    return audience_;
  }
  void update(RealmDocument realm) {
    const std::scoped_lock guard(lock_);
    if (audience_) {
      audience_->update(std::move(realm));
    } else {
      audience_ = std::make_shared<Audience>(keytab_, std::move(realm));
    }
  }

 private:
  const Keytab keytab_;
  const InstanceId instance_;
  mutable std::mutex lock_;
  std::shared_ptr<Audience> audience_;
};

}  // namespace waybill::trigger
