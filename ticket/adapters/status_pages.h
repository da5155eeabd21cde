#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ticket/adapters/http.h"
#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/metrics.h"
#include "ticket/wire/clock.h"

namespace waybill {

/// What a daemon lacks to do its work, a sentence each, without a name of anybody; empty: nothing.
using Lacks = std::vector<std::string>;

/// 200 `ready`, or 503 and what is lacking, a line each; as text/plain.
HttpReply readiness_reply(const Lacks& lacks);
/// 200 `ok`: the process answers.
HttpReply health_reply();

/// The three pages that every daemon has for those who operate it (specs/metrics.md): /healthz,
/// /readyz and /metrics. They are read by GET, by anybody who reaches the address, and hold no
/// name of a principal, queue, workflow or ticket.
class StatusPages {
 public:
  struct Sources {
    std::function<Lacks()> lacks;
    std::function<std::vector<Figure>()> figures;
  };
  StatusPages(const Clock& clock, Sources sources)
      : sources_(std::move(sources)), started_(clock.now()) {}

  HttpReply answer(const HttpRequest& request) const;
  /// For the service manager as well. What a source throws is something that is lacking.
  Lacks lacks() const noexcept;

 private:
  HttpReply numbers() const;

  const Sources sources_;
  const Time started_;
};

/// Those pages on an address of their own, in plain HTTP, for as long as it lives. Throws HttpError
/// (cannot_listen). `pages` must outlive it.
class StatusServer {
 public:
  StatusServer(const ListenAddress& address, const StatusPages& pages);
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;
  ~StatusServer();

  /// With the port that was bound.
  const ListenAddress& address() const { return address_; }

 private:
  HttpServer http_;
  ListenAddress address_;
};

}  // namespace waybill
