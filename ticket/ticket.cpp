#include "ticket/ticket.h"

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

void write_work(Writer& out, const std::optional<Work>& work) {
  if (!work) {
    out.array(0);
    return;
  }
  out.array(4).str(work->space).str(work->id).str(work->type).bin(work->input);
}

std::optional<Work> read_work(Reader& in) {
  const std::size_t fields = in.array(0, 4);
  if (in.failed() || fields == 0) return std::nullopt;
  if (fields != 4) in.fail(Errc::malformed, "work");
  Work work;
  work.space = in.name(limits::max_name);
  work.id = in.name(limits::max_workflow_id);
  work.type = in.name(limits::max_name);
  work.input = in.bin<32>();
  return work;
}

Result<TicketHeader> read_header(Reader& in, std::size_t tgt_fields) {
  const std::size_t fields = in.array(tgt_fields, tgt_fields + 2);
  in.version();
  const std::uint64_t kind = in.uint();
  const bool tgt = kind == static_cast<std::uint64_t>(Kind::tgt);
  if (!tgt && kind != static_cast<std::uint64_t>(Kind::service)) in.fail(Errc::wrong_kind, "kind");
  if (fields != (tgt ? tgt_fields : tgt_fields + 2)) in.fail(Errc::malformed, "ticket arity");
  const auto realm = in.realm();
  if (in.failed()) return *in.first_error();
  TicketHeader header{tgt ? Kind::tgt : Kind::service, *realm, {}, {}, {}, {}};
  if (tgt) {
    in.literal(krbtgt_name);
    header.audience = krbtgt_name;
    header.key = KeyId{in.uint32()};
  } else {
    header.audience = in.name(limits::max_principal_name);
    header.kvno = Kvno{in.uint32()};
    header.key = KeyId{in.uint32()};
    header.rolling.bytes = in.bin<32>();
  }
  return header;
}

void write_header_fields(Writer& out, const TicketHeader& h) {
  out.uint(limits::protocol_version).uint(static_cast<std::uint64_t>(h.kind));
  out.str(h.realm.text()).str(h.audience);
  if (h.kind == Kind::service) out.uint(number(h.kvno));
  out.uint(number(h.key));
  if (h.kind == Kind::service) out.bin(h.rolling.bytes);
}

std::size_t header_fields(const TicketHeader& h) { return h.kind == Kind::tgt ? 5 : 7; }

// [body (bin), session key, proof, booklet], in a buffer that never moves: it holds session keys.
Buffer encode_plaintext(Bytes body, const SessionKey& session, const Proof* proof,
                        std::span<const BookletEntry> booklet) {
  std::size_t size = body.size() + 1024;
  for (const BookletEntry& entry : booklet) size += entry.ticket.size() + 64;
  Writer out(size);
  out.array(4).bin(body).bin(session.secret().expose());
  if (proof == nullptr) {
    out.array(0);
  } else {
    proof->write(out);
  }
  out.array(booklet.size());
  for (const BookletEntry& entry : booklet) {
    out.array(2).bin(entry.ticket).bin(entry.session.secret().expose());
  }
  return out.take();
}

Buffer seal_ticket(const TicketHeader& header, Bytes sealed) {
  Writer out;
  out.array(header_fields(header) + 1);
  write_header_fields(out, header);
  return out.bin(sealed).take();
}

// The batch time is the signer's word, and it decides which key may have signed. So a body has to
// be of that time and of a bounded life, or a key that retired would mint for ever.
Checked check_dates(const Body& body, const Proof& proof) {
  const Seconds waited = proof.batch_time - body.issued_at;
  if (waited > limits::signing_window || -waited > limits::signing_window) {
    return Error{Errc::bad_proof, "signed at another time than issued"};
  }
  if (body.run_until - body.issued_at > limits::max_ticket_life) {
    return Error{Errc::bad_proof, "longer than any ticket lives"};
  }
  return ok();
}

Checked check_root(const RealmDocument& realm, const TicketHeader& header, const Proof& proof,
                   const Digest& root) {
  if (header.realm != realm.realm) return Error{Errc::wrong_realm, "proof"};
  const auto* signer = realm.signer(header.key, proof.batch_time);
  if (signer == nullptr) return Error{Errc::unknown_signer, "proof"};
  const Buffer statement = batch_statement(realm.realm, proof.batch_time, root);
  if (!verify(signer->key, statement, proof.signature)) return Error{Errc::bad_proof, "signature"};
  return ok();
}

PairwiseKey pairwise(const Secret<32>& shared, const TicketHeader& h, Bytes rolling,
                     Bytes audience) {
  const std::uint64_t kvno = number(h.kvno);
  const FixedBytes<4> kvno_bytes{
      static_cast<std::uint8_t>(kvno), static_cast<std::uint8_t>(kvno >> 8),
      static_cast<std::uint8_t>(kvno >> 16), static_cast<std::uint8_t>(kvno >> 24)};
  return derive<PairwiseKey>(
      Label::pairwise, shared,
      {bytes_of(h.realm.text()), bytes_of(h.audience), kvno_bytes, rolling, audience});
}

