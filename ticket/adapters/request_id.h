#pragma once

#include <string>
#include <string_view>

namespace waybill {

/// One request's id, from the front door through all logs: each line that this thread logs bears
/// it, and each call that it makes at the KDC carries it in the header `X-Request-Id`. It is a
/// label, chosen by whoever asks: nothing is decided by it.
class RequestScope {
 public:
  /// Of somebody else's choice when that is 1 to 64 of A-Z a-z 0-9 . _ -; else there is none.
  explicit RequestScope(std::string_view offered);
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;
  ~RequestScope();

  /// At the front door every request has one: makes it when there is none.
  RequestScope& make();
  const std::string& id() const { return id_; }

  static constexpr const char* header = "X-Request-Id";

 private:
  std::string id_;
  const std::string* before_;
};

/// Of the innermost scope of this thread; empty: none.
std::string_view current_request_id() noexcept;

}  // namespace waybill
