#include "kdc/feed_publisher.h"

#include <algorithm>

#include "ticket/limits.h"

namespace waybill::kdc {

FeedPage FeedPublisher::page(std::uint64_t after) {
  // The lock is taken before the view: a head never covers less than one that was handed out.
  std::unique_lock guard(lock_);
  const auto view = store_.view();
  const FeedPosition position = view.feed_position();
  const Time now = std::max(clock_.now(), signed_at_);  // followers refuse a head that went back
  const bool fresh = !head_.empty() && now < signed_at_ + interval_;
  if (!fresh || position.sequence != covered_.sequence) {
    head_ = epochs_.sign_feed_head(
        {epochs_.realm(), position.sequence, position.link, now, now + interval_});
    covered_ = position;
    signed_at_ = now;
    ++signatures_;
  }
  FeedPage page{{}, head_};
  guard.unlock();
  page.entries = view.feed_after(after, limits::max_page);
  return page;
}

std::uint64_t FeedPublisher::signatures() const {
  const std::scoped_lock guard(lock_);
  return signatures_;
}

}  // namespace waybill::kdc
