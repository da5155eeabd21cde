#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ticket/adapters/kdc_client.h"
#include "ticket/exchange/ccache.h"
#include "ticket/exchange/fields.h"
#include "ticket/exchange/keytab.h"
#include "ticket/possession.h"
#include "tools/cache_folder.h"
#include "tools/command.h"

namespace waybill::tools {

/// The realm file that is in use. Stops (local) when there is none; throws FileError.
Outcome<RealmFile> open_realm_file();

/// Reads a keytab, a secret file. Stops (local) when it is none; throws FileError.
Outcome<Keytab> read_keytab(const std::string& path);

/// A person's realm, KDC and credentials: what most commands begin with. Tickets and what is
/// learned on the way (KDC instance, serial of the realm document) are kept in the cache.
class Session {
 public:
  /// The credentials are read, not checked. Throws FileError.
  static Outcome<std::unique_ptr<Session>> open(Context& context,
                                                const std::optional<std::string>& cache);

  Ui& ui() { return context_.ui; }
  Time now() const { return context_.clock.now(); }
  Realm realm() const { return client_.realm_file().realm; }
  KdcClient& client() { return client_; }
  const CacheFolder& folder() const { return folder_; }
  /// Null when there are no credentials.
  const CredentialCache* cache() const { return cache_ ? &*cache_ : nullptr; }

  /// Reads `name` or `name@REALM`. Stops with usage.
  Outcome<Principal> principal(const std::string& text) const;
  /// Who is logged in, with a TGT that is not over. Stops with no_credentials.
  Outcome<const IssuedTicket*> tgt() const;

  /// Calls under the TGT. A refused answer of call() stops with the KDC's own sentence.
  Outcome<std::vector<Answer>> call_all(const std::vector<Operation>& operations);
  Outcome<Answer> call(Operation operation);
  /// For operations whose value is Fields; an empty value is no fields.
  Outcome<Fields> call(const std::string& operation, const Fields& arguments);
  /// All pages of a list, or the first `most` rows.
  Outcome<std::vector<Fields>> list(const std::string& operation, const Fields& arguments,
                                    std::size_t most = std::numeric_limits<std::size_t>::max());

  enum class From { cache, kdc };
  /// A ticket for a service of this realm: from the cache, while it lasts, or from the KDC; always
  /// from the KDC when the service does not take the cached one.
  Outcome<const IssuedTicket*> ticket_for(const Principal& service, From from = From::cache);
  /// Into the cache of the principal who is logged in.
  void store(const std::string& audience, IssuedTicket ticket);

  /// The realm document; its serial is remembered.
  Outcome<RealmDocument> realm_document();
  /// A new login becomes the current principal.
  void begin(const Principal& principal, Login::Done login);

 private:
  Session(Context& context, RealmFile realm, CacheFolder folder);
  void save();

  Context& context_;
  KdcClient client_;
  CacheFolder folder_;
  std::optional<CredentialCache> cache_;
};

/// What the KDC needs to register a key: `public_key`, `possession` and `epoch`, by the realm
/// document. Stops when no epoch is open.
Outcome<Fields> key_fields(const RealmDocument& realm, const PrincipalKey& key,
                           const KeyClaim& claim, Time now);

}  // namespace waybill::tools
