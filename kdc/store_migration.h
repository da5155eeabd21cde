#pragma once

#include <cstdint>
#include <optional>

#include "kdc/store.h"

namespace waybill::kdc {

/// Stores of earlier formats (specs/storage.md, "Format version"). Each format has one step that
/// leads to the next.

/// That steps lead from this format to today's.
bool can_migrate(std::uint64_t format);

/// Brings a store up to date that is not (Store::Options::takes_over), in one transaction: whatever
/// fails, and wherever the process dies, the old store is whole. Throws RecordDamaged, StoreError.
void migrate(Store& store);

/// The format that a migrated store had before, until the audit chain says so.
std::optional<std::uint64_t> migrated_from(const StoreView& view);
/// For the deed whose record says so.
void forget_migration(StoreChange& change);

}  // namespace waybill::kdc
