// The audit chain, written out by hand: nothing here comes from the KDC.

#include <algorithm>

#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/records.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

using Number = std::uint64_t;

struct ChainRow {
  Number sequence;
  Buffer record;
  Digest link;
};
using Rows = std::vector<ChainRow>;

Buffer record_of(Number sequence, std::string_view what) {
  Writer out;
  out.array(5).uint(sequence).time(noon).str("event").uint(0);
  return out.array(1).array(2).str("what").str(what).take();
}

// Whoever has all of the chain and no signing key makes the links fit from `from` on.
void relink(Rows& rows, std::size_t from) {
  Digest at = from == 0 ? Digest{} : rows[from - 1].link;
  for (std::size_t i = from; i < rows.size(); ++i) {
    at = audit_link(at, rows[i].record);
    rows[i].link = at;
  }
}

Rows rows_of(Number count) {
  Rows rows;
  for (Number n = 1; n <= count; ++n) rows.push_back({n, record_of(n, std::to_string(n)), {}});
  relink(rows, 0);
  return rows;
}

class AuditMaker {
 public:
  std::string make();

 private:
  struct Statement {
    std::string_view kind = "audit checkpoint";
    std::string_view realm = "DEMO.TEST";
    Number sequence = 6;
    Time time = noon;
  };
  Buffer statement(const Statement& said) const;
  static Buffer checkpoint(Number signer, const Buffer& statement, const Signature& signature);
  Buffer checkpoint(const Statement& said) const;
  void record(std::string_view name, const Buffer& wire, Outcome expect);
  void checkpoint_case(std::string_view name, const Buffer& wire, Outcome expect);
  void chain(std::string_view name, const Rows& rows, const std::vector<Number>& checkpoints,
             std::string_view fault = {});
  void add_records();
  void add_checkpoints();
  void add_chains();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  const Rows six_ = rows_of(6);
  VectorText out_{
      "The audit chain: kind = record, kind = checkpoint, kind = chain. A row of a chain is its\n"
      "number, the record and the link after it; all checkpoints are good."};
};

Buffer AuditMaker::statement(const Statement& said) const {
  Writer out;
  out.array(5).str(said.kind).str(said.realm).uint(said.sequence).time(said.time);
  return out.bin(six_.at(said.sequence - 1).link).take();
}

Buffer AuditMaker::checkpoint(Number signer, const Buffer& statement, const Signature& signature) {
  return Writer().array(3).uint(signer).bin(statement).bin(signature).take();
}

Buffer AuditMaker::checkpoint(const Statement& said) const {
  const Buffer wire = statement(said);
  return checkpoint(1, wire, sign(realm_.signer, wire));
}

void AuditMaker::record(std::string_view name, const Buffer& wire, Outcome expect) {
  out_.begin(name).add("kind", "record").add("record", wire).expect(expect);
}

void AuditMaker::add_records() {
  const auto with = [](std::string_view event, auto fields) {
    Writer out;
    out.array(5).uint(1).time(noon).str(event).uint(24);
    fields(out);
    return out.take();
  };
  const auto fields =
      [&](std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
        return with("login", [&](Writer& out) {
          out.array(all.size());
          for (const auto& [name, value] : all) out.array(2).str(name).str(value);
        });
      };
  const Buffer good = fields({{"principal", "carol@DEMO.TEST"}, {"cause", "wrong_key"}});
  const auto facts = [&](Number count) {
    out_.add("sequence", Number{1}).add("time", noon).add("event", "login");
    out_.add("outcome", Number{24}).add("fields", count);
  };
  record("a record", good, accepted);
  facts(2);
  record("a record without fields", fields({}), accepted);
  facts(0);
  record("a list, and any text as a value", fields({{"action", "a"}, {"action", ""}, {"n", "="}}),
         accepted);
  facts(3);
  record("a record with a field twice", fields({{"n", "1"}, {"n", "1"}}), Errc::malformed);
  record("a record with a list in two places",
         fields({{"action", "a"}, {"n", ""}, {"action", "b"}}), Errc::malformed);
  record("a name of a field that is none", fields({{"a b", ""}}), Errc::bad_name);
  record("an event that is no name", with("log in", [](Writer& out) { out.array(0); }),
         Errc::bad_name);
  record("a record with a number for a value",
         with("login", [](Writer& out) { out.array(1).array(2).str("n").uint(1); }),
         Errc::malformed);
  record("129 fields",
         with("login",
              [](Writer& out) {
                out.array(129);
                for (int i = 0; i < 129; ++i) out.array(2).str("n" + std::to_string(i)).str("");
              }),
         Errc::limit_exceeded);
  record("a record with four elements",
         Writer().array(4).uint(1).time(noon).str("login").uint(0).take(), Errc::malformed);
  record("cut off", copy_of(Bytes(good).first(good.size() - 1)), Errc::malformed);
  Buffer longer = good;
  longer.insert(longer.begin() + 1, 0xcc);
  record("the sequence in a longer form", longer, Errc::not_canonical);
}

