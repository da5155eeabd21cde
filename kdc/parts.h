#pragma once

#include "kdc/config.h"
#include "kdc/epochs.h"
#include "kdc/issuer.h"
#include "kdc/store.h"
#include "ticket/exchange/replay.h"
#include "ticket/wire/clock.h"

namespace waybill::kdc {

class FeedPublisher;  // kdc/feed_publisher.h
struct Doorkeeper;    // kdc/doorkeeper.h: failed logins and other strangers, in memory, bounded
class Staging;        // kdc/staging.h: an import on its way, in memory, bounded

/// All that a handler can reach; main() makes each part and wires them by hand. Every part may be
/// used by many threads. The policy's inputs are in the store (grants, ceilings, queues,
/// principals) and in the configuration (lives).
///
/// How a handler changes something: read in `store.view()`, decide, then hand the Issuer a Deed
/// whose effects check again what could have changed (StoreChange is a StoreView too, so the same
/// policy function serves) and write. What was refused is handed to Issuer::record().
struct KdcParts {
  const Config& config;
  const Clock& clock;
  const Principal krbtgt;     ///< krbtgt@REALM: addressee of every call
  const InstanceId instance;  ///< random for each start
  Store& store;
  Epochs& epochs;
  Issuer& issuer;
  ReplayCache& replays;
  Doorkeeper& door;
  FeedPublisher& feed;
  Staging& staging;

  const Realm& realm() const { return krbtgt.realm(); }
};

}  // namespace waybill::kdc
