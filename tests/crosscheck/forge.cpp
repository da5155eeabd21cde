#include "tests/crosscheck/forge.h"

#include "ticket/wire/limits.h"

namespace waybill::test {
namespace {

constexpr KeyId signer{1};
const Buffer empty_array = Writer().array(0).take();

Buffer encoded(const Proof& proof) {
  Writer out;
  proof.write(out);
  return out.take();
}

Proof decoded(const Buffer& wire) {
  Reader in(wire, wire.size());
  return Proof::read(in).value_or(Proof{});
}

Time issue_of(const Buffer& body) {
  const auto read = Body::decode(body);
  return read ? read->issued_at : noon;
}

}  // namespace

Parts Forge::parts_of(Body body) {
  const SessionKey session = realm_.fresh_session();
  body.session = session_commitment(session);
  TicketHeader header{Kind::service, body.audience.realm(),      body.audience.name(), Kvno{1},
                      signer,        realm_.rolling.public_key()};
  if (body.audience.name() == krbtgt_name) {
    header.kind = Kind::tgt;
    header.kvno = Kvno{0};
    header.rolling = {};
  }
  return {std::move(header), body.encode(), copy_of(session.secret().expose()), empty_array,
          empty_array};
}

Parts Forge::ticket() {
  static constexpr Seconds issues[] = {0s,  0s,   0s,   0s,   0s,     0s,     0s,
                                       60s, 119s, 120s, 121s, -3600s, -86400s};
  static constexpr Seconds lives[] = {
      0s, 1s, 3600s, 3600s, limits::max_ticket_life, limits::max_ticket_life + 1s};
  const Time issued = noon + random_.any(issues);
  Body body = random_.one_in(3)
                  ? realm_.service_body("carol", "queue-alice", issued)
                  : realm_.workflow_body("carol", "queue-alice", work_of("report", "x"), issued);
  if (random_.one_in(4)) body.run_until = issued + random_.any(lives);
  if (random_.one_in(6)) body.downstreams = {{"reports", {"report:write"}}, {"mail", {}}};
  if (random_.one_in(40)) body.audience = realm_.principal("queue-bob");
  Parts parts = parts_of(std::move(body));
  if (random_.one_in(60)) parts.session[0] ^= 1;
  if (random_.one_in(6)) {
    parts.booklet = Writer()
                        .array(1)
                        .array(2)
                        .bin(Buffer(random_.one_in(2) ? 200 : 3500, 0x5a))
                        .bin(realm_.fresh<32>())
                        .take();
  }
  return parts;
}

Parts Forge::tgt() {
  Body body = realm_.tgt_body("carol", noon - Seconds(random_.below(9 * 3600)));
  if (random_.one_in(8)) body.issued_at = noon + Seconds(100 + random_.below(40));
  Parts parts = parts_of(std::move(body));
  if (random_.one_in(60)) parts.session[0] ^= 1;
  return parts;
}

void Forge::prove(Parts& parts) {
  static constexpr Seconds delays[] = {
      0s, 0s, 0s, 0s, 1s, 1019s, 1020s, 1021s, -1020s, -1021s, 86400s, -2 * 86400s, 60 * 86400s};
  const Time batch_time = issue_of(parts.body) + random_.any(delays);
  const std::size_t size = random_.one_in(3) ? 1 + random_.below(9) : 1,
                    index = random_.below(size);
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < size; ++i) leaves.push_back(realm_.fresh<32>());
  leaves[index] = batch_leaf(parts.header.encode(), parts.body);
  const BatchTree tree(std::move(leaves));
  const Buffer statement = batch_statement(parts.header.realm, batch_time, tree.root());
  parts.proof = encoded({batch_time, index, tree.path(index), sign(realm_.signer, statement)});
}

Signature Forge::signature_of(const Parts& parts, Time batch_time) const {
  const Digest leaf = batch_leaf(parts.header.encode(), parts.body);
  return sign(realm_.signer, batch_statement(parts.header.realm, batch_time, leaf));
}

void Forge::break_body(Parts& parts) { parts.body = random_.mutate(parts.body); }

void Forge::break_header(Parts& parts) {
  TicketHeader& header = parts.header;
  switch (random_.below(7)) {
    case 0:
      header.realm = realm_of(random_.one_in(2) ? "OTHER.TEST" : "demo.test");
      return;
    case 1:
      header.audience = random_.one_in(2) ? "queue-bob" : "krbtgt";
      return;
    case 2:
      header.kvno = Kvno{static_cast<std::uint32_t>(random_.below(4))};
      return;
    case 3:
      header.key = KeyId{static_cast<std::uint32_t>(random_.below(4))};
      return;
    case 4: {  // small orders among them
      header.rolling.bytes = {};
      header.rolling.bytes[0] = static_cast<std::uint8_t>(random_.below(3));
      return;
    }
    case 5:
      header.rolling.bytes[random_.below(32)] ^= 1;
      return;
    default:
      header.kind = header.kind == Kind::tgt ? Kind::service : Kind::tgt;
  }
}

void Forge::break_proof(Parts& parts) {
  Proof proof = decoded(parts.proof);
  switch (random_.below(6)) {
    case 0:
      parts.proof = last_proof_.empty() ? empty_array : std::exchange(last_proof_, parts.proof);
      return;
    case 1:
      parts.proof = empty_array;
      return;
    case 2:
      proof.index ^= std::uint64_t{1} << random_.below(random_.one_in(4) ? 64 : 4);
      break;
    case 3:
      if (!proof.path.empty()) random_.any(proof.path)[random_.below(32)] ^= 1;
      break;
    case 4:
      proof.signature[random_.below(64)] ^= static_cast<std::uint8_t>(1U << random_.below(8));
      break;
    default:
      parts.proof = random_.mutate(parts.proof);
      return;
  }
  parts.proof = encoded(proof);
}

Buffer Forge::plaintext(const Parts& parts) const {
  return Writer()
      .array(4)
      .bin(parts.body)
      .bin(parts.session)
      .raw(parts.proof)
      .raw(parts.booklet)
      .take();
}

Buffer Forge::seal(const Parts& parts, Bytes plaintext) {
  const TicketHeader& header = parts.header;
  const auto pairwise =
      header.kind == Kind::tgt
          ? std::nullopt
          : pairwise_key(realm_.rolling, realm_.key(header.audience).public_key(), header);
  const Secret<32>& key = pairwise ? pairwise->secret() : realm_.tgt_key.secret();
  const Buffer ad = header.encode();
  const Buffer box = detail::seal(key, ad, plaintext, realm_.fresh<24>());
  Buffer out = ad;
  ++out.front();  // one element more
  const Buffer last = Writer().bin(box).take();
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

Buffer Forge::evidence(const Parts& parts) const {
  return Writer().array(3).bin(parts.header.encode()).bin(parts.body).raw(parts.proof).take();
}

}  // namespace waybill::test
