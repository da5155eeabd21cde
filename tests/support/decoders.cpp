#include "tests/support/decoders.h"

#include "tests/support/notation.h"
#include "tests/support/test_feed.h"
#include "ticket/call.h"
#include "ticket/exchange/ccache.h"
#include "ticket/exchange/client.h"
#include "ticket/exchange/fields.h"
#include "ticket/exchange/staged_rows.h"

namespace waybill::test {
namespace {

Buffer plain(Bytes bytes) { return copy_of(bytes); }

template <class Message>
std::optional<Buffer> reencoded(Bytes wire) {
  const auto read = Message::decode(wire);
  if (!read) return std::nullopt;
  return plain(read->encode());
}

// A code that is not known is kept as a refusal, not as its number.
template <class Message>
std::optional<Buffer> reencoded_unless_newer(Bytes wire) {
  const auto read = Message::decode(wire);
  if (!read) return std::nullopt;
  if (std::optional<Errc> code =
          [&] {
            if constexpr (requires { read->code; })
              return std::optional(read->code);
            else
              return read->refusal;
          }();
      code == Errc::policy_denied) {
    return plain(wire);
  }
  return plain(read->encode());
}

/// Everything that the messages below are made of.
struct World {
  TestRealm realm{"DEMO.TEST", TestRealm::Keys::fixed};
  TestFeed feed{realm};
  IssuedTicket tgt = realm.tgt(realm.tgt_body("carol"));
  IssuedTicket own = realm.issue(realm.service_body("carol", "trigger/orders"));
  IssuedTicket work = realm.issue(realm.workflow_body("carol", "queue-alice", work_of("w", "in")));
  Pieces full = full_pieces();
  PairwiseKey pairwise = *pairwise_key(realm.key("queue-alice"), full.header);
  const InstanceId instance{1};
  PendingCall call = *make_call(tgt.ticket, tgt.session, {{"tgs", Buffer(40)}, {"renew", {}}},
                                {realm.krbtgt(), instance, noon}, {caveat::NotAfter{noon}});
  Buffer delegation = *delegate(tgt,
                                {realm.principal("trigger/orders"),
                                 "queue-alice",
                                 "w",
                                 {"a"},
                                 Digest{},
                                 {{"ledger", {"entry:read"}}},
                                 "w-1",
                                 noon + 60s},
                                noon);

