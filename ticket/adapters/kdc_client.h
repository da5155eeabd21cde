#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "ticket/adapters/http.h"
#include "ticket/adapters/realm_file.h"
#include "ticket/exchange/client.h"

namespace waybill {

/// The exchanges of ticket/exchange/client.h and call.h, carried over HTTP (specs/http-api.md).
/// Thread-safe.
///
/// The KDCs of the realm file are tried in order, the one that answered last first. A refusal is a
/// Result, also the unsealed kind of the KDC (Refusal), which is shown and otherwise not believed.
/// When no KDC answers, every function throws the HttpError of the last one that was tried.
class KdcClient {
 public:
  /// `patience`: how long it goes on trying while no KDC takes the connection; for a person who has
  /// just started one. No request has been sent by then, so none is sent twice.
  KdcClient(RealmFile realm, const Clock& clock, std::chrono::milliseconds patience = {});
  ~KdcClient();
  KdcClient(const KdcClient&) = delete;
  KdcClient& operator=(const KdcClient&) = delete;

  /// As it is in use now.
  RealmFile realm_file() const { return pinned()->realm; }
  /// From here on this one: its KDCs, its root key. It must be of the same realm, and one of its
  /// KDCs must have a document that its root key has signed; else the old one stays. What is under
  /// way ends as it began. Errors: wrong_realm, fetch_realm's. Throws HttpError when none answers.
  Checked use(RealmFile realm);

  /// The realm document, verified against the root key. One that is older than another this client
  /// has seen is refused; the caller keeps the highest serial where the process does not live on.
  /// Errors: realm_invalid, wrong_realm, the codec's.
  Result<RealmDocument> fetch_realm();
  /// The same as the KDC sent it, already verified: for a copy that RealmDocument::parse reads
  /// back.
  Result<Buffer> fetch_signed_realm();
  /// The highest serial seen; `saw_serial` adds what the caller knew from before.
  std::uint64_t realm_serial() const { return serial_.load(); }
  void saw_serial(std::uint64_t serial);

  /// Fetches the realm document, then logs in. Errors: Login's, fetch_realm's.
  Result<Login::Done> login(const PrincipalKey& key, const Principal& principal, Login::Wish wish);

  /// Who calls: a TGT, and the KDC instance that answered last, replaced when it has changed.
  struct Caller {
    const IssuedTicket& tgt;
    InstanceId& kdc;
  };
  /// One answer for each operation, in their order; an operation that was refused is an Answer
  /// with a refusal. The Result's error is a refusal of the whole call. When the KDC says that it
  /// is another instance now, the new id is taken over and the call made once more.
  Result<std::vector<Answer>> call(Caller caller, const std::vector<Operation>& operations);

 private:
  /// A realm file and the ways to its KDCs.
  struct Pinned {
    explicit Pinned(RealmFile file);
    const std::string& answering() const { return kdcs[first.load()]->base_url(); }
    const RealmFile realm;
    std::vector<std::unique_ptr<HttpClient>> kdcs;
    std::atomic<std::size_t> first{0};  ///< the one that answered last
  };
  std::shared_ptr<Pinned> pinned() const;
  HttpReply exchange(std::string_view method, const std::string& path, Bytes body);
  static HttpReply try_each(Pinned& pinned, std::string_view method, const std::string& path,
                            Bytes body);
  Result<Buffer> ask(std::string_view method, const std::string& path, Bytes body);
  Result<std::vector<Answer>> call_once(const Caller& caller,
                                        const std::vector<Operation>& operations);

  const Clock& clock_;
  const std::chrono::milliseconds patience_;
  mutable std::mutex lock_;  // of what follows
  std::shared_ptr<Pinned> pinned_;
  std::atomic<std::uint64_t> serial_{0};
};

}  // namespace waybill
