#include "tests/crosscheck/second/ticket.h"

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"

namespace second {
namespace {

constexpr std::uint64_t tgt = 1, service = 2;

// The elements that a header has in common with its ticket; `count` of both.
Header read_header(const Value& value, std::size_t more) {
  const auto& field = value.list(5 + more, 7 + more);
  Header out;
  field[0].version();
  out.kind = field[1].number();
  require(out.kind == tgt || out.kind == service, Code::wrong_kind);
  require(field.size() == (out.kind == tgt ? 5 : 7) + more, Code::malformed);
  out.realm = field[2].realm();
  if (out.kind == tgt) {
    field[3].literal("krbtgt");
    out.audience = "krbtgt";
    out.key = field[4].number32();
    return out;
  }
  out.audience = field[3].name(max_name);
  out.kvno = field[4].number32();
  out.key = field[5].number32();
  out.rolling = field[6].fixed<32>();
  return out;
}

void check_audience(const Header& header, const Body& body) {
  require(body.audience == header.audience + "@" + header.realm, Code::wrong_audience);
}

// Checks 5 to 7.
Opened open_with(const Sealed& sealed, View key) {
  Opened out;
  out.header = sealed.header;
  out.header_bytes = sealed.header.encode();
  const Bytes plaintext = open(key, out.header_bytes, sealed.box);

  const Value outer = decode(plaintext, max_ticket_with_booklet);
  const auto& part = outer.array(4);
  out.body_bytes = copy(part[0].bin(max_ticket));
  out.session = part[1].fixed<32>();
  out.proof = Proof::read(part[2]);
  for (const Value& row : part[3].list(0, max_downstreams)) {
    const auto& entry = row.array(2);
    const Bytes ticket = copy(entry[0].bin(max_ticket));
    out.booklet.emplace_back(ticket, entry[1].fixed<32>());
  }
  if (out.booklet.empty()) require(plaintext.size() <= max_ticket, Code::limit_exceeded);
  if (out.header.kind == tgt) require(!out.proof && out.booklet.empty(), Code::malformed);
  out.body = Body::read(out.body_bytes);

  require(hash("WB1 session", out.session, {}) == out.body.session, Code::session_mismatch);
  check_audience(out.header, out.body);
  return out;
}

bool is_subset(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  });
}

// Each downstream is one of the first form's, with no action more.
bool is_subset(const std::vector<Downstream>& some, const std::vector<Downstream>& all) {
  return std::all_of(some.begin(), some.end(), [&](const Downstream& one) {
    return std::any_of(all.begin(), all.end(), [&](const Downstream& other) {
      return one.service == other.service && is_subset(one.actions, other.actions);
    });
  });
}

void check_times(const Body& body, std::uint64_t now) {
  require(body.issued_at <= now + skew, Code::not_yet_valid);
  require(now < body.run_until, Code::ticket_expired);
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

void check_proof(const Header& header, View header_bytes, const Body& body, View body_bytes,
                 const Proof& proof, const RealmDocument& realm) {
  const auto* signer = realm.signer(header.key, proof.batch_time);
  require(signer != nullptr, Code::unknown_signer);
  const Bytes32 root = batch_root(batch_leaf(header_bytes, body_bytes), proof);
  const Bytes statement = batch_statement(header.realm, proof.batch_time, root);
  require(ed25519_verifies(signer->key, statement, proof.signature), Code::bad_proof);
  require(distance(body.issued_at, proof.batch_time) <= signing_window, Code::bad_proof);
  require(body.run_until <= body.issued_at + longest_life, Code::bad_proof);
}

}  // namespace

Bytes Header::encode() const {
  if (kind == tgt) {
    return array({number(1), number(kind), str(realm), str(audience), number(key)});
  }
  return array({number(1), number(kind), str(realm), str(audience), number(kvno), number(key),
                bin(rolling)});
}

std::vector<std::string> read_names(const Value& value) {
  std::vector<std::string> names;
  for (const Value& item : value.list(0, max_actions)) names.push_back(item.name(max_name));
  return names;
}

std::vector<Downstream> read_downstreams(const Value& value) {
  std::vector<Downstream> out;
  for (const Value& row : value.list(0, max_downstreams)) {
    const auto& field = row.array(2);
    std::string service_name = field[0].name(max_name);
    out.push_back({std::move(service_name), read_names(field[1])});
  }
  return out;
}

Body Body::read(View wire) {
  const Value message = decode(wire, max_ticket);
  const auto& field = message.array(17);
  Body out;
  out.id = field[0].fixed<16>();
  for (const Value& item : field[1].list(0, max_chain)) out.lineage.push_back(item.fixed<16>());
  out.subject = field[2].principal();
  for (const Value& item : field[3].list(0, max_chain)) out.actors.push_back(item.principal());
  out.audience = field[4].principal();
  const auto& work = field[5].list(0, 4);
  if (!work.empty()) {
    field[5].array(4);
    work[0].name(max_name);
    work[1].name(max_workflow_id);
    work[2].name(max_name);
    work[3].fixed<32>();
    for (const Value& item : work) out.work.push_back(copy(item.bytes));
  }
  out.actions = read_names(field[6]);
  out.downstreams = read_downstreams(field[7]);
  out.issued_at = field[8].time();
  out.start_by = field[9].time();
  out.run_until = field[10].time();
  out.renew_until = field[11].time();
  out.feed_floor = field[12].number();
  out.max_staleness = field[13].number32();
  field[14].fixed<32>();  // audit_head
  out.flags = field[15].number();
  require(out.flags <= 7, Code::malformed);
  out.session = field[16].fixed<32>();
  return out;
}

