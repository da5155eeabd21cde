#pragma once

#include <memory>
#include <mutex>

#include "ticket/audience.h"

namespace waybill::trigger {

/// Who this trigger is: its keys, its instance, and, from the moment that a KDC has answered, the
/// realm document, without which it can open no ticket. Thread-safe.
class Identity {
 public:
  explicit Identity(Keytab keytab)
      : self(keytab.principal()), instance(random_bytes<16>()), keytab_(std::move(keytab)) {}

  const Principal self;
  const InstanceId instance;  ///< random for each start

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
  mutable std::mutex lock_;
  std::shared_ptr<Audience> audience_;
};

}  // namespace waybill::trigger
