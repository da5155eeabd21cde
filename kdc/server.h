#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "kdc/parts.h"
#include "ticket/adapters/http.h"

namespace waybill::kdc {

/// The KDC's HTTP face (specs/http-api.md): routes, content types, statuses, and the one catch of
/// the daemon. It knows nothing of sockets; main() hands answer() to an HttpServer, whose body
/// limit is limits::max_message. Thread-safe.
class Server {
 public:
  /// Logins under way at the same time; one more is answered `busy` at once, so that a flood of
  /// handshakes leaves threads and processors to the calls.
  static constexpr std::size_t max_logins = 24;

  explicit Server(KdcParts& parts) : parts_(parts), logins_(max_logins) {}

  /// Never throws: the environment failing (disk, memory) is 503 and a Refusal{internal}, and the
  /// log says why.
  HttpReply answer(const HttpRequest& request) noexcept;

  /// What was asked since the start.
  struct RouteCount {
    std::string route;      ///< "POST /v1/call"; "other" for what is no route
    std::uint64_t done;     ///< 2xx; a sealed refusal is one of them
    std::uint64_t refused;  ///< 4xx
    std::uint64_t failed;   ///< 5xx
  };
  std::vector<RouteCount> counts() const;

  static constexpr std::size_t routes = 7;

 private:
  HttpReply dispatch(const HttpRequest& request, std::size_t& route);
  void count(std::size_t route, int status);

  struct Counters {
    std::atomic<std::uint64_t> done{0}, refused{0}, failed{0};
  };
  KdcParts& parts_;
  WaitSlots logins_;
  Counters counters_[routes + 1];
};

/// The status of a refusal in clear: one table, so that several causes share one answer.
int status_of(Errc code);
/// A Refusal as a reply. The detail is a sentence for a person, may be empty.
HttpReply refusal(Errc code, std::string detail = {});

}  // namespace waybill::kdc
