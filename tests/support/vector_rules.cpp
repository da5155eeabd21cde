#include "tests/support/vector_rules.h"

#include <array>
#include <sstream>
#include <stdexcept>

namespace waybill::test {
namespace {

struct Row {
  std::string_view file;
  std::string_view said;  // what stands behind "expect = ", or the first word behind "fault = "
  std::string_view rule;
  std::string_view name{};  // how the name of the case begins; none: all others
};

// The first row that fits. So what is said of a name stands before what is said of all.
constexpr std::array rows{
    Row{"audit.txt", "WB-MALFORMED", "R6.7", "a record with a field twice"},
    Row{"audit.txt", "WB-MALFORMED", "R6.7", "a record with a list in two places"},
    Row{"audit.txt", "WB-MALFORMED", "R1.7", "a record with"},
    Row{"audit.txt", "WB-MALFORMED", "R1.7", "a statement of another kind"},
    Row{"audit.txt", "WB-MALFORMED", "R1.6"},
    Row{"audit.txt", "WB-CANONICAL", "R1.2"},
    Row{"audit.txt", "WB-LIMIT", "R1.8"},
    Row{"audit.txt", "WB-NAME", "R1.17"},
    Row{"audit.txt", "WB-REALM", "R9.1"},
    Row{"audit.txt", "WB-TICKET-SIGNER", "R9.2"},
    Row{"audit.txt", "WB-TICKET-PROOF", "R9.3"},
    Row{"audit.txt", "changed", "R9.4"},
    Row{"audit.txt", "dropped", "R9.5"},
    Row{"audit.txt", "reordered", "R9.6"},
    Row{"audit.txt", "contradicted", "R9.7"},
    Row{"audit.txt", "truncated", "R9.8"},
    Row{"batch.txt", "WB-TICKET-PROOF", "R4.5"},
    Row{"batch.txt", "WB-MALFORMED", "R4.3"},
    Row{"batch.txt", "WB-LIMIT", "R1.8"},
    Row{"call.txt", "WB-SEAL-INTEGRITY", "R6.5", "an answer"},
    Row{"call.txt", "WB-SEAL-INTEGRITY", "R6.3"},
    Row{"call.txt", "WB-AUTH-TAG", "R5.1"},
    Row{"call.txt", "WB-MALFORMED", "R6.1", "no operation"},
    Row{"call.txt", "WB-MALFORMED", "R1.7"},
    Row{"call.txt", "WB-LIMIT", "R1.8"},
    Row{"call.txt", "WB-NAME", "R1.17"},
    Row{"call.txt", "WB-AUTH-SKEW", "R5.16"},
    Row{"call.txt", "WB-AUTH-REQUEST", "R5.17"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "7 as a signed"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "128 as a signed"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "2^33 as a signed"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "-"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "nil"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "false"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "true"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "a float"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "an empty map"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "a map"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "an extension"},
    Row{"codec.txt", "WB-CANONICAL", "R1.1", "a timestamp"},
    Row{"codec.txt", "WB-CANONICAL", "R1.2"},
    Row{"codec.txt", "WB-LIMIT", "R1.4"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "a lone continuation"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "a lead byte"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "an overlong"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "a surrogate"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "beyond the last code point"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "five bytes for one"},
    Row{"codec.txt", "WB-MALFORMED", "R1.3", "the byte ff"},
    Row{"codec.txt", "WB-MALFORMED", "R1.6"},
    Row{"feed.txt", "WB-REALM", "R7.5"},
    Row{"feed.txt", "WB-MALFORMED", "R7.4"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.1", "an entry of"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.6", "a head signed by a stranger"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.6", "a head of a signer"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.6", "a head from before"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.7", "a head whose base"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.8", "a head from the future"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.9", "a head with fewer entries"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.10", "an older head"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.11", "another history"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.12", "a segment"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.13", "an entry missing"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.13", "the first entry missing"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.13", "the last entry missing"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.13", "an entry twice"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.13", "entries beyond"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.13", "fewer entries"},
    Row{"feed.txt", "WB-FEED-INVALID", "R7.14"},
    Row{"keytab.txt", "WB-VERSION", "R1.11"},
    Row{"keytab.txt", "WB-LIMIT", "R1.8"},
    Row{"keytab.txt", "WB-KEY-POSSESSION", "R2.1"},
    Row{"keytab.txt", "WB-MALFORMED", "R1.7", "a keytab without"},
    Row{"keytab.txt", "WB-MALFORMED", "R10.1", "a keytab with version 0"},
    Row{"keytab.txt", "WB-MALFORMED", "R10.2", "a keytab with"},
    Row{"keytab.txt", "WB-MALFORMED", "R10.3", "a credential cache with one audience twice"},
    Row{"keytab.txt", "WB-MALFORMED", "R1.7", "another"},
    Row{"keytab.txt", "WB-MALFORMED", "R1.6"},
    Row{"keytab.txt", "WB-NAME", "R1.17"},
    Row{"login.txt", "WB-NAME", "R1.17"},
    Row{"login.txt", "WB-VERSION", "R1.11"},
    Row{"login.txt", "WB-LIMIT", "R3.9", "an envelope"},
    Row{"login.txt", "WB-LIMIT", "R1.10"},
    Row{"login.txt", "WB-MALFORMED", "R1.6", "an envelope cut off"},
    Row{"login.txt", "WB-MALFORMED", "R1.9", "an envelope"},
    Row{"login.txt", "WB-MALFORMED", "R3.2", "neither"},
    Row{"login.txt", "WB-MALFORMED", "R3.2", "a refusal"},
    Row{"login.txt", "WB-MALFORMED", "R1.7", "a ticket that is not padded"},
    Row{"login.txt", "WB-MALFORMED", "R3.1"},
    Row{"payload.txt", "WB-SEAL-INTEGRITY", "R8.1"},
    Row{"payload.txt", "WB-RESULT", "R8.2"},
    Row{"presentation.txt", "WB-AUTH-TAG", "R5.1"},
    Row{"presentation.txt", "WB-CAVEAT-AUDIENCE", "R5.3"},
    Row{"presentation.txt", "WB-CAVEAT-EXPIRED", "R5.4"},
    Row{"presentation.txt", "WB-CAVEAT-ACTION", "R5.5"},
    Row{"presentation.txt", "WB-CAVEAT-QUEUE", "R5.6"},
    Row{"presentation.txt", "WB-CAVEAT-TYPE", "R5.7"},
    Row{"presentation.txt", "WB-CAVEAT-WORKFLOW", "R5.8"},
    Row{"presentation.txt", "WB-CAVEAT-INPUT", "R5.9"},
    Row{"presentation.txt", "WB-CAVEAT-NAMESPACE", "R5.11"},
    Row{"presentation.txt", "WB-CAVEAT-UNKNOWN", "R5.13"},
    Row{"presentation.txt", "WB-AUTH-ADDRESSEE", "R5.14"},
    Row{"presentation.txt", "WB-AUTH-INSTANCE", "R5.15"},
    Row{"presentation.txt", "WB-AUTH-SKEW", "R5.16"},
    Row{"presentation.txt", "WB-AUTH-REQUEST", "R5.17"},
    Row{"presentation.txt", "WB-CAVEAT-MISSING", "R5.21"},
    Row{"realm.txt", "WB-REALM-DOCUMENT", "R2.5"},
    Row{"realm.txt", "WB-REALM", "R2.6"},
    Row{"realm.txt", "WB-VERSION", "R1.11"},
    Row{"realm.txt", "WB-LIMIT", "R2.3"},
    Row{"realm.txt", "WB-CANONICAL", "R1.2"},
    Row{"realm.txt", "WB-NAME", "R1.17"},
    Row{"realm.txt", "WB-MALFORMED", "R2.4", "one id"},
    Row{"realm.txt", "WB-MALFORMED", "R1.9", "an id"},
    Row{"realm.txt", "WB-MALFORMED", "R1.7", "a document"},
    Row{"realm.txt", "WB-MALFORMED", "R1.6"},
    Row{"record.txt", "WB-SEAL-INTEGRITY", "R10.5", "a secret"},
    Row{"record.txt", "WB-SEAL-INTEGRITY", "R10.4"},
    Row{"renewal.txt", "WB-TICKET-RENEWED", "R4.34"},
    Row{"seal.txt", "WB-SEAL-INTEGRITY", "R1.14", "two keys"},
    Row{"seal.txt", "WB-SEAL-INTEGRITY", "R1.13"},
    Row{"ticket.txt", "WB-SEAL-INTEGRITY", "R1.15", "a rolling key of small order"},
    Row{"ticket.txt", "WB-SEAL-INTEGRITY", "R4.21"},
    Row{"ticket.txt", "WB-VERSION", "R1.11"},
    Row{"ticket.txt", "WB-CANONICAL", "R1.2"},
    Row{"ticket.txt", "WB-LIMIT", "R1.8"},
    Row{"ticket.txt", "WB-NAME", "R1.17"},
    Row{"ticket.txt", "WB-TICKET-EARLY", "R4.14"},
    Row{"ticket.txt", "WB-TICKET-EXPIRED", "R4.16"},
    Row{"ticket.txt", "WB-TICKET-KIND", "R4.12", "evidence"},
    Row{"ticket.txt", "WB-TICKET-KIND", "R4.17"},
    Row{"ticket.txt", "WB-REALM", "R4.13", "evidence"},
    Row{"ticket.txt", "WB-REALM", "R4.18"},
    Row{"ticket.txt", "WB-TICKET-QUEUE", "R4.1", "a body for another queue"},
    Row{"ticket.txt", "WB-TICKET-QUEUE", "R4.1", "evidence"},
    Row{"ticket.txt", "WB-TICKET-QUEUE", "R4.19"},
    Row{"ticket.txt", "WB-TICKET-KVNO", "R4.20"},
    Row{"ticket.txt", "WB-TICKET-SESSION", "R4.22"},
    Row{"ticket.txt", "WB-TICKET-SIGNER", "R4.4"},
    Row{"ticket.txt", "WB-MALFORMED", "R4.2", "a flag"},
    Row{"ticket.txt", "WB-MALFORMED", "R4.3", "an index"},
    Row{"ticket.txt", "WB-MALFORMED", "R4.10", "a TGT with"},
    Row{"ticket.txt", "WB-MALFORMED", "R1.6"},
    Row{"ticket.txt", "WB-TICKET-PROOF", "R4.8", "no proof"},
    Row{"ticket.txt", "WB-TICKET-PROOF", "R4.11", "evidence without"},
    Row{"ticket.txt", "WB-TICKET-PROOF", "R4.6", "a ticket signed"},
    Row{"ticket.txt", "WB-TICKET-PROOF", "R4.6", "evidence signed"},
    Row{"ticket.txt", "WB-TICKET-PROOF", "R4.7", "a ticket for a second longer"},
    Row{"ticket.txt", "WB-TICKET-PROOF", "R4.5"},
};

// What stands behind `head` in the line, when it begins with it.
std::string_view after(std::string_view line, std::string_view head) {
  return line.starts_with(head) ? line.substr(head.size()) : std::string_view{};
}

std::string_view rule_of(std::string_view file, std::string_view said, std::string_view name) {
  for (const Row& row : rows) {
    if (row.file == file && row.said == said && name.starts_with(row.name)) return row.rule;
  }
  throw std::runtime_error("no rule of " + std::string(file) + ": " + std::string(name));
}

}  // namespace

std::string with_rules(std::string_view file, std::string_view text) {
  std::string out;
  std::string name;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    out += line + '\n';
    if (const auto found = after(line, "name = "); !found.empty()) name = found;
    std::string_view said = after(line, "expect = ");
    if (said.empty()) said = after(line, "fault = ");
    said = said.substr(0, said.find(' '));
    if (said.empty() || said == "ok") continue;
    out += "rule = ";
    out += rule_of(file, said, name);
    out += '\n';
  }
  return out;
}

}  // namespace waybill::test