// The pair that a KDC signs names one audience twice.
Checked check_audience(const TicketHeader& header, const Body& body) {
  if (body.audience.name() != header.audience || body.audience.realm() != header.realm) {
    return Error{Errc::wrong_audience, "body and header name different audiences"};
  }
  return ok();
}

}  // namespace

Buffer TicketHeader::encode() const {
  Writer out(256);  // one allocation, on the path of every ticket
  out.array(header_fields(*this));
  write_header_fields(out, *this);
  return out.take();
}

Buffer Body::encode() const {
  Writer out;
  out.array(17).bin(id).array(lineage.size());
  for (const TicketId& ancestor : lineage) out.bin(ancestor);
  out.str(subject.text()).array(actors.size());
  for (const Principal& actor : actors) out.str(actor.text());
  out.str(audience.text());
  write_work(out, work);
  write_names(out, actions);
  write_downstreams(out, downstreams);
  out.time(issued_at).time(start_by).time(run_until).time(renew_until);
  out.uint(feed_floor).uint(static_cast<std::uint64_t>(max_staleness.count()));
  return out.bin(audit_head).uint(flags).bin(session).take();
}

Result<Body> Body::decode(Bytes wire) {
  Reader in(wire, limits::max_ticket);
  in.array(17);
  const TicketId id = in.bin<16>();
  std::vector<TicketId> lineage;
  for (std::size_t n = in.array(0, limits::max_chain); n > 0; --n) lineage.push_back(in.bin<16>());
  auto subject = in.principal();
  std::vector<Principal> actors;
  for (std::size_t n = in.array(0, limits::max_chain); n > 0; --n) {
    auto actor = in.principal();
    if (actor) actors.push_back(*std::move(actor));
  }
  auto audience = in.principal();
  auto work = read_work(in);
  auto actions = read_names(in);
  auto downstreams = read_downstreams(in);
  const Time issued_at = in.time(), start_by = in.time(), run_until = in.time();
  const Time renew_until = in.time();
  const std::uint64_t feed_floor = in.uint();
  const Seconds max_staleness{in.uint32()};
  const Digest audit_head = in.bin<32>();
  const std::uint32_t flag_bits = in.uint32();
  const Digest session = in.bin<32>();
  if ((flag_bits & ~flags::all) != 0) in.fail(Errc::malformed, "unknown flag");
  CHECK_OK(in.finish());
  return Body{id,
              std::move(lineage),
              *std::move(subject),
              std::move(actors),
              *std::move(audience),
              std::move(work),
              std::move(actions),
              std::move(downstreams),
              issued_at,
              start_by,
              run_until,
              renew_until,
              feed_floor,
              max_staleness,
              audit_head,
              flag_bits,
              session};
}

Digest session_commitment(const SessionKey& key) {
  return keyed_hash(Label::session, key.secret(), {});
}

Digest input_digest(Bytes input) { return hash(Label::input_digest, {input}); }

Buffer Evidence::encode() const {
  Writer out;
  out.array(3).bin(header_bytes).bin(body_bytes);
  proof.write(out);
  return out.take();
}

Result<Evidence> Evidence::decode(Bytes wire) {
  Reader in(wire, limits::max_evidence);
  in.array(3);
  const Bytes header_bytes = in.bin(limits::max_ticket);
  const Bytes body_bytes = in.bin(limits::max_ticket);
  auto proof = Proof::read(in);
  CHECK_OK(in.finish());
  if (!proof) return Error{Errc::bad_proof, "evidence without a proof"};
  Reader header_in(header_bytes, limits::max_ticket);
  TRY(header, read_header(header_in, 5));
  CHECK_OK(header_in.finish());
  if (header.kind != Kind::service) return Error{Errc::wrong_kind, "evidence"};
  TRY(body, Body::decode(body_bytes));
  return Evidence{copy_of(header_bytes), copy_of(body_bytes), *std::move(proof), std::move(header),
                  std::move(body)};
}

Checked Evidence::verify_proof(const RealmDocument& realm) const {
  const Digest root = batch_root(batch_leaf(header_bytes, body_bytes), proof.index, proof.path);
  CHECK_OK(check_root(realm, header, proof, root));
  CHECK_OK(check_dates(body, proof));
  return check_audience(header, body);
}

Result<Evidence> OpenedTicket::evidence() const {
  const Contents& c = *contents_;
  if (!c.proof) return Error{Errc::bad_proof, "no proof"};
  return Evidence{c.header_bytes, c.body_bytes, *c.proof, c.header, c.body};
}

// Requires a proof.
Digest OpenedTicket::root() const {
  const Contents& c = *contents_;
  return batch_root(batch_leaf(c.header_bytes, c.body_bytes), c.proof->index, c.proof->path);
}

Result<std::string> OpenedTicket::proven_root() const {
  const auto& proof = contents_->proof;
  if (!proof) return Error{Errc::bad_proof, "no proof"};
  std::string out = std::to_string(number(header().key)) + ' ';
  out += std::to_string(proof->batch_time.time_since_epoch().count()) + ' ';
  out.reserve(out.size() + sizeof(Digest) + sizeof(Signature));
  out += text_of(root());
  out += text_of(proof->signature);
  return out;
}