void check_form(const Body& before, const Body& after) {
  const bool same_authority = after.id == before.id && after.lineage == before.lineage &&
                              after.subject == before.subject && after.actors == before.actors &&
                              after.audience == before.audience && after.work == before.work &&
                              after.start_by == before.start_by;
  const bool no_wider =
      is_subset(after.actions, before.actions) &&
      is_subset(after.downstreams, before.downstreams) &&
      (after.flags & before.flags) == after.flags && after.renew_until <= before.renew_until &&
      after.max_staleness <= before.max_staleness && after.run_until <= before.renew_until;
  const bool no_older =
      after.issued_at >= before.issued_at && after.feed_floor >= before.feed_floor;
  require(same_authority && no_wider && no_older, Code::bad_renewal);
}

std::optional<Proof> Proof::read(const Value& value) {
  const auto& field = value.list(0, 4);
  if (field.empty()) return std::nullopt;
  value.array(4);
  Proof out;
  out.batch_time = field[0].time();
  out.index = field[1].number();
  for (const Value& item : field[2].list(0, max_path)) out.path.push_back(item.fixed<32>());
  out.signature = field[3].fixed<64>();
  require(out.index >> out.path.size() == 0, Code::malformed);
  return out;
}

Bytes Proof::encode() const {
  std::vector<Bytes> siblings;
  for (const Bytes32& one : path) siblings.push_back(bin(one));
  return array({number(batch_time), number(index), array(siblings), bin(signature)});
}

Bytes32 batch_leaf(View header, View body) { return hash("WB1 leaf", {header, body}); }

Bytes32 batch_root(const Bytes32& leaf, const Proof& proof) {
  Bytes32 running = leaf;
  for (std::size_t level = 0; level < proof.path.size(); ++level) {
    const bool right = (proof.index >> level & 1) != 0;
    const Bytes32& sibling = proof.path[level];
    running = right ? hash("WB1 node", {sibling, running}) : hash("WB1 node", {running, sibling});
  }
  return running;
}

Bytes batch_statement(std::string_view realm, std::uint64_t batch_time, const Bytes32& root) {
  return array({str("tickets"), str(realm), number(batch_time), bin(root)});
}

Sealed Sealed::read(View wire) {
  const Value message = decode(wire, max_ticket_with_booklet);
  Sealed out;
  out.header = read_header(message, 1);
  out.box = copy(message.items.back().bin(max_ticket_with_booklet));
  return out;
}

Bytes Opened::evidence() const {
  return array({bin(header_bytes), bin(body_bytes), proof->encode()});
}

Bytes32 pairwise_key(const Header& header, View secret) {
  const Bytes32 shared = x25519(secret, header.rolling);
  std::array<std::uint8_t, 4> kvno{};
  for (std::size_t i = 0; i < 4; ++i) kvno[i] = static_cast<std::uint8_t>(header.kvno >> (8 * i));
  return hash(
      "WB1 pairwise", shared,
      {view(header.realm), view(header.audience), kvno, header.rolling, x25519_public(secret)});
}

Opened Receiver::accept(View ticket, std::uint64_t now) const {
  const Sealed sealed = Sealed::read(ticket);
  const Header& header = sealed.header;
  require(header.kind == service, Code::wrong_kind);
  require(header.realm == realm.realm, Code::wrong_realm);
  require(header.audience + "@" + header.realm == principal, Code::wrong_audience);
  const auto key =
      std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.kvno == header.kvno; });
  require(key != keys.end(), Code::unknown_kvno);
  Opened out = open_with(sealed, pairwise_key(header, key->secret));
  require(out.proof.has_value(), Code::bad_proof);
  check_proof(out.header, out.header_bytes, out.body, out.body_bytes, *out.proof, realm);
  check_times(out.body, now);
  return out;
}

Opened open_tgt(View ticket, View tgt_key, std::uint64_t now) {
  const Sealed sealed = Sealed::read(ticket);
  require(sealed.header.kind == tgt, Code::wrong_kind);
  Opened out = open_with(sealed, tgt_key);
  check_times(out.body, now);
  return out;
}

Evidence Evidence::read(View wire) {
  const Value message = decode(wire, max_evidence);
  const auto& part = message.array(3);
  Evidence out;
  out.header_bytes = copy(part[0].bin(max_evidence));
  out.body_bytes = copy(part[1].bin(max_evidence));
  const auto proof = Proof::read(part[2]);
  require(proof.has_value(), Code::bad_proof);
  out.proof = *proof;
  out.header = read_header(decode(out.header_bytes, max_evidence), 0);
  require(out.header.kind == service, Code::wrong_kind);
  out.body = Body::read(out.body_bytes);
  return out;
}

Bytes Evidence::encode() const {
  return array({bin(header_bytes), bin(body_bytes), proof.encode()});
}

void Evidence::check(const RealmDocument& realm) const {
  require(header.realm == realm.realm, Code::wrong_realm);
  check_proof(header, header_bytes, body, body_bytes, proof, realm);
  check_audience(header, body);
}

}  // namespace second
