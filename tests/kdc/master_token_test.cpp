#include <boost/test/unit_test.hpp>

#include "kdc/backup.h"
#include "kdc/master_key.h"
#include "kdc/token_file.h"
#include "tests/kdc/test_kdc.h"
#include "tests/support/soft_token.h"
#include "ticket/adapters/files.h"

namespace waybill::test::master_token_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

struct Fixture : SoftToken {
  Scratch scratch;
  ManualClock clock;
  InitPlan plan{{scratch / "kdc"}, *Realm::parse("DEMO.TEST"), {"127.0.0.1", 8088}};
  const Folder& folder = plan.folder;
  fs::path next = folder.path / "master.token.next";
  const MasterHome in_token{address()};
  const MasterHome in_file{};

  Fixture() { make_token_key(TokenKey::parse(address())); }
  void init(const MasterHome& home) {
    plan.token = home.token;
    init_realm(plan, clock);
  }
  void rotate(const std::optional<MasterHome>& to) { rotate_master_key(folder, to, clock); }
  Buffer read(const fs::path& file) const { return read_file(file, 1 << 12); }
  void replace(const fs::path& file, Bytes bytes, mode_t mode) const {
    write_file_atomic(file, bytes, mode);
  }
  /// Whole under the one key that the folder keeps, there.
  void check_whole(MasterPlace place) const {
    const StoreReport report = check_store(folder);
    BOOST_TEST(report.faults.empty(), (report.faults.empty() ? "" : report.faults.front()));
    BOOST_TEST((master_place(folder) == place));
    BOOST_TEST(!fs::exists(next));
    BOOST_TEST(!fs::exists(folder.path / "master.key.next"));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_master_key_in_a_token, Fixture,
                         *boost::unit_test::precondition(SoftToken::is_here))

BOOST_AUTO_TEST_CASE(is_never_in_the_folder) {
  init(in_token);
  check_whole(MasterPlace::token);
  const Secret<32> key = read_master_key(folder);
  const std::string_view secret = text_of(key.expose());
  for (const auto& entry : fs::recursive_directory_iterator(folder.path)) {
    if (!entry.is_regular_file()) continue;
    const Buffer bytes = read_file(entry.path(), std::size_t{64} << 20);
    BOOST_TEST(text_of(bytes).find(secret) == std::string_view::npos, entry.path());
  }
  BOOST_TEST(mode_t(fs::status(folder.master_token()).permissions()) == 0600U);
}

BOOST_AUTO_TEST_CASE(is_changed_and_goes_into_the_token_and_out_of_it) {
  init(in_file);
  rotate(in_token);
  check_whole(MasterPlace::token);
  const Secret<32> first = read_master_key(folder);
  rotate({});
  check_whole(MasterPlace::token);
  BOOST_TEST((read_master_key(folder) != first));
  make_token_key(TokenKey::parse(address("second")));
  rotate(MasterHome{address("second")});
  check_whole(MasterPlace::token);
  rotate(in_file);
  check_whole(MasterPlace::file);
}

BOOST_AUTO_TEST_CASE(is_taken_when_the_process_died_after_the_commit) {
  init(in_file);
  const Buffer old_key = read(folder.master_key());
  const Buffer old_mark = read(folder.high_water());
  rotate(in_token);
  const Buffer key = read(folder.master_token());
  const Buffer mark = read(folder.high_water());
  struct State {
    const Buffer& mark;
    bool has_old_key;
  };
  for (const State& state : {State{old_mark, true}, {mark, true}, {mark, false}}) {
    fs::remove(folder.master_token());
    replace(next, key, 0600);
    replace(folder.high_water(), state.mark, 0600);
    if (state.has_old_key) replace(folder.master_key(), old_key, 0400);
    finish_master_rotation(folder);
    check_whole(MasterPlace::token);
  }
}

BOOST_AUTO_TEST_CASE(is_forgotten_when_the_process_died_before_the_commit) {
  init(in_file);
  replace(next, in_token.content(Secret<32>::random()).expose(), 0600);
  write_pin("000000");  // and nobody needs the token for it
  finish_master_rotation(folder);
  check_whole(MasterPlace::file);
}

BOOST_AUTO_TEST_CASE(is_not_changed_into_a_token_that_does_not_take_it) {
  init(in_file);
  BOOST_CHECK_THROW(rotate(MasterHome{address("none")}), TokenError);
  check_whole(MasterPlace::file);
}

BOOST_AUTO_TEST_CASE(makes_no_realm_when_the_token_refuses) {
  write_pin("000000");
  BOOST_CHECK_THROW(init(in_token), TokenError);
  BOOST_TEST(fs::is_empty(folder.path));
}

BOOST_AUTO_TEST_CASE(in_a_named_file_is_not_written_without_a_word) {
  init(in_file);
  fs::rename(folder.master_key(), scratch / "kept.key");
  const Folder named{folder.path, scratch / "kept.key"};
  BOOST_CHECK_THROW(rotate_master_key(named, {}, clock), FileError);
  const Buffer old = read(scratch / "kept.key");
  rotate_master_key(named, in_token, clock);
  check_whole(MasterPlace::token);
  BOOST_TEST((read(scratch / "kept.key") == old));
}

BOOST_AUTO_TEST_CASE(is_in_one_place) {
  init(in_token);
  create_file(folder.master_key(), read_master_key(folder).expose(), 0400);
  BOOST_CHECK_THROW(check_store(folder), FileError);
}

BOOST_AUTO_TEST_CASE(comes_back_with_a_backup_where_the_token_is) {
  init(in_token);
  back_up(folder, scratch / "backup");
  const Folder there{scratch / "there"};
  BOOST_TEST(restore(scratch / "backup", there).report.faults.empty());
  BOOST_TEST((master_place(there) == MasterPlace::token));
  rotate(in_file);  // backups from before are closed, and bring no second key
  BOOST_CHECK_THROW(restore(scratch / "backup", folder), StoreUnusable);
  BOOST_TEST(!fs::exists(folder.master_token()));
}

BOOST_AUTO_TEST_CASE(is_not_read_from_a_file_of_another_form) {
  init(in_token);
  const TokenFile file = TokenFile::load(folder.master_token());
  const std::string whole = file.print();
  for (const std::string& text :
       {std::string(), whole + "more = 1\n", whole.substr(0, whole.size() - 4) + "\"\n",
        whole.substr(0, whole.find("wrapped")), whole + "]"}) {
    replace(folder.master_token(), bytes_of(text), 0600);
    BOOST_CHECK_THROW(read_master_key(folder), FileError);
  }
  replace(folder.master_token(), bytes_of(whole), 0640);
  BOOST_CHECK_THROW(read_master_key(folder), FileError);
  replace(folder.master_token(), bytes_of(whole), 0600);
  check_whole(MasterPlace::token);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::master_token_test
