#include "tools/ticket_view.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "tools/text.h"

namespace waybill::tools {
namespace {

using nlohmann::json;

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overload(Ts...) -> Overload<Ts...>;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Text that stands for bytes; nothing when it does not.
std::optional<Buffer> from_text(std::string_view text) {
  text = trimmed(text);
  for (const std::string_view prefix : {"Authorization:", "Waybill "}) {
    if (text.starts_with(prefix)) text = trimmed(text.substr(prefix.size()));
  }
  if (text.empty()) return std::nullopt;
  for (const auto decode : {from_hex, from_base64, from_base64url}) {
    if (auto bytes = decode(text)) return *std::move(bytes);
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out.empty() ? "-" : out;
}

std::vector<std::string> hex_of(const std::vector<TicketId>& ids) {
  std::vector<std::string> out;
  out.reserve(ids.size());
  for (const TicketId& id : ids) out.push_back(to_hex(id));
  return out;
}

std::vector<std::string> names_of(const std::vector<Principal>& principals) {
  std::vector<std::string> out;
  out.reserve(principals.size());
  for (const Principal& principal : principals) out.push_back(principal.text());
  return out;
}

std::vector<std::string> names_of(const std::vector<Downstream>& downstreams) {
  std::vector<std::string> out;
  out.reserve(downstreams.size());
  for (const Downstream& d : downstreams) out.push_back(d.name + "=" + joined(d.actions));
  return out;
}

std::vector<std::string> flag_names(std::uint32_t bits) {
  std::vector<std::string> out;
  if ((bits & flags::initial) != 0) out.emplace_back("initial");
  if ((bits & flags::delegated) != 0) out.emplace_back("delegated");
  if ((bits & flags::soft_feed) != 0) out.emplace_back("soft_feed");
  return out;
}

struct NamedValue {
  const char* name;
  std::string text;
  json value;
};

NamedValue view_of(const Caveat& caveat, Time now) {
  const auto text = [](const char* name, const std::string& value) {
    return NamedValue{name, value, value};
  };
  const auto texts = [](const char* name, const std::vector<std::string>& values) {
    return NamedValue{name, joined(values), values};
  };
  return std::visit(
      Overload{
          [&](const caveat::Delegation& c) { return text("delegation", to_hex(c.id)); },
          [&](const caveat::Audience& c) { return text("audience", c.principal.text()); },
          [&](const caveat::NotAfter& c) {
            return NamedValue{"not_after", print_when(c.time, now), print_rfc3339(c.time)};
          },
          [&](const caveat::Actions& c) { return texts("actions", c.within); },
          [&](const caveat::Queue& c) { return text("queue", c.name); },
          [&](const caveat::WorkflowType& c) { return text("workflow_type", c.name); },
          [&](const caveat::WorkflowId& c) { return text("workflow_id", c.id); },
          [&](const caveat::Input& c) { return text("input", to_hex(c.digest)); },
          [&](const caveat::Downstreams& c) { return texts("downstreams", names_of(c.within)); },
          [&](const caveat::Namespace& c) { return text("namespace", c.name); },
      },
      caveat);
}

}  // namespace

Outcome<FoundTicket> find_ticket(Bytes file) {
  const auto decoded = from_text(text_of(file));
  const Bytes bytes = decoded ? Bytes(*decoded) : file;
  // Each form is an array of another length.
  const unsigned elements =
      bytes.empty() || (bytes.front() & 0xf0U) != 0x90U ? 0U : bytes.front() & 0x0fU;
  if (elements == 3) {
    TRY(evidence, Evidence::decode(bytes));
    return FoundTicket{"evidence", {}, std::move(evidence.header), {}, std::move(evidence.body)};
  }
  if (elements == 4) {
    TRY(presentation, Presentation::parse(bytes));
    TRY(ticket, SealedTicket::parse(presentation.ticket()));
    return FoundTicket{"presentation",
                       copy_of(presentation.ticket()),
                       ticket.header(),
                       std::move(presentation),
                       {}};
  }
  TRY(ticket, SealedTicket::parse(bytes));
  return FoundTicket{"ticket", copy_of(bytes), ticket.header(), {}, {}};
}

Result<OpenedTicket> open_with(const Keytab& keytab, Bytes ticket) {
  TRY(sealed, SealedTicket::parse(ticket));
  const TicketHeader& header = sealed.header();
  if (header.kind != Kind::service) return Error{Errc::wrong_kind, "only the KDC opens a TGT"};
  const Principal& self = keytab.principal();
  if (header.audience != self.name() || header.realm != self.realm()) {
    return Error{Errc::wrong_audience, "keytab"};
  }
  for (const Keytab::Entry& entry : keytab.entries()) {
    if (entry.kvno != header.kvno) continue;
    const auto key = pairwise_key(entry.key, header);
    if (!key) return Error{Errc::bad_integrity, "rolling key of small order"};
    return sealed.open(*key);
  }
  return Error{Errc::unknown_kvno, "keytab"};
}

void add_header(Table& table, const TicketHeader& header) {
  const bool is_tgt = header.kind == Kind::tgt;
  table.row({"kind", is_tgt ? "ticket-granting ticket" : "service ticket"});
  table.row({"realm", header.realm.text()});
  table.row({"audience", header.audience});
  if (is_tgt) {
    table.row({"epoch", std::to_string(number(header.key))});
    return;
  }
  table.row({"kvno", std::to_string(number(header.kvno))});
  table.row({"signed by key", std::to_string(number(header.key))});
  table.row({"rolling key", to_hex(header.rolling.bytes)});
}

void add_claims(Table& table, const Body& body, Time now) {
  table.row({"id", to_hex(body.id)});
  table.row({"lineage", joined(hex_of(body.lineage))});
  table.row({"subject", body.subject.text()});
  table.row({"actors", joined(names_of(body.actors))});
  table.row({"audience", body.audience.text()});
  if (body.work) {
    table.row({"namespace", body.work->space});
    table.row({"workflow", body.work->id});
    table.row({"type", body.work->type});
    table.row({"input", to_hex(body.work->input)});
  }
  table.row({"actions", joined(body.actions)});
  table.row({"downstreams", joined(names_of(body.downstreams))});
  table.row({"issued", print_when(body.issued_at, now)});
  table.row({"start by", print_when(body.start_by, now)});
  table.row({"run until", print_when(body.run_until, now)});
  table.row({"renew until", print_when(body.renew_until, now)});
  table.row({"feed", "entry " + std::to_string(body.feed_floor) + " at least, at most " +
                         print_duration(body.max_staleness) + " old"});
  table.row({"flags", joined(flag_names(body.flags))});
  table.row({"session key", "(hidden)"});
}

void add_presentation(Table& table, const Presentation& presentation, Time now) {
  const Authenticator& a = presentation.authenticator();
  table.row({"addressed to", a.addressee.text()});
  table.row({"instance", a.instance ? to_hex(*a.instance) : "any (a delegation)"});
  table.row({"made", print_when(a.time, now)});
  table.row({"request", to_hex(a.request)});
  for (const Caveat& caveat : presentation.caveats()) {
    const NamedValue view = view_of(caveat, now);
    table.row({std::string("caveat ") + view.name, view.text});
  }
}

json header_to_json(const TicketHeader& header) {
  json out{{"kind", header.kind == Kind::tgt ? "tgt" : "service"},
           {"realm", header.realm.text()},
           {"audience", header.audience}};
  if (header.kind == Kind::tgt) {
    out["epoch"] = number(header.key);
  } else {
    out["kvno"] = number(header.kvno);
    out["signer"] = number(header.key);
    out["rolling_key"] = to_hex(header.rolling.bytes);
  }
  return out;
}

json claims_to_json(const Body& body) {
  json out{{"id", to_hex(body.id)},
           {"lineage", hex_of(body.lineage)},
           {"subject", body.subject.text()},
           {"actors", names_of(body.actors)},
           {"audience", body.audience.text()},
           {"actions", body.actions},
           {"downstreams", names_of(body.downstreams)},
           {"issued_at", print_rfc3339(body.issued_at)},
           {"start_by", print_rfc3339(body.start_by)},
           {"run_until", print_rfc3339(body.run_until)},
           {"renew_until", print_rfc3339(body.renew_until)},
           {"feed_floor", body.feed_floor},
           {"max_staleness_seconds", body.max_staleness.count()},
           {"audit_head", to_hex(body.audit_head)},
           {"flags", flag_names(body.flags)}};
  if (body.work) {
    out["work"] = {{"namespace", body.work->space},
                   {"workflow_id", body.work->id},
                   {"workflow_type", body.work->type},
                   {"input_digest", to_hex(body.work->input)}};
  }
  return out;
}

json presentation_to_json(const Presentation& presentation) {
  const Authenticator& a = presentation.authenticator();
  json caveats = json::array();
  for (const Caveat& caveat : presentation.caveats()) {
    const NamedValue view = view_of(caveat, a.time);
    caveats.push_back({{view.name, view.value}});
  }
  return {{"addressee", a.addressee.text()},
          {"instance", a.instance ? json(to_hex(*a.instance)) : json()},
          {"time", print_rfc3339(a.time)},
          {"request", to_hex(a.request)},
          {"caveats", std::move(caveats)}};
}

}  // namespace waybill::tools
