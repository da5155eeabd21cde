#include "tests/crosscheck/second/files.h"

#include <set>

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {

Bytes Keytab::encode() const {
  std::vector<Bytes> rows;
  for (const Entry& entry : entries) {
    rows.push_back(array({number(entry.kvno), number(entry.created), bin(entry.secret)}));
  }
  return array({str("waybill-keytab"), number(1), str(principal), array(rows)});
}

Keytab Keytab::read(View file) {
  const Value message = decode(file, max_keytab);
  const auto& field = message.array(4);
  field[0].literal("waybill-keytab");
  field[1].version();
  Keytab out;
  out.principal = field[2].principal();
  for (const Value& row : field[3].list(1, 2)) {
    const auto& part = row.array(3);
    Entry entry{};
    entry.kvno = part[0].number32();
    entry.created = part[1].time();
    entry.secret = part[2].fixed<32>();
    require(entry.kvno >= 1, Code::malformed);
    require(out.entries.empty() || entry.kvno < out.entries.back().kvno, Code::malformed);
    out.entries.push_back(entry);
  }
  return out;
}

Bytes CredentialCache::encode() const {
  std::vector<Bytes> rows;
  for (const auto& [audience, issued] : tickets)
    rows.push_back(array({str(audience), bin(issued)}));
  return array(
      {str("waybill-ccache"), number(1), str(principal), bin(kdc), number(serial), array(rows)});
}

CredentialCache CredentialCache::read(View file) {
  const Value message = decode(file, max_ccache);
  const auto& field = message.array(6);
  field[0].literal("waybill-ccache");
  field[1].version();
  CredentialCache out;
  out.principal = field[2].principal();
  out.kdc = field[3].fixed<16>();
  out.serial = field[4].number();
  for (const Value& row : field[5].list(0, max_credentials)) {
    const auto& part = row.array(2);
    std::string audience = part[0].name(max_name);
    out.tickets.emplace_back(std::move(audience), copy(part[1].bin(max_message)));
  }
  std::set<std::string> seen;
  for (const auto& [audience, issued] : out.tickets) {
    require(seen.insert(audience).second, Code::malformed);
    Issued::read(issued);
  }
  return out;
}

Bytes stored_value(View master, std::string_view table, View key, View stored) {
  require(stored.size() >= 32, Code::bad_integrity);
  const View value = stored.first(stored.size() - 32);
  require(same(hash("WB1 record", master, {view(table), key, value}), stored.last(32)),
          Code::bad_integrity);
  return copy(value);
}

Bytes unwrap(View master, std::string_view name, View wrapped) {
  return open(hash("WB1 wrap", master, {view(name)}), view(name), wrapped);
}

}  // namespace second