  // One ticket with something in every field.
  Pieces full_pieces() {
    Body body = realm.workflow_body("carol", "queue-alice", work_of("w", "in"));
    body.lineage = {TicketId{1}, TicketId{2}};
    body.downstreams = {{"ledger", {"entry:read"}}, {"mailer", {}}};
    std::vector<Pieces> batch;
    batch.push_back(realm.pieces(std::move(body)));
    batch.push_back(realm.pieces(realm.service_body("dave", "queue-alice")));
    realm.prove(batch, noon);
    batch[0].booklet.push_back({Buffer(60, 1), SessionKey::random()});
    return std::move(batch[0]);
  }
};

World& world() {
  static World instance;
  return instance;
}

std::optional<Buffer> sealed_ticket(Bytes wire) {
  const auto read = SealedTicket::parse(wire);
  if (!read) return std::nullopt;
  // Header and seal again: the array grows by one, the seal is the last value.
  Buffer out = read->header().encode();
  out.front() = static_cast<std::uint8_t>(out.front() + 1);
  const auto seal = wire.subspan(std::min(out.size(), wire.size()));
  Reader in(seal, seal.size());
  const Buffer last = Writer().bin(in.bin(seal.size())).take();
  out.insert(out.end(), last.begin(), last.end());
  return out;
}

std::optional<Buffer> plaintext(Bytes wire, const TicketHeader& header, const auto& key) {
  Buffer sealed = header.encode();
  sealed.front() = static_cast<std::uint8_t>(sealed.front() + 1);
  const Buffer seal = Writer().bin(waybill::seal(key, header.encode(), wire)).take();
  sealed.insert(sealed.end(), seal.begin(), seal.end());
  const auto parsed = SealedTicket::parse(sealed);
  if (!parsed) return std::nullopt;
  auto opened = parsed->open(key);
  if (!opened) return std::nullopt;
  std::optional<Proof> proof;
  if (const auto evidence = opened->evidence()) proof = evidence->proof;
  return Pieces{opened->header(), opened->body(), opened->session().duplicate(), std::move(proof),
                std::move(opened->booklet())}
      .plaintext();
}

std::optional<Buffer> presentation(Bytes wire) {
  const auto read = Presentation::parse(wire);
  if (!read) return std::nullopt;
  Writer out;
  out.array(4).bin(read->ticket()).array(read->caveats().size());
  for (const Caveat& caveat : read->caveats()) out.bin(encode(caveat));
  return out.bin(read->authenticator().encode()).bin(read->tag()).take();
}

std::optional<Buffer> received_call(Bytes wire) {
  const auto read = ReceivedCall::parse(wire);
  if (!read) return std::nullopt;
  const auto inner = presentation(read->presentation_bytes);
  if (!inner) return Buffer{};
  return Writer().array(2).bin(*inner).bin(read->box).take();
}

// The operations inside a call, under a box sealed anew.
std::optional<Buffer> operations(Bytes wire) {
  const World& w = world();
  auto call = ReceivedCall::parse(w.call.wire);
  const auto chain = call->presentation.check(w.tgt.session);
  const auto key = derive<CallKey>(Label::call, chain->secret(), {call->presentation.tag()});
  call->box = waybill::seal(key, call->presentation_bytes, wire);
  const auto opened = call->open(w.tgt.session);
  if (!opened) return std::nullopt;
  Writer out;
  out.array(opened->operations.size());
  for (const Operation& op : opened->operations) out.array(2).str(op.name).bin(op.arguments);
  return out.take();
}

std::optional<Buffer> answers(Bytes wire) {
  const World& w = world();
  const auto read = w.call.open_reply(waybill::seal(w.call.reply_key, bytes_of("reply"), wire));
  if (!read) return std::nullopt;
  Writer out;
  out.array(read->size());
  for (const Answer& answer : *read) {
    if (answer.refusal == Errc::policy_denied) return plain(wire);
    out.array(3).uint(answer.refusal ? static_cast<std::uint64_t>(*answer.refusal) : 0);
    out.str(answer.detail).bin(answer.value);
  }
  return out.take();
}

std::optional<Buffer> caveat_bytes(Bytes wire) {
  const auto read = decode_caveat(wire);
  if (!read) return std::nullopt;
  return encode(*read);
}

std::optional<Buffer> realm_document(Bytes document) {
  const TestRealm& realm = world().realm;
  const Buffer wire = Writer().array(2).bin(document).bin(sign(realm.root, document)).take();
  const auto read = RealmDocument::parse(wire, realm.realm(), realm.root.public_key());
  if (!read) return std::nullopt;
  const Buffer again = read->sign(realm.root);
  Reader in(again, again.size());
  in.array(2);
  return plain(in.bin(again.size()));
}

std::optional<Buffer> feed_head(Bytes statement) {
  const TestRealm& realm = world().realm;
  const Buffer wire =
      Writer().array(3).uint(1).bin(statement).bin(sign(realm.signer, statement)).take();
  const auto read = FeedHead::parse(wire, realm.document);
  if (!read) return std::nullopt;
  const Buffer again = read->sign(KeyId{1}, realm.signer);
  Reader in(again, again.size());
  in.array(3);
  in.uint();
  return plain(in.bin(again.size()));
}

std::optional<Buffer> any_message(Bytes wire) {
  auto read = transcode(wire);
  if (!read) return std::nullopt;
  return std::move(read->bytes);
}

// The signed part of a document or head.
Buffer inner(Bytes wire, bool numbered) {
  Reader in(wire, wire.size());
  in.array(numbered ? 3 : 2);
  if (numbered) in.uint();
  return plain(in.bin(wire.size()));
}

std::vector<Buffer> caveat_seeds() {
  std::vector<Buffer> out;
  const auto read = Presentation::parse(world().delegation);
  for (const Caveat& caveat : read->caveats()) out.push_back(encode(caveat));
  return out;
}

}  // namespace

std::vector<Decoder> ticket_decoders() {
  World& w = world();
  const Buffer pieces = w.full.plaintext();
  const Pieces tgt = w.realm.pieces(w.realm.tgt_body("carol"));
  const TicketHeader tgt_header = tgt.header;
  return {
      {"any message", {w.tgt.ticket, w.work.evidence, w.delegation}, any_message},
      {"a ticket", {w.tgt.ticket, w.own.ticket, w.work.ticket}, sealed_ticket},
      {"the plaintext of a service ticket",
       {pieces},
       [](Bytes wire) { return plaintext(wire, world().full.header, world().pairwise); }},
      {"the plaintext of a TGT",
       {tgt.plaintext()},
       [tgt_header](Bytes wire) { return plaintext(wire, tgt_header, world().realm.tgt_key); }},
      {"a body", {w.full.body.encode(), tgt.body.encode()}, reencoded<Body>},
      {"evidence", {w.own.evidence, w.work.evidence}, reencoded<Evidence>},
      {"a realm document", {inner(w.realm.signed_document(), false)}, realm_document},
      {"a presentation",
       {w.delegation, present(w.own, {w.realm.krbtgt(), w.instance, Digest{}}, noon)},
       presentation},
      {"a caveat", caveat_seeds(), caveat_bytes},
      {"an authenticator",
       {Presentation::parse(w.delegation)->authenticator().encode()},
       reencoded<Authenticator>},
      {"a call", {w.call.wire}, received_call},
      {"the operations of a call",
       {Writer().array(2).array(2).str("tgs").bin(Buffer(40)).array(2).str("renew").bin({}).take()},
       operations},
      {"the answers to a call",
       {Writer()
            .array(2)
            .array(3)
            .uint(0)
            .str("")
            .bin(Buffer(30))
            .array(3)
            .uint(31)
            .str("no")
            .bin({})
            .take()},
       answers},
  };
}

std::vector<Decoder> message_decoders() {
  World& w = world();
  w.feed.revoke(RevokedBy::subject, "carol@DEMO.TEST");
  w.feed.revoke(RevokedBy::ticket, value_of(TicketId{0x11, 0x22}));
  w.feed.revoke(RevokedBy::completed, value_of(TicketId{0x33}));
  auto login = Login::start(w.realm.key("carol"), w.realm.principal("carol"), w.realm.document,
                            {8h, 24h}, noon);
  Keytab keytab = w.realm.keytab("queue-alice");
  keytab.add({Kvno{2}, noon, PrincipalKey::random()});
  CredentialCache cache(w.realm.principal("carol"), w.instance, 1);
  cache.store("krbtgt", duplicate(w.tgt));
  cache.store("trigger/orders", duplicate(w.own));
  const Fields fields{{"name", "carol"}, {"action", "a"}, {"action", "b"}, {"reason", "\xc3\xa4"}};
  return {
      {"a login envelope", {plain(login->request())}, reencoded<LoginEnvelope>},
      {"a login request",
       {LoginRequest{w.realm.principal("carol"), 8h, 24h, noon}.encode(),
        LoginRequest{w.realm.principal("carol"), 8h, 24h, noon, Buffer(700)}.encode()},
       reencoded<LoginRequest>},
      {"a login reply",
       {plain(LoginReply{{}, noon, w.instance, duplicate(w.tgt)}.encode()),
        plain(LoginReply{Errc::login_failed, noon, w.instance, {}}.encode())},
       reencoded_unless_newer<LoginReply>},
      {"an issued ticket",
       {plain(w.tgt.encode()), plain(w.work.encode())},
       reencoded<IssuedTicket>},
      {"a request for a service ticket",
       {ServiceTicketRequest{"trigger/orders", 1h}.encode()},
       reencoded<ServiceTicketRequest>},
      {"a request for a delegated ticket",
       {DelegatedTicketRequest{
           w.delegation, "queue-alice", work_of("w", "in"), {"a", "b"}, {{"ledger", {"c"}}}, 1h}
            .encode()},
       reencoded<DelegatedTicketRequest>},
      {"a request to look",
       {LookRequest{w.delegation, w.work.evidence, PayloadKind::result}.encode()},
       reencoded<LookRequest>},
      {"a request about evidence",
       {EvidenceRequest{w.work.evidence}.encode()},
       reencoded<EvidenceRequest>},
      {"a refusal", {Refusal{Errc::busy, "later"}.encode()}, reencoded_unless_newer<Refusal>},
      {"a keytab", {plain(keytab.encode())}, reencoded<Keytab>},
      {"a credential cache", {plain(cache.encode())}, reencoded<CredentialCache>},
      {"a feed segment", {w.feed.segment({0, 0, 3}).encode()}, reencoded<FeedSegment>},
      {"a feed entry",
       {w.feed.entries[0].encode(), w.feed.entries[1].encode(), w.feed.entries[2].encode()},
       reencoded<Revocation>},
      {"a feed head", {inner(w.feed.head(2, noon), true)}, feed_head},
      {"fields", {fields.encode()}, reencoded<Fields>},
      {"a page", {Page{{fields, {}, fields}, "next"}.encode()}, reencoded<Page>},
      {"staged rows",
       {StagedRows{Buffer(16, 7), 256, {fields, fields}}.encode(),
        StagedRows{{}, 0, {fields}}.encode()},
       reencoded<StagedRows>},
  };
}

}  // namespace waybill::test
