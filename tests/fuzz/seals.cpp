// What is sealed, MACed or signed by itself: payloads, records, realm documents, batches. It opens
// where it was made for, as it was made.

#include <algorithm>
#include <tuple>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/payload.h"
#include "ticket/records.h"

namespace waybill::test::fuzz {
namespace {

const SessionKey& session() {
  static const SessionKey key(Secret<32>::copy(FixedBytes<32>{7}));
  return key;
}

InputBinding planned_input(Plan& plan) {
  return {plan.text(3), plan.text(3), plan.text(3), plan.text(3)};
}
ResultBinding planned_result(Plan& plan) {
  return {TicketId{plan.byte()}, plan.text(3), plan.text(3)};
}
auto tied(const InputBinding& b) {
  return std::tie(b.space, b.queue, b.workflow_type, b.workflow_id);
}
auto tied(const ResultBinding& b) { return std::tie(b.ticket, b.workflow_id, b.run_chain); }

template <class Binding>
void carry(Plan& plan, Binding (*planned)(Plan&), auto seal_it, auto open_it) {
  const Binding here = planned(plan), there = planned(plan);
  const Buffer payload = plan.bytes(200);
  const Buffer sealed = seal_it(session(), here, payload);
  const auto opened = open_it(session(), here, sealed);
  require(opened && *opened == payload, "a payload opens where it belongs");
  require(tied(here) == tied(there) || !open_it(session(), there, sealed),
          "a payload opens nowhere else");
  const Buffer sealed_there = seal_it(session(), there, payload);
  const Buffer on_the_way = changed(sealed, sealed_there, plan);
  require(
      on_the_way == sealed || on_the_way == sealed_there || !open_it(session(), here, on_the_way),
      "a payload that was changed is refused");
  const SessionKey other(Secret<32>::copy(FixedBytes<32>{8}));
  require(!open_it(other, here, sealed), "another ticket's key opens nothing");
}

void carry_payload(Bytes input) {
  Plan plan(input);
  if (plan.yes()) {
    carry<InputBinding>(plan, planned_input, seal_input, open_input);
  } else {
    carry<ResultBinding>(plan, planned_result, seal_result, open_result);
  }
}

void keep_record(Bytes input) {
  Plan plan(input);
  static const RecordGuard guard(MasterKey(Secret<32>::copy(FixedBytes<32>{9})));
  const std::string table = plan.text(4), other_table = plan.text(4);
  const Buffer key = plan.bytes(8), other_key = plan.bytes(8), value = plan.bytes(100);
  const Buffer stored = guard.protect(table, key, value);
  const auto read = guard.check(table, key, stored);
  require(read && equal(*read, value), "a record is read as it was kept");
  require(
      (table == other_table && key == other_key) || !guard.check(other_table, other_key, stored),
      "a record is believed in its own place alone");
  const Buffer on_disk = changed(stored, key, plan);
  require(on_disk == stored || !guard.check(table, key, on_disk), "a changed record is refused");
  const Buffer wrapped = guard.wrap(table, value);
  const auto secret = guard.unwrap(table, wrapped);
  require(secret && equal(*secret, value), "a secret is unwrapped under its name");
  require(table == other_table || !guard.unwrap(other_table, wrapped), "and under no other");
  const Buffer changed_wrap = changed(wrapped, stored, plan);
  require(changed_wrap == wrapped || !guard.unwrap(table, changed_wrap),
          "a changed secret is refused");
}

RealmDocument planned_document(Plan& plan) {
  RealmDocument out{
      realm().realm(), Digest{plan.byte()}, plan.number(), planned_time(plan), {}, {}};
  const std::size_t keys = plan.below(4);
  for (std::uint32_t id = 1; id <= keys; ++id) {
    out.epochs.push_back(
        {KeyId{id}, EpochPublic{Digest{plan.byte()}}, planned_time(plan), planned_time(plan)});
    out.signers.push_back(
        {KeyId{id}, KdcPublic{Digest{plan.byte()}}, planned_time(plan), planned_time(plan)});
  }
  return out;
}

void publish_document(Bytes input) {
  Plan plan(input);
  const RealmDocument document = planned_document(plan);
  const Buffer wire = document.sign(realm().root);
  const auto parse = [](Bytes bytes) {
    return RealmDocument::parse(bytes, realm().realm(), realm().root.public_key());
  };
  const auto read = parse(wire);
  require(read && read->sign(realm().root) == wire, "a realm document is read as it was signed");
  const Time now = planned_time(plan);
  if (const auto* epoch = read->epoch_at(now)) {
    require(epoch->from <= now && now < epoch->until, "an epoch is open in its time");
    for (const auto& other : read->epochs) {
      require(other.from > now || now >= other.until || number(other.id) <= number(epoch->id),
              "the newest open epoch is taken");
    }
  }
  const Buffer other = planned_document(plan).sign(realm().root);
  const Buffer on_the_way = changed(wire, other, plan);
  require(on_the_way == wire || on_the_way == other || !parse(on_the_way),
          "a realm document that was changed is refused");
}

void prove_leaf(Bytes input) {
  Plan plan(input);
  std::vector<Digest> leaves;
  for (std::size_t n = 1 + plan.below(40); n > 0; --n)
    leaves.push_back(batch_leaf(plan.bytes(3), plan.bytes(3)));
  const std::size_t index = plan.below(leaves.size());
  const Digest leaf = leaves[index];
  const BatchTree tree(leaves);
  std::vector<Digest> path = tree.path(index);
  require(batch_root(leaf, index, path) == tree.root(), "a leaf's path leads to the root");
  const Proof proof{noon, index, path, Signature{}};
  Writer out;
  proof.write(out);
  const Buffer wire = out.take();
  Reader in(wire, wire.size());
  const auto read = Proof::read(in);
  require(in.finish() && read && read->index == index && read->path == path,
          "a proof is read back");
  const Digest other = batch_leaf(plan.bytes(3), plan.bytes(3));
  require(std::ranges::count(leaves, other) > 0 || batch_root(other, index, path) != tree.root(),
          "no other leaf is under the root");
  const std::size_t elsewhere = plan.below(std::size_t{1} << path.size());
  require(elsewhere == index || batch_root(leaf, elsewhere, path) != tree.root() ||
              (elsewhere < leaves.size() && leaves[elsewhere] == leaf),
          "a leaf is in its own place alone");
  if (path.empty()) return;
  path[plan.below(path.size())][plan.below(32)] ^= static_cast<std::uint8_t>(1 + plan.below(255));
  require(batch_root(leaf, index, path) != tree.root(), "a path that was changed leads elsewhere");
}

}  // namespace

Targets seal_targets() {
  return {{"a_payload_made_and_changed", some_plans, carry_payload},
          {"a_record_kept_and_changed", some_plans, keep_record},
          {"a_realm_document_made_and_changed", some_plans, publish_document},
          {"a_leaf_of_a_batch", some_plans, prove_leaf}};
}

}  // namespace waybill::test::fuzz
