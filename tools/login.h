#pragma once

#include "tools/prompt.h"
#include "tools/session.h"

/// Logging in, as `init` and `passwd` do it.
namespace waybill::tools {

/// A user's key, from the password. Takes about a second, and shows so.
PrincipalKey derive_key(Ui& ui, Bytes password, const RealmDocument& realm,
                        const Principal& principal);

/// Errors as KdcClient::login; a refusal has a hint. The TGT in the principal's cache, over or not,
/// goes with it, so that the failures of strangers do not hold up who has been here before.
Outcome<Login::Done> log_in(Session& session, const PrincipalKey& key, const Principal& principal,
                            Login::Wish wish);
/// With the newest key of the keytab that the KDC takes.
Outcome<Login::Done> log_in(Session& session, const Keytab& keytab, Login::Wish wish);

/// The key of the version that the KDC is to hear of next. Stops with usage when the keytab's
/// newest is another one, or is somebody else's.
Outcome<PrincipalKey> next_key(const Keytab& keytab, const std::string& path,
                               const Principal& principal, Kvno next);

/// What the KDC answered to a change of keys, in a sentence or two.
void say_keys(Session& session, const Principal& principal, const Fields& answer);

/// The principal that is meant when none is named: the current one, else the name of the user who
/// runs this. Stops with usage.
Outcome<Principal> usual_principal(const Session& session);

}  // namespace waybill::tools
