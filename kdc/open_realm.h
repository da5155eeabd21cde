#pragma once

#include <optional>

#include "kdc/init.h"
#include "kdc/rotation.h"

namespace waybill::kdc {

/// The store of a realm, for a command that only reads; the KDC may be serving it. Throws
/// FileError, StoreError, StoreUnusable.
Store open_to_read(const Folder& folder);
/// A copy of it that lies elsewhere, under the same master key, to be read.
Store open_copy(const std::filesystem::path& store, const Folder& folder);

/// A realm as a command works on it that changes something, beside the KDC or without it. Throws as
/// open_to_read, and what Config::load throws.
struct OpenRealm {
  OpenRealm(const Folder& folder, const Clock& clock);

  /// Of the epochs that are made: so many days, or what the configuration says.
  Seconds life(std::optional<unsigned> days) const;
  RealmAtHand at_hand() { return {store, epochs, issuer}; }

  const Config config;
  Store store;
  Epochs epochs;
  Issuer issuer;
};

/// What is wrong, for a person: the code's sentence and what is said beside it.
std::string sentence_of(const Error& error);

}  // namespace waybill::kdc