void AuditMaker::checkpoint_case(std::string_view name, const Buffer& wire, Outcome expect) {
  out_.begin(name).add("kind", "checkpoint").add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("realm_document", realm_.signed_document());
  out_.add("checkpoint", wire).expect(expect);
}

void AuditMaker::add_checkpoints() {
  const Buffer said = statement({});
  const Signature right = sign(realm_.signer, said);
  checkpoint_case("a checkpoint", checkpoint({}), accepted);
  out_.add("sequence", Number{6}).add("time", noon).add("link", Bytes(six_.back().link));
  Signature wrong = right;
  wrong[40] ^= 1;
  checkpoint_case("a checkpoint with a bit of its signature", checkpoint(1, said, wrong),
                  Errc::bad_proof);
  checkpoint_case("a checkpoint of another record",
                  checkpoint(1, statement({.sequence = 5}), right), Errc::bad_proof);
  checkpoint_case("a checkpoint signed by the root key",
                  checkpoint(1, said, sign(realm_.root, said)), Errc::bad_proof);
  checkpoint_case("a checkpoint of a signer that the realm does not name",
                  checkpoint(2, said, right), Errc::unknown_signer);
  checkpoint_case("a checkpoint from before its signer was valid",
                  checkpoint({.time = noon - 24h - 1s}), Errc::unknown_signer);
  checkpoint_case("a checkpoint of another realm", checkpoint({.realm = "OTHER.TEST"}),
                  Errc::wrong_realm);
  checkpoint_case("a statement of another kind", checkpoint({.kind = "feed head"}),
                  Errc::malformed);
  const Buffer good = checkpoint({});
  checkpoint_case("a checkpoint cut off", copy_of(Bytes(good).first(good.size() - 1)),
                  Errc::malformed);
}

void AuditMaker::chain(std::string_view name, const Rows& rows,
                       const std::vector<Number>& checkpoints, std::string_view fault) {
  out_.begin(name).add("kind", "chain").add("root_key", Bytes(realm_.root.public_key().bytes));
  out_.add("realm_document", realm_.signed_document());
  for (const Number n : checkpoints) out_.add("checkpoint", checkpoint({.sequence = n}));
  for (const ChainRow& row : rows) {
    out_.add("row",
             std::to_string(row.sequence) + " " + to_hex(row.record) + " " + to_hex(row.link));
  }
  if (!fault.empty()) {
    out_.add("fault", fault);
    return;
  }
  const Number reach = checkpoints.empty() ? 0 : std::ranges::max(checkpoints);
  out_.expect(accepted).add("verified", Number{rows.size()}).add("signed_until", reach);
}

void AuditMaker::add_chains() {
  chain("a chain", six_, {6});
  chain("a chain that goes on after its checkpoint", six_, {2, 4});
  chain("a chain that nobody has signed", six_, {});
  chain("no records", {}, {});
  const auto bad = [&](std::string_view name, std::string_view fault, auto change,
                       const std::vector<Number>& checkpoints = {6}) {
    Rows rows = six_;
    change(rows);
    chain(name, rows, checkpoints, fault);
  };
  bad("a byte of a record", "changed 3", [](Rows& r) { r[2].record.back() ^= 1; });
  bad("a link", "changed 3", [](Rows& r) { r[2].link[0] ^= 1; });
  bad("a number", "changed 3", [](Rows& r) { r[2].sequence = 9; });
  bad("a record twice", "changed 4", [](Rows& r) { r.insert(r.begin() + 3, r[2]); });
  bad("a record that does not decode", "changed 2", [](Rows& r) { r[1].record.pop_back(); });
  bad("a record gone", "dropped 3", [](Rows& r) { r.erase(r.begin() + 2); });
  bad("the first record gone", "dropped 1", [](Rows& r) { r.erase(r.begin()); });
  bad("two records exchanged", "reordered 3", [](Rows& r) { std::swap(r[2], r[3]); });
  bad("the end gone", "truncated 5", [](Rows& r) { r.resize(4); });
  bad("everything gone", "truncated 1", [](Rows& r) { r.clear(); });
  const auto forge = [](Rows& r) {
    r[3].record = record_of(4, "forged");
    relink(r, 3);
  };
  bad("a record changed, and the links made to fit", "contradicted 6 0", forge);
  bad("the same between two checkpoints", "contradicted 5 2", forge, {2, 5});
  bad("a record gone, the others renumbered, and the links made to fit", "truncated 6",
      [](Rows& r) {
        r.erase(r.begin() + 3);
        for (std::size_t i = 3; i < r.size(); ++i) {
          r[i] = {i + 1, record_of(i + 1, std::to_string(i + 2)), {}};
        }
        relink(r, 3);
      });
}

std::string AuditMaker::make() {
  add_records();
  add_checkpoints();
  add_chains();
  return out_.take();
}

}  // namespace

std::string make_audit_vectors() { return AuditMaker().make(); }

}  // namespace waybill::test
