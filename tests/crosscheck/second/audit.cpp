#include "tests/crosscheck/second/audit.h"

#include <optional>
#include <set>

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {
namespace {

std::vector<std::pair<std::string, std::string>> read_fields(const Value& value) {
  static const std::set<std::string> lists = {"action", "actor",  "lineage",
                                              "queue",  "record", "role"};
  std::vector<std::pair<std::string, std::string>> fields;
  std::set<std::string> seen;
  for (const Value& row : value.list(0, max_fields)) {
    const auto& part = row.array(2);
    const std::string name = part[0].name(max_name);
    const std::string text = part[1].str(max_field_value);
    const bool goes_on = !fields.empty() && fields.back().first == name && lists.contains(name);
    require(seen.insert(name).second || goes_on, Code::malformed);
    fields.emplace_back(name, text);
  }
  return fields;
}

std::optional<std::uint64_t> number_in(View record) {
  try {
    return AuditRecord::read(record).sequence;
  } catch (const Refused&) {
    return std::nullopt;
  }
}

std::string fault(std::string_view what, std::uint64_t sequence) {
  return std::string(what) + " " + std::to_string(sequence);
}

}  // namespace

Bytes AuditRecord::encode() const {
  std::vector<Bytes> rows;
  for (const auto& [name, value] : fields) rows.push_back(array({str(name), str(value)}));
  return array({number(sequence), number(time), str(event), number(outcome), array(rows)});
}

AuditRecord AuditRecord::read(View wire) {
  const Value message = decode(wire, max_message);
  const auto& field = message.array(5);
  AuditRecord out;
  out.sequence = field[0].number();
  out.time = field[1].time();
  out.event = field[2].name(max_name);
  out.outcome = field[3].number();
  out.fields = read_fields(field[4]);
  return out;
}

Checkpoint Checkpoint::read(View wire, const RealmDocument& realm) {
  const auto shown = SignedStatement::read(wire);
  const Value inner = decode(shown.statement, max_feed_message);
  const auto& field = inner.array(5);
  Checkpoint out;
  field[0].literal("audit checkpoint");
  const std::string named = field[1].realm();
  out.sequence = field[2].number();
  out.time = field[3].time();
  out.link = field[4].fixed<32>();

  require(named == realm.realm, Code::wrong_realm);
  const auto* key = realm.signer(shown.signer, out.time);
  require(key != nullptr, Code::unknown_signer);
  require(shown.is_by(*key), Code::bad_proof);
  return out;
}

std::string fault_of(const std::vector<AuditRow>& rows, const std::vector<Checkpoint>& checkpoints,
                     std::uint64_t& signed_until) {
  signed_until = 0;
  Bytes32 link{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t place = i + 1;
    const auto said = number_in(rows[i].record);
    if (!said || *said < place) return fault("changed", place);
    if (*said > place) {
      for (std::size_t later = i + 1; later < rows.size(); ++later) {
        if (number_in(rows[later].record) == place) return fault("reordered", place);
      }
      return fault("dropped", place);
    }
    link = hash("WB1 audit", {link, rows[i].record});
    if (rows[i].sequence != place || rows[i].link != link) return fault("changed", place);
    for (const Checkpoint& checkpoint : checkpoints) {
      if (checkpoint.sequence != place) continue;
      if (checkpoint.link != link) {
        return fault("contradicted", place) + " " + std::to_string(signed_until);
      }
    }
    for (const Checkpoint& checkpoint : checkpoints) {
      if (checkpoint.sequence == place) signed_until = place;
    }
  }
  for (const Checkpoint& checkpoint : checkpoints) {
    if (checkpoint.sequence > rows.size()) return fault("truncated", rows.size() + 1);
  }
  return "";
}

}  // namespace second
