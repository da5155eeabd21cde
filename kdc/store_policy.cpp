// Grants and ceilings.
#include "kdc/store_keys.h"

namespace waybill::kdc {
namespace {

constexpr std::string_view counter = "last_grant";

// holder kind ‖ name ‖ 0 ‖ number: those of one holder stand side by side.
Key holder_prefix(GrantRecord::Holder holder, std::string_view name) {
  return Key().byte(static_cast<std::uint8_t>(holder)).ended_text(name);
}

std::uint64_t next_number(const StoreView& view) {
  const auto last = view.meta(counter);
  if (!last) return 1;
  Reader in(*last, 16);
  return in.uint() + 1;
}

}  // namespace

std::optional<GrantRecord> StoreView::grant(std::uint64_t id) const {
  const auto key = get(store_.tables().grant_ids, Key().number(id));
  if (!key) return std::nullopt;
  auto record = find<GrantRecord>(*this, store_.tables().grants, *key);
  if (!record || record->id != id) throw RecordDamaged("grant_ids", Key().number(id));
  return record;
}

std::vector<GrantRecord> StoreView::grants(std::uint64_t after, std::size_t most) const {
  std::vector<GrantRecord> rows;
  if (most == 0 || after == UINT64_MAX) return rows;
  const GuardedTable& ids = store_.tables().grant_ids;
  visit_from(txn_, ids.table, Key().number(after + 1), [&](const Cursor::Entry& entry) {
    rows.push_back(grant(number_in(entry.key)).value());
    return rows.size() < most;
  });
  return rows;
}

std::vector<GrantRecord> StoreView::grants_of(GrantRecord::Holder holder,
                                              std::string_view name) const {
  std::vector<GrantRecord> rows;
  const GuardedTable& table = store_.tables().grants;
  visit_prefix(txn_, table.table, holder_prefix(holder, name), [&](const Cursor::Entry& entry) {
    rows.push_back(
        decoded<GrantRecord>(table, entry.key, checked(store_, table, entry.key, entry.value)));
    return true;
  });
  return rows;
}

std::uint64_t StoreChange::add_grant(GrantRecord record) {
  record.id = next_number(*this);
  const Key key = holder_prefix(record.holder, record.name).number(record.id);
  put_meta(counter, Writer().uint(record.id).take());
  put(store().tables().grants, key, record.encode());
  put(store().tables().grant_ids, Key().number(record.id), key);
  return record.id;
}

bool StoreChange::remove_grant(std::uint64_t id) {
  const auto key = get(store().tables().grant_ids, Key().number(id));
  if (!key) return false;
  erase(store().tables().grants, *key);
  erase(store().tables().grant_ids, Key().number(id));
  return true;
}

}  // namespace waybill::kdc
