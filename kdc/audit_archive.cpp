#include "kdc/audit_archive.h"

#include <istream>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view format = "waybill audit archive 1";
// A record in which every byte became an escape, or a realm document in hex.
constexpr std::size_t max_line = 8 * limits::max_message;

// ASCII alone, so that it is safe on a terminal.
std::string line_of(const ordered_json& json) { return json.dump(-1, ' ', true) + "\n"; }

template <class T>
std::optional<T> value_in(const ordered_json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (!found->is_number_unsigned()) return std::nullopt;
  } else {
    if (!found->is_string()) return std::nullopt;
  }
  return found->template get<T>();
}

std::optional<Fields> fields_in(const ordered_json& json) {
  const auto found = json.find("fields");
  if (found == json.end() || !found->is_array()) return std::nullopt;
  Fields fields;
  for (const ordered_json& pair : *found) {
    if (!pair.is_array() || pair.size() != 2) return std::nullopt;
    if (!pair[0].is_string() || !pair[1].is_string()) return std::nullopt;
    fields.add(pair[0].get<std::string>(), pair[1].get<std::string>());
  }
  return fields;
}

// Through the chain's own decoding: what no KDC could have written is no record.
std::optional<AuditRecord> record_in(const ordered_json& json) {
  const auto sequence = value_in<std::uint64_t>(json, "sequence");
  const auto time = value_in<std::uint64_t>(json, "time");
  const auto event = value_in<std::string>(json, "event");
  const auto outcome = value_in<std::uint64_t>(json, "outcome");
  auto fields = fields_in(json);
  if (!sequence || !time || !event || !outcome || !fields) return std::nullopt;
  const AuditRecord record{*sequence, Time(Seconds(static_cast<std::int64_t>(*time))), *event,
                           *outcome, *std::move(fields)};
  auto decoded = AuditRecord::decode(record.encode());
  if (!decoded) return std::nullopt;
  return *std::move(decoded);
}

std::optional<SignedCheckpoint> checkpoint_in(const ordered_json& json) {
  const auto signer = value_in<std::uint64_t>(json, "signer");
  const auto statement = value_in<std::string>(json, "statement");
  const auto signature = value_in<std::string>(json, "signature");
  if (!signer || *signer > UINT32_MAX || !statement || !signature) return std::nullopt;
  auto statement_bytes = from_hex(*statement);
  const auto signature_bytes = fixed_from_hex<64>(*signature);
  if (!statement_bytes || !signature_bytes) return std::nullopt;
  return SignedCheckpoint{KeyId{static_cast<std::uint32_t>(*signer)}, *std::move(statement_bytes),
                          *signature_bytes};
}

std::optional<ArchiveHead> head_in(const ordered_json& json) {
  const auto realm = Realm::parse(value_in<std::string>(json, "realm").value_or(""));
  const auto after = value_in<std::uint64_t>(json, "after");
  const auto link = fixed_from_hex<32>(value_in<std::string>(json, "link").value_or(""));
  auto document = from_hex(value_in<std::string>(json, "realm_document").value_or(""));
  if (!realm || !after || !link || !document) return std::nullopt;
  return ArchiveHead{*realm, {*after, *link}, *std::move(document)};
}

/// One line after the other. Each must be just what the writer makes of its meaning, so that
/// nothing can stand in an archive that was not verified.
class Lines {
 public:
  explicit Lines(std::istream& in) : in_(in), buffer_(max_line, '\0') {}

  /// False at the end.
  bool next() {
    ++number_;
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (in_.eof() && in_.gcount() == 0) return false;
    if (in_.eof()) unsound("has no line end: the archive is cut off");
    if (!in_) unsound("is too long");
    line_.assign(buffer_.data(), static_cast<std::size_t>(in_.gcount()) - 1);
    line_ += '\n';
    json_ = ordered_json::parse(line_, nullptr, false);
    if (!json_.is_object()) unsound("is no JSON object");
    return true;
  }
  const ordered_json& json() const { return json_; }
  template <class Value>
  const Value& exact(const std::optional<Value>& value, const char* what) {
    if (!value || archive_line(*value) != line_) unsound(std::string("is no ") + what);
    return *value;
  }
  [[noreturn]] void unsound(const std::string& what) const {
    throw ArchiveUnsound("line " + std::to_string(number_) + " " + what);
  }

 private:
  std::istream& in_;
  std::string buffer_;
  std::string line_;
  ordered_json json_;
  std::size_t number_ = 0;
};

AuditPosition add_record(Lines& lines, const AuditPosition& at, const TakeRow& take) {
  const auto found = record_in(lines.json());
  const AuditRecord& record = lines.exact(found, "record of an audit chain");
  if (record.sequence != at.sequence + 1) {
    lines.unsound("is record " + std::to_string(record.sequence) + " where record " +
                  std::to_string(at.sequence + 1) + " has its place");
  }
  AuditRow row{record.sequence, record.encode(), {}};
  row.link = audit_link(at.link, row.record);
  if (take) take(row);
  return {row.sequence, row.link};
}

AuditCheckpoint check_end(Lines& lines, const AuditPosition& at, const RealmDocument& document) {
  const auto found = checkpoint_in(lines.json());
  const auto end = lines.exact(found, "checkpoint").verify(document);
  if (!end) {
    lines.unsound("holds a checkpoint that the KDC did not sign [" +
                  std::string(describe(end.error().code).name) + "]");
  }
  if (end->sequence != at.sequence) {
    lines.unsound("ends the archive after record " + std::to_string(at.sequence) +
                  ", and the KDC signed that it ends after record " +
                  std::to_string(end->sequence));
  }
  if (end->link != at.link) lines.unsound("contradicts the records: one of them was changed");
  return *end;
}

}  // namespace

std::string archive_line(const ArchiveHead& head) {
  return line_of({{"format", std::string(format)},
                  {"realm", head.realm.text()},
                  {"after", head.after.sequence},
                  {"link", to_hex(head.after.link)},
                  {"realm_document", to_hex(head.realm_document)}});
}

std::string archive_line(const AuditRecord& record) {
  ordered_json fields = ordered_json::array();
  for (const auto& [name, value] : record.fields.entries()) {
    fields.push_back(ordered_json::array({name, value}));
  }
  return line_of({{"sequence", record.sequence},
                  {"time", static_cast<std::uint64_t>(record.time.time_since_epoch().count())},
                  {"event", record.event},
                  {"outcome", record.outcome},
                  {"fields", std::move(fields)}});
}

std::string archive_line(const SignedCheckpoint& end) {
  return line_of({{"signer", std::uint64_t{number(end.signer)}},
                  {"statement", to_hex(end.statement)},
                  {"signature", to_hex(end.signature)}});
}

AuditArchive read_archive(std::istream& in, const Realm& realm, const RootPublic& root,
                          const TakeRow& take) {
  Lines lines(in);
  if (!lines.next()) lines.unsound("is missing: the file is empty");
  const auto found = head_in(lines.json());
  const ArchiveHead& head = lines.exact(found, "beginning of an audit archive");
  const auto document = RealmDocument::parse(head.realm_document, realm, root);
  if (head.realm != realm || !document) lines.unsound("is not of this realm");
  AuditPosition at = head.after;
  while (lines.next()) {
    if (!lines.json().contains("statement")) {
      at = add_record(lines, at, take);
      continue;
    }
    const AuditCheckpoint end = check_end(lines, at, *document);
    if (lines.next()) lines.unsound("follows the end of the archive");
    return {head.after, end};
  }
  lines.unsound("is missing: the archive is cut off");
}

}  // namespace waybill::kdc
