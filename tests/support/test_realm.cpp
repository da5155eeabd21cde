#include "tests/support/test_realm.h"

#include <cstdlib>
#include <iostream>

namespace waybill::test {
namespace {

constexpr KeyId first_key{1};
constexpr std::string_view seed = "waybill test realm";

template <class T>
T require(Result<T> result, std::string_view what) {
  if (!result) {
    std::cerr << "test support: " << what << ": " << describe(result.error().code).sentence << "\n";
    std::abort();
  }
  return *std::move(result);
}

Buffer encode_proof(const std::optional<Proof>& proof) {
  Writer out;
  if (!proof) return out.array(0).take();
  out.array(4).time(proof->batch_time).uint(proof->index).array(proof->path.size());
  for (const Digest& sibling : proof->path) out.bin(sibling);
  return out.bin(proof->signature).take();
}

}  // namespace

Realm realm_of(std::string_view text) { return require(Realm::parse(text), text); }
Principal principal_of(std::string_view text) { return require(Principal::parse(text), text); }

Buffer Pieces::plaintext() const {
  Writer out;
  out.array(4).bin(body.encode()).bin(session.secret().expose()).raw(encode_proof(proof));
  out.array(booklet.size());
  for (const BookletEntry& entry : booklet) {
    out.array(2).bin(entry.ticket).bin(entry.session.secret().expose());
  }
  return out.take();
}

TestRealm::TestRealm(std::string_view name, Keys keys)
    : document{realm_of(name), {}, 1, noon - 24h, {}, {}},
      root(RootKey::from_seed(keys == Keys::random ? Secret<32>::random() : Secret<32>())),
      epoch(EpochKey::random()),
      tgt_key(TgtKey::random()),
      signer(KdcSigningKey::random()),
      rolling(RollingKey::random()),
      keys_(keys) {
  if (keys_ == Keys::fixed) {
    root = RootKey::from_seed(secret("root"));
    epoch = EpochKey(secret("epoch"));
    tgt_key = TgtKey(secret("tgt"));
    signer = KdcSigningKey::from_seed(secret("signer"));
    rolling = RollingKey(secret("rolling"));
  }
  document.realm_id = fresh<32>();
  document.epochs.push_back({first_key, epoch.public_key(), noon - 24h, noon + 30 * 24h});
  document.signers.push_back({first_key, signer.public_key(), noon - 24h, noon + 30 * 24h});
}

Secret<32> TestRealm::secret(std::string_view name) const {
  if (keys_ == Keys::random) return Secret<32>::random();
  return Secret<32>::copy(
      request_digest({bytes_of(seed), bytes_of(document.realm.text()), bytes_of(name)}));
}

Digest TestRealm::turn() {
  const std::string count = std::to_string(++turns_);
  return request_digest({bytes_of(seed), bytes_of("turn"), bytes_of(count)});
}

Principal TestRealm::principal(std::string_view name) const {
  return require(Principal::make(name, document.realm), name);
}

const PrincipalKey& TestRealm::key(std::string_view name) {
  const auto found = principals_.find(name);
  if (found != principals_.end()) return found->second;
  const std::string label = "principal " + std::string(name);
  return principals_.emplace(name, PrincipalKey(secret(label))).first->second;
}

Keytab TestRealm::keytab(std::string_view name) {
  return Keytab(principal(name), {Kvno{1}, noon - 24h, key(name).duplicate()});
}

Body TestRealm::tgt_body(std::string_view subject, Time now) {
  return {fresh<16>(),
          {},
          principal(subject),
          {},
          krbtgt(),
          {},
          {},
          {},
          now,
          now + 8h,
          now + 8h,
          now + 7 * 24h,
          0,
          60s,
          Digest{},
          flags::initial,
          Digest{}};
}

Body TestRealm::service_body(std::string_view subject, std::string_view service, Time now) {
  Body body = tgt_body(subject, now);
  body.lineage = {fresh<16>()};
  body.audience = principal(service);
  body.start_by = body.run_until = body.renew_until = now + 1h;
  body.flags = 0;
  return body;
}

Body TestRealm::workflow_body(std::string_view subject, std::string_view queue, const Work& work,
                              Time now) {
  Body body = service_body(subject, queue, now);
  body.actors = {principal("trigger/orders")};
  body.work = work;
  body.actions = {"invoice:read", "report:write"};
  body.start_by = now + 15min;
  body.renew_until = now + 7 * 24h;
  body.flags = flags::delegated;
  return body;
}

Pieces TestRealm::pieces(Body body) {
  SessionKey session = fresh_session();
  body.session = session_commitment(session);
  const std::string& name = body.audience.name();
  TicketHeader header{Kind::service, body.audience.realm(), name, Kvno{1},
                      first_key,     rolling.public_key()};
  if (name == krbtgt_name) {
    header.kind = Kind::tgt;
    header.kvno = Kvno{0};
    header.rolling = {};
  }
  return {std::move(header), std::move(body), std::move(session), {}, {}};
}

void TestRealm::prove(std::span<Pieces> batch, Time batch_time) {
  std::vector<Digest> leaves;
  for (const Pieces& p : batch) leaves.push_back(batch_leaf(p.header.encode(), p.body.encode()));
  const BatchTree tree(std::move(leaves));
  const Signature signature =
      sign(signer, batch_statement(document.realm, batch_time, tree.root()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].proof = Proof{batch_time, i, tree.path(i), signature};
  }
}

Buffer TestRealm::seal_plaintext(const TicketHeader& header, Bytes plaintext) {
  const Buffer ad = header.encode();
  const auto nonce = fresh<24>();
  Buffer sealed;
  if (header.kind == Kind::tgt) {
    sealed = detail::seal(tgt_key.secret(), ad, plaintext, nonce);
  } else {
    const auto pairwise = pairwise_key(rolling, key(header.audience).public_key(), header);
    if (!pairwise) std::abort();
    sealed = detail::seal(pairwise->secret(), ad, plaintext, nonce);
  }
  // The header's array with one more element, the seal, at its end.
  Buffer out = ad;
  out.front() = static_cast<std::uint8_t>(out.front() + 1);
  const Buffer last = Writer().bin(sealed).take();
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

Buffer TestRealm::seal(const Pieces& pieces) {
  return seal_plaintext(pieces.header, pieces.plaintext());
}

IssuedTicket TestRealm::issued(const Pieces& pieces) {
  const Body& body = pieces.body;
  Buffer evidence;
  if (pieces.proof) {
    evidence = Writer()
                   .array(3)
                   .bin(pieces.header.encode())
                   .bin(body.encode())
                   .raw(encode_proof(pieces.proof))
                   .take();
  }
  return {seal(pieces),
          pieces.session.duplicate(),
          std::move(evidence),
          {body.issued_at, body.start_by, body.run_until, body.renew_until}};
}

IssuedTicket TestRealm::tgt(Body body) { return issued(pieces(std::move(body))); }

IssuedTicket TestRealm::issue(Body body) {
  Pieces made = pieces(std::move(body));
  prove({&made, 1}, made.body.issued_at);
  return issued(made);
}

std::vector<IssuedTicket> TestRealm::issue_batch(std::vector<Body> bodies) {
  std::vector<Pieces> batch;
  for (Body& body : bodies) batch.push_back(pieces(std::move(body)));
  if (!batch.empty()) prove(batch, batch.front().body.issued_at);
  std::vector<IssuedTicket> out;
  for (const Pieces& p : batch) out.push_back(issued(p));
  return out;
}

Work work_of(std::string_view type, std::string_view input) {
  return {"default", std::string(type) + "-1", std::string(type), input_digest(bytes_of(input))};
}

IssuedTicket duplicate(const IssuedTicket& ticket) {
  return {ticket.ticket, ticket.session.duplicate(), ticket.evidence, ticket.times};
}

}  // namespace waybill::test
