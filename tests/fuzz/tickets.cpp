// Tickets after a plan: made, signed and sealed with the real keys, then changed by somebody on the
// way, by an insider who can seal, or not at all. An audience takes what the KDC signed for it, in
// its time, and nothing else.

#include <algorithm>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/exchange/audience.h"
#include "ticket/exchange/renewal.h"
#include "ticket/wire/limits.h"

namespace waybill::test::fuzz {
namespace {

/// Some tickets under one signature, and the one that this is about.
struct Batch {
  std::vector<Pieces> all;
  std::size_t index = 0;
  Time signed_at{};

  Pieces& one() { return all[index]; }
  // The KDC signed this pair.
  bool has(Bytes header, Bytes body) const {
    return std::ranges::any_of(all, [&](const Pieces& p) {
      return equal(p.header.encode(), header) && equal(p.body.encode(), body);
    });
  }
};

Batch planned_batch(Plan& plan) {
  Batch batch;
  for (std::size_t n = 1 + plan.below(3); n > 0; --n) {
    Body body = planned_body(plan);
    while (body.audience.name() == krbtgt_name) body.audience = realm().principal("queue-alice");
    batch.all.push_back(realm().pieces(std::move(body)));
  }
  batch.index = plan.below(batch.all.size());
  batch.signed_at = plan.yes() ? batch.one().body.issued_at : planned_time(plan);
  realm().prove(batch.all, batch.signed_at);
  return batch;
}

Batch copy_of(const Batch& batch) {
  Batch out{{}, batch.index, batch.signed_at};
  for (const Pieces& p : batch.all) {
    out.all.push_back({p.header, p.body, p.session.duplicate(), p.proof, {}});
  }
  return out;
}

// What protocol 4 says of one that nobody has changed.
bool is_in_order(const Pieces& p, Time signed_at, Time now) {
  const auto& signer = realm().document.signers.front();
  const Seconds waited = signed_at - p.body.issued_at;
  return signed_at >= signer.from && signed_at < signer.until && waited <= limits::signing_window &&
         -waited <= limits::signing_window &&
         p.body.run_until - p.body.issued_at <= limits::max_ticket_life &&
         now + limits::clock_skew >= p.body.issued_at && now < p.body.run_until;
}

void check_accepted(const VerifiedTicket& ticket, const Batch& batch) {
  require(batch.has(ticket.header().encode(), ticket.body().encode()),
          "what is accepted was signed by the KDC, header and body");
  require(session_commitment(ticket.session()) == ticket.body().session,
          "the session key is the one that the body names");
  const Evidence evidence = ticket.evidence();
  require(bool(evidence.verify_proof(realm().document)), "its evidence verifies by itself");
  const auto again = Evidence::decode(evidence.encode());
  require(again && again->encode() == evidence.encode(), "its evidence is canonical");
}

// An insider: holds the pairwise key, and has no signature of the KDC's for what he likes.
Buffer resealed(Batch& batch, Plan& plan) {
  Pieces& p = batch.one();
  switch (plan.below(4)) {
    case 0: {  // any plaintext
      const Buffer other = batch.all.back().plaintext();
      return realm().seal_plaintext(p.header, changed(p.plaintext(), other, plan));
    }
    case 1:  // another body under the proof
      p.body = planned_body(plan);
      p.body.audience = realm().principal(p.header.audience);
      p.body.session = session_commitment(p.session);
      return realm().seal(p);
    case 2:  // another header
      if (plan.yes()) p.header.kvno = Kvno{plan.byte()};
      if (plan.yes()) p.header.key = KeyId{plan.byte()};
      if (plan.yes()) p.header.audience = plan.yes() ? "queue-alice" : "trigger/orders";
      return realm().seal(p);
    default:  // another proof
      if (plan.yes()) p.proof->index = plan.number();
      if (plan.yes()) p.proof->batch_time = planned_time(plan);
      if (plan.yes()) p.proof->path.resize(plan.below(limits::max_path + 1));
      if (plan.yes()) p.proof->signature[plan.below(64)] ^= plan.byte();
      return realm().seal(p);
  }
}

void offer_service_ticket(Bytes input) {
  Plan plan(input);
  Batch batch = planned_batch(plan);
  const Time now = planned_time(plan);
  const std::string name = batch.one().header.audience;
  Audience audience(realm().keytab(name), realm().document);
  const Buffer wire = realm().seal(batch.one());
  const auto accepted = audience.accept(wire, now);
  require(bool(accepted) == is_in_order(batch.one(), batch.signed_at, now),
          "a ticket that nobody changed is accepted in its time");
  if (accepted) check_accepted(*accepted, batch);
  if (!accepted) require(bool(audience.open(wire)), "its owner can look at it at any time");
  const Buffer other = realm().seal(batch.all.back());
  const Buffer on_the_way = changed(wire, other, plan);
  require(on_the_way == wire || on_the_way == other || !audience.accept(on_the_way, now),
          "a sealed ticket that was changed is refused");
  const Batch original = copy_of(batch);
  const Buffer inside = resealed(batch, plan);
  Audience at_other(realm().keytab(plan.yes() ? "queue-alice" : "trigger/orders"),
                    realm().document);
  for (Audience* one : {&audience, &at_other}) {
    const auto taken = one->accept(inside, now);
    if (!taken) continue;
    check_accepted(*taken, original);
    require(taken->body().audience == one->principal(), "an audience takes its own tickets");
  }
}

void offer_tgt(Bytes input) {
  Plan plan(input);
  Body body = planned_body(plan);
  body.audience = realm().krbtgt();
  const Pieces pieces = realm().pieces(std::move(body));
  const Time now = planned_time(plan);
  const auto take = [&](Bytes wire) -> Result<VerifiedTicket> {
    TRY(sealed, SealedTicket::parse(wire));
    TRY(opened, sealed.open(realm().tgt_key));
    return std::move(opened).verify_tgt(now);
  };
  const Buffer wire = realm().seal(pieces);
  const auto taken = take(wire);
  const bool in_time =
      now + limits::clock_skew >= pieces.body.issued_at && now < pieces.body.run_until;
  require(bool(taken) == in_time, "a TGT that nobody changed is accepted in its time");
  if (taken) require(taken->body().encode() == pieces.body.encode(), "it says what it said");
  const Buffer other = realm().seal(realm().pieces(realm().tgt_body("dave")));
  const Buffer on_the_way = changed(wire, other, plan);
  require(on_the_way == wire || on_the_way == other || !take(on_the_way),
          "a TGT that was changed is refused");
  const auto inside = take(
      realm().seal_plaintext(pieces.header, changed(pieces.plaintext(), pieces.plaintext(), plan)));
  if (inside) {
    require(session_commitment(inside->session()) == inside->body().session,
            "a TGT commits to its session key");
  }
}

// The members of `some` that are not among `all`.
bool has_more(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::ranges::any_of(some, [&](const auto& n) { return std::ranges::count(all, n) == 0; });
}

void compare_forms(Bytes input) {
  Plan plan(input);
  const Body before = planned_body(plan);
  Body after = plan.yes() ? before : planned_body(plan);
  if (plan.yes()) after.issued_at = planned_time(plan);
  if (plan.yes()) after.run_until = planned_time(plan);
  if (plan.yes()) after.actions = planned_names(plan, 4);
  if (plan.yes()) after.downstreams = planned_downstreams(plan);
  if (plan.yes()) after.flags = static_cast<std::uint32_t>(plan.below(flags::all + 1));
  require(before.run_until > before.renew_until || bool(check_renewal(before, before)),
          "a ticket is a form of itself");
  if (!check_renewal(before, after)) return;
  require(after.id == before.id && after.subject == before.subject &&
              after.audience == before.audience && after.work == before.work &&
              after.actors == before.actors && after.lineage == before.lineage,
          "a renewed ticket is of the same work, for the same people");
  require(!has_more(after.actions, before.actions) && (after.flags & ~before.flags) == 0,
          "a renewed ticket may do no more");
  require(after.run_until <= before.renew_until && after.renew_until <= before.renew_until,
          "a renewed ticket ends where it had to end");
}

}  // namespace

Targets ticket_targets() {
  return {{"a_service_ticket_made_and_changed", some_plans, offer_service_ticket},
          {"a_tgt_made_and_changed", some_plans, offer_tgt},
          {"two_forms_of_a_ticket", some_plans, compare_forms}};
}

}  // namespace waybill::test::fuzz
