#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/test_feed.h"
#include "tests/support/test_realm.h"
#include "ticket/adapters/http.h"
#include "ticket/adapters/realm_file.h"
#include "ticket/call.h"
#include "ticket/exchange/fields.h"

namespace waybill::test {

/// A TestRealm on loopback, as far as a worker asks a KDC: the realm document, logins, tickets for
/// services, renewals, the feed. No policy and no store; everything on the wire is the real thing.
class SmallKdc {
 public:
  SmallKdc(TestRealm& realm, TestFeed& feed, const Clock& clock);
  ~SmallKdc() { server_.stop(); }

  RealmFile realm_file() const;
  /// Whatever is done to the realm or the feed while the KDC serves is done in here.
  template <class Change>
  void change(Change what) {
    const std::scoped_lock guard(lock_);
    what();
  }
  /// While true every request is answered 503 without a word, as by a KDC that cannot work.
  std::atomic<bool> is_away = false;
  /// What becomes of a ticket that is to be renewed: the body as it is signed, or a refusal.
  /// Without it the ticket has an hour from now, within its renew_until.
  std::function<Result<Body>(Body renewed)> on_renew;

  /// What becomes of a verdict that a worker hands in; without it none is taken.
  std::function<std::optional<Errc>(const Fields& line)> on_verdict;

  int count(const std::string& path) const;  ///< of requests
  int count_below(const std::string& path) const;

 private:
  HttpReply answer(const HttpRequest& request);
  std::optional<Buffer> log_in(Bytes body);
  std::optional<Buffer> call(Bytes body);
  Answer perform(const Operation& operation, const Body& tgt);
  Result<SecretBuffer> renew(Bytes arguments);
  std::optional<Buffer> feed_file(const std::string& path);

  TestRealm& realm_;
  TestFeed& feed_;
  const Clock& clock_;
  mutable std::mutex lock_;
  std::map<std::string, int> counts_;
  HttpServer server_;  // last: its threads use everything above
  std::uint16_t port_;
};

}  // namespace waybill::test
