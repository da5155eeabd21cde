// Principals, queues and locations.
#include "kdc/store_keys.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {

std::optional<PrincipalRecord> StoreView::principal(std::string_view name) const {
  return find<PrincipalRecord>(*this, store_.tables().principals, bytes_of(name));
}

std::vector<PrincipalRecord> StoreView::principals(std::string_view after, std::size_t most,
                                                   std::string_view prefix) const {
  return list_after<PrincipalRecord>(*this, store_.tables().principals, bytes_of(after), most,
                                     bytes_of(prefix));
}

void StoreChange::put_principal(const PrincipalRecord& record) {
  put(store().tables().principals, bytes_of(record.principal.name()), record.encode());
}

std::optional<QueueRecord> StoreView::queue(std::string_view name) const {
  return find<QueueRecord>(*this, store_.tables().queues, bytes_of(name));
}

std::vector<QueueRecord> StoreView::queues(std::string_view after, std::size_t most,
                                           std::string_view prefix) const {
  return list_after<QueueRecord>(*this, store_.tables().queues, bytes_of(after), most,
                                 bytes_of(prefix));
}

// Asked when a principal is added, which is rare: the table is read from end to end.
std::vector<std::string> StoreView::queues_of(const Principal& owner) const {
  std::vector<std::string> names;
  const GuardedTable& table = store_.tables().queues;
  visit_from(txn_, table.table, {}, [&](const Cursor::Entry& entry) {
    auto queue =
        decoded<QueueRecord>(table, entry.key, checked(store_, table, entry.key, entry.value));
    if (queue.owner == owner) names.push_back(std::move(queue.name));
    return true;
  });
  return names;
}

void StoreChange::put_queue(const QueueRecord& record) {
  put(store().tables().queues, bytes_of(record.name), record.encode());
}

std::optional<LocationRecord> StoreView::location(std::string_view trigger) const {
  return find<LocationRecord>(*this, store_.tables().locations, bytes_of(trigger));
}

std::vector<LocationRecord> StoreView::locations() const {
  return list_after<LocationRecord>(*this, store_.tables().locations, {}, limits::max_page);
}

void StoreChange::put_location(const LocationRecord& record) {
  put(store().tables().locations, bytes_of(record.trigger), record.encode());
}

}  // namespace waybill::kdc
