#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "kdc/server.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/kdc_client.h"

namespace waybill::test {

/// A whole KDC behind a real socket, under a clock that the test moves.
class ServedKdc : public WholeKdc {
 public:
  /// Sees each request first, and may answer it in the KDC's place.
  using Between = std::function<std::optional<HttpReply>(const HttpRequest&)>;

  explicit ServedKdc(Between between = {})
      : between_(std::move(between)),
        http_({.max_body_bytes = limits::max_message},
              [this](const HttpRequest& request) { return answer(request); }),
        url("http://127.0.0.1:" + std::to_string(http_.start())) {}
  ~ServedKdc() { http_.stop(); }

  RealmFile realm_file() const { return {realm(), {url}, root.public_key()}; }
  /// As after a restart.
  void become_another_instance() {
    lives_.push_back(std::make_unique<Life>(parts));
    server_ = &lives_.back()->server;
  }
  void stop() { http_.stop(); }
  int requests() const { return requests_; }

 private:
  struct Life {
    explicit Life(kdc::KdcParts& first)
        : parts{first.config, first.clock,  first.krbtgt, random_bytes<16>(),
                first.store,  first.epochs, first.issuer, first.replays,
                first.door,   first.feed,   staging} {}
    kdc::Staging staging;  // memory, so a restart forgets it
    kdc::KdcParts parts;
    kdc::Server server{parts};
  };
  HttpReply answer(const HttpRequest& request) {
    ++requests_;
    if (between_) {
      if (auto reply = between_(request)) return *std::move(reply);
    }
    return server_.load()->answer(request);
  }

  Between between_;
  std::atomic<int> requests_{0};
  kdc::Server first_{parts};
  std::vector<std::unique_ptr<Life>> lives_;
  std::atomic<kdc::Server*> server_{&first_};
  HttpServer http_;

 public:
  const std::string url;
};

}  // namespace waybill::test