Checked OpenedTicket::check_times(Time now) const {
  if (now + limits::clock_skew < body().issued_at) return Error{Errc::not_yet_valid, "issued_at"};
  if (now >= body().run_until) return Error{Errc::ticket_expired, "run_until"};
  return ok();
}

Result<VerifiedTicket> OpenedTicket::verify(const RealmDocument& realm, Time now,
                                            bool root_is_known) && {
  if (header().kind != Kind::service) return Error{Errc::wrong_kind, "a TGT has no proof"};
  const auto& proof = contents_->proof;
  if (!proof) return Error{Errc::bad_proof, "no proof"};
  if (!root_is_known) CHECK_OK(check_root(realm, header(), *proof, root()));
  CHECK_OK(check_dates(body(), *proof));
  CHECK_OK(check_times(now));
  return VerifiedTicket(std::move(*this));
}

Result<VerifiedTicket> OpenedTicket::verify_tgt(Time now) && {
  if (header().kind != Kind::tgt) return Error{Errc::wrong_kind, "a TGT is needed"};
  CHECK_OK(check_times(now));
  return VerifiedTicket(std::move(*this));
}

Result<SealedTicket> SealedTicket::parse(Bytes wire) {
  Reader in(wire, limits::max_ticket_with_booklet);
  TRY(header, read_header(in, 6));
  const Bytes sealed = in.bin(limits::max_ticket_with_booklet);
  CHECK_OK(in.finish());
  return SealedTicket(std::move(header), sealed);
}

Result<OpenedTicket> SealedTicket::open(const TgtKey& key) const {
  if (header_.kind != Kind::tgt) return Error{Errc::wrong_kind, "a TGT is needed"};
  TRY(plaintext, waybill::open(key, header_bytes_, sealed_));
  const WipeOnExit wiped(plaintext);
  return read_plaintext(plaintext);
}

Result<OpenedTicket> SealedTicket::open(const PairwiseKey& key) const {
  if (header_.kind != Kind::service) return Error{Errc::wrong_kind, "a service ticket is needed"};
  TRY(plaintext, waybill::open(key, header_bytes_, sealed_));
  const WipeOnExit wiped(plaintext);
  return read_plaintext(plaintext);
}

Result<OpenedTicket> SealedTicket::read_plaintext(Bytes plaintext) const {
  Reader in(plaintext, limits::max_ticket_with_booklet);
  in.array(4);
  const Bytes body_bytes = in.bin(limits::max_ticket);
  SessionKey session(read_secret(in));
  auto proof = Proof::read(in);
  std::vector<BookletEntry> booklet;
  for (std::size_t n = in.array(0, limits::max_downstreams); n > 0; --n) {
    in.array(2);
    const Bytes ticket = in.bin(limits::max_ticket);
    booklet.push_back({copy_of(ticket), SessionKey(read_secret(in))});
  }
  if (header_.kind == Kind::tgt && (proof || !booklet.empty())) {
    in.fail(Errc::malformed, "a TGT with a proof or a booklet");
  }
  if (!in.failed() && booklet.empty() && plaintext.size() > limits::max_ticket) {
    in.fail(Errc::limit_exceeded, "a ticket without a booklet");
  }
  CHECK_OK(in.finish());
  TRY(body, Body::decode(body_bytes));
  if (!same_secret(session_commitment(session), body.session)) return Errc::session_mismatch;
  CHECK_OK(check_audience(header_, body));
  return OpenedTicket({header_, header_bytes_, std::move(body), copy_of(body_bytes),
                       std::move(session), std::move(proof), std::move(booklet)});
}

Buffer seal_tgt(const NewTicket& ticket, const SessionKey& session, const TgtKey& key) {
  Buffer plaintext = encode_plaintext(ticket.body.encode(), session, nullptr, {});
  const WipeOnExit wiped(plaintext);
  return seal_ticket(ticket.header, seal(key, ticket.header.encode(), plaintext));
}

Buffer seal_service_ticket(const NewTicket& ticket, const SessionKey& session, const Proof& proof,
                           std::span<const BookletEntry> booklet, const PairwiseKey& key) {
  Buffer plaintext = encode_plaintext(ticket.body.encode(), session, &proof, booklet);
  const WipeOnExit wiped(plaintext);
  return seal_ticket(ticket.header, seal(key, ticket.header.encode(), plaintext));
}

std::optional<PairwiseKey> pairwise_key(const RollingKey& rolling, const PrincipalPublic& audience,
                                        const TicketHeader& header) {
  const auto shared = shared_secret(rolling.secret(), audience.bytes);
  if (!shared) return std::nullopt;
  return pairwise(*shared, header, rolling.public_key().bytes, audience.bytes);
}

std::optional<PairwiseKey> pairwise_key(const PrincipalKey& audience, const TicketHeader& header) {
  const auto shared = shared_secret(audience.secret(), header.rolling.bytes);
  if (!shared) return std::nullopt;
  return pairwise(*shared, header, header.rolling.bytes, audience.public_key().bytes);
}

}  // namespace waybill
