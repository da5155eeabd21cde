#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "kdc/store.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::store_damage_test {

using namespace waybill::kdc;

namespace {

struct Fixture : TestKdc {
  // Changes a stored record behind the KDC's back.
  void overwrite(const GuardedTable& table, Bytes key, Bytes stored) {
    WriteTxn txn(store.env());
    txn.put(table.table, key, stored);
    std::move(txn).commit();
  }
  Buffer stored(const GuardedTable& table, Bytes key) {
    return copy_of(ReadTxn(store.env()).get(table.table, key).value());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_store_that_somebody_wrote_into, Fixture)

BOOST_AUTO_TEST_CASE(refuses_a_record_with_any_byte_changed) {
  add_principal("carol");
  const GuardedTable& table = store.tables().principals;
  const Buffer good = stored(table, bytes_of("carol"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Buffer bad = good;
    bad[i] ^= 1U;
    overwrite(table, bytes_of("carol"), bad);
    BOOST_CHECK_THROW(store.view().principal("carol"), RecordDamaged);
  }
  overwrite(table, bytes_of("carol"), Bytes(good).first(good.size() - 1));
  BOOST_CHECK_THROW(store.view().principal("carol"), RecordDamaged);
  overwrite(table, bytes_of("carol"), Bytes(good).first(3));
  BOOST_CHECK_THROW(store.view().principals({}, 10), RecordDamaged);
  overwrite(table, bytes_of("carol"), good);
  BOOST_TEST(store.view().principal("carol").has_value());
}

BOOST_AUTO_TEST_CASE(refuses_a_good_record_under_another_key_or_in_another_table) {
  add_principal("carol");
  add_principal("mallory");
  const GuardedTable& principals = store.tables().principals;
  const Buffer mallory = stored(principals, bytes_of("mallory"));
  overwrite(principals, bytes_of("carol"), mallory);
  BOOST_CHECK_THROW(store.view().principal("carol"), RecordDamaged);
  overwrite(store.tables().queues, bytes_of("mallory"), mallory);
  BOOST_CHECK_THROW(store.view().queue("mallory"), RecordDamaged);
  BOOST_TEST(store.view().principal("mallory").has_value());
}

BOOST_AUTO_TEST_CASE(names_the_record_that_is_damaged) {
  add_principal("carol");
  overwrite(store.tables().principals, bytes_of("carol"), bytes_of("rubbish"));
  try {
    store.view().principal("carol");
    BOOST_FAIL("believed");
  } catch (const RecordDamaged& error) {
    const std::string_view text = error.what();
    BOOST_TEST(text.find("record carol in the table principals") != text.npos);
  }
}

BOOST_AUTO_TEST_CASE(finds_a_changed_record_in_every_table) {
  add_principal("carol");
  Body ticket = body("carol", "queue-alice");
  ticket.work = Work{"default", "invoice-1", "invoice-report", Digest{7}};
  BOOST_TEST(change([&](StoreChange& c, Fields&) {
               c.add_grant(
                   {0, GrantRecord::Holder::trigger, "trigger/orders", *Pattern::parse("queue-*")});
               c.put_ticket({Kind::service, ticket});
               c.revoke({RevokedBy::subject, "carol@DEMO.TEST", noon, noon, noon + 24h, ""});
               c.put_queue({"queue-alice", principal("alice"), false, noon});
               c.put_location({"trigger/orders", "http://127.0.0.1:8090", noon});
               c.put(store.tables().verdict_logs, bytes_of("queue-alice"), bytes_of("position"));
               return ok();
             }) == accepted);
  BOOST_TEST(store.check().damaged.empty());
  for (const GuardedTable& table : store.tables().all()) {
    Buffer key;
    Buffer value;
    visit_from(ReadTxn(store.env()), table.table, {}, [&](const Cursor::Entry& entry) {
      key = copy_of(entry.key);
      value = copy_of(entry.value);
      return false;
    });
    BOOST_TEST_CONTEXT(table.name) {
      BOOST_REQUIRE(!key.empty());
      Buffer bad = value;
      bad.back() ^= 1U;
      overwrite(table, key, bad);
      const auto damaged = store.check().damaged;
      BOOST_REQUIRE(damaged.size() == 1U);
      BOOST_TEST(damaged[0].starts_with(table.name));
      overwrite(table, key, value);
    }
  }
}

BOOST_AUTO_TEST_CASE(keeps_a_secret_wrapped_under_its_own_name) {
  const auto secret = random_bytes<32>();
  BOOST_TEST(change([&](StoreChange& c, Fields&) {
               c.put_secret("epoch/9", secret);
               return ok();
             }) == accepted);
  BOOST_TEST(equal(*store.view().secret("epoch/9"), secret));
  const GuardedTable& secrets = store.tables().secrets;
  const Buffer kept = stored(secrets, bytes_of("epoch/9"));
  BOOST_TEST((std::search(kept.begin(), kept.end(), secret.begin(), secret.end()) == kept.end()));
  BOOST_TEST(outcome(store.view().secret("epoch/10")) == Errc::not_found);
  // The same blob under another name, with a record MAC that is right: the wrap is bound to it.
  const Bytes wrapped = Bytes(kept).first(kept.size() - 32);
  overwrite(secrets, bytes_of("epoch/8"),
            store.guard().protect("secrets", bytes_of("epoch/8"), wrapped));
  BOOST_TEST(outcome(store.view().secret("epoch/8")) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_store_that_is_opened)

BOOST_AUTO_TEST_CASE(refuses_another_master_key) {
  const Scratch scratch;
  { const Store store(scratch / "store", MasterKey::random(), small_store(false)); }
  BOOST_CHECK_THROW(Store(scratch / "store", MasterKey::random(), small_store(false)),
                    StoreUnusable);
}

BOOST_AUTO_TEST_CASE(refuses_another_format_and_leaves_it_as_it_is) {
  for (const auto& [format, says] :
       {std::pair{Store::format + 1, "a newer waybill-kdc wrote it"},
        {Store::format - 1, "start `waybill-kdc serve`, which brings it up to date"},
        {std::uint64_t{0}, "only the version that wrote it reads it"}}) {
    const Scratch scratch;
    const Secret<32> master = Secret<32>::random();
    const RecordGuard guard(MasterKey(master.duplicate()));
    {  // as that version leaves it, with no table that this one knows but meta
      Env env(scratch / "store", {.map_bytes = small_map});
      const Table meta = env.open_table("meta");
      WriteTxn txn(env);
      const Bytes key = bytes_of("format");
      txn.put(meta, key, guard.protect("meta", key, Writer().uint(format).take()));
      std::move(txn).commit();
    }
    BOOST_CHECK_EXCEPTION(
        Store(scratch / "store", MasterKey(master.duplicate()), small_store(false)), StoreUnusable,
        [&says = says](const StoreUnusable& error) {
          return std::string_view(error.what()).find(says) != std::string_view::npos;
        });
    Env::Options only_read{.map_bytes = small_map};
    only_read.read_only = true;
    Env env(scratch / "store", only_read);
    BOOST_CHECK_THROW(env.open_table("secrets"), StoreError);
  }
}

BOOST_AUTO_TEST_CASE(has_what_was_put_in_before_it_was_closed) {
  const Scratch scratch;
  const Secret<32> master = Secret<32>::random();
  {
    Store store(scratch / "store", MasterKey(master.duplicate()), small_store(false));
    WriteTxn txn(store.env());
    StoreChange(store, txn).put_meta("note", bytes_of("kept"));
    std::move(txn).commit();
  }
  const Store store(scratch / "store", MasterKey(master.duplicate()), small_store(false));
  BOOST_TEST(text_of(store.view().meta("note").value()) == "kept");
}

BOOST_AUTO_TEST_CASE(is_empty_for_whoever_only_reads_and_that_is_said) {
  const Scratch scratch;
  Store::Options options = small_store(false);
  options.read_only = true;
  BOOST_CHECK_THROW(Store(scratch / "store", MasterKey::random(), options), StoreError);
}

// specs/storage.md, "Worked example".
BOOST_AUTO_TEST_CASE(keeps_a_record_as_its_worked_example_says) {
  FixedBytes<32> master;
  for (std::size_t i = 0; i < master.size(); ++i) master[i] = static_cast<std::uint8_t>(i);
  FixedBytes<32> key;
  key.fill(0x11);
  PrincipalRecord carol{
      *Principal::parse("carol@DEMO.TEST"), PrincipalKind::user, {}, {}, false, noon, {}};
  carol.add_key({key}, noon);
  const RecordGuard guard{MasterKey(Secret<32>::copy(master))};
  BOOST_TEST(to_hex(guard.protect("principals", bytes_of("carol"), carol.encode())) ==
             "97af6361726f6c4044454d4f2e5445535401919301c420111111111111111111111111111111111111111"
             "1111111111111111111111111ce6ab13b809000ce6ab13b800063253c6a54decd555ca1b3e5837e125c7"
             "0a4d285bbbd1f20b1294ea605d77071");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::store_damage_test
