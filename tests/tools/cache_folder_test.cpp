#include "tools/cache_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "tests/support/test_realm.h"
#include "ticket/adapters/files.h"

namespace waybill::test::cache_folder_test {

using namespace tools;
namespace {

namespace fs = std::filesystem;
using test::noon;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  BOOST_REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

struct Fixture {
  test::Scratch scratch;
  test::TestRealm realm;
  fs::path path = scratch / "cache";
  CacheFolder folder = CacheFolder::chosen(path.string());

  CredentialCache cache_of(const char* name) {
    CredentialCache cache(realm.principal(name), random_bytes<16>(), 7);
    cache.store("krbtgt", realm.tgt(realm.tgt_body(name)));
    return cache;
  }
  void keep(const char* name) {
    folder.save(cache_of(name));
    folder.make_current(realm.principal(name));
  }
  fs::path file(const char* name) const { return path / name; }
};

bool is_refused(const CacheFolder& folder) {
  try {
    (void)folder.current();
  } catch (const FileError& error) {
    BOOST_TEST_MESSAGE(error.what());
    return true;
  }
  return false;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_cache_folder, Fixture)

BOOST_AUTO_TEST_CASE(is_not_made_by_looking) {
  BOOST_TEST(!folder.current().has_value());
  BOOST_TEST(folder.all().empty());
  BOOST_TEST(!folder.forget_current());
  BOOST_TEST(folder.forget_all() == 0U);
  BOOST_TEST(!fs::exists(path));
}

BOOST_AUTO_TEST_CASE(is_for_its_owner_alone_whatever_the_umask) {
  const mode_t before = ::umask(0);
  keep("carol");
  ::umask(before);
  BOOST_TEST(mode_of(path) == 0700U);
  BOOST_TEST(mode_of(file("carol@DEMO.TEST.cache")) == 0600U);
  BOOST_TEST(mode_of(file("current")) == 0600U);
}

BOOST_AUTO_TEST_CASE(gives_back_what_it_keeps) {
  keep("carol");
  const auto cache = folder.current();
  BOOST_TEST_REQUIRE(cache.has_value());
  BOOST_TEST(cache->principal().text() == "carol@DEMO.TEST");
  BOOST_TEST(cache->realm_serial == 7U);
  BOOST_TEST((cache->tgt() != nullptr));
}

BOOST_AUTO_TEST_CASE(has_a_file_for_each_principal_and_one_that_is_current) {
  keep("carol");
  keep("trigger/orders");
  BOOST_TEST(folder.all().size() == 2U);
  BOOST_TEST(folder.current()->principal().name() == "trigger/orders");
  BOOST_TEST(fs::exists(file("trigger+orders@DEMO.TEST.cache")));
  folder.make_current(realm.principal("carol"));
  BOOST_TEST(folder.current()->principal().name() == "carol");
}

BOOST_AUTO_TEST_CASE(replaces_a_file_as_a_whole_and_leaves_nothing_beside_it) {
  keep("carol");
  const int before = ::open(file("carol@DEMO.TEST.cache").c_str(), O_RDONLY);
  for (int i = 0; i < 20; ++i) keep("carol");
  struct stat old {
  }, now{};
  BOOST_REQUIRE(::fstat(before, &old) == 0);
  BOOST_REQUIRE(::stat(file("carol@DEMO.TEST.cache").c_str(), &now) == 0);
  BOOST_TEST(old.st_ino != now.st_ino);  // a new file took the name; nobody sees a half of one
  ::close(before);
  BOOST_TEST(std::distance(fs::directory_iterator(path), {}) == 2);
}

BOOST_AUTO_TEST_CASE(forgets_the_current_principal_or_all) {
  keep("alice");
  keep("carol");
  BOOST_TEST(folder.forget_current());
  BOOST_TEST(!folder.current().has_value());
  BOOST_TEST(folder.all().size() == 1U);
  BOOST_TEST(!folder.forget_current());
  BOOST_TEST(folder.forget_all() == 1U);
  BOOST_TEST(fs::is_empty(path));
}

BOOST_AUTO_TEST_CASE(is_refused_when_others_may_look_into_it) {
  keep("carol");
  for (const mode_t mode : {0701U, 0710U, 0755U, 0777U}) {
    ::chmod(path.c_str(), mode);
    BOOST_TEST(is_refused(folder), mode);
  }
  ::chmod(path.c_str(), 0700);
  BOOST_TEST(!is_refused(folder));
}

BOOST_AUTO_TEST_CASE(is_refused_when_others_may_read_a_file_of_it) {
  keep("carol");
  for (const mode_t mode : {0604U, 0640U, 0644U, 0666U}) {
    ::chmod(file("carol@DEMO.TEST.cache").c_str(), mode);
    BOOST_TEST(is_refused(folder), mode);
  }
  ::chmod(file("carol@DEMO.TEST.cache").c_str(), 0600);
  ::chmod(file("current").c_str(), 0644);
  BOOST_TEST(is_refused(folder));
}

BOOST_AUTO_TEST_CASE(is_refused_as_a_link) {
  keep("carol");
  fs::create_directory_symlink(path, scratch / "link");
  BOOST_TEST(is_refused(CacheFolder::chosen((scratch / "link").string())));
  fs::rename(file("carol@DEMO.TEST.cache"), scratch / "elsewhere");
  fs::create_symlink(scratch / "elsewhere", file("carol@DEMO.TEST.cache"));
  BOOST_TEST(is_refused(folder));
}

BOOST_AUTO_TEST_CASE(is_refused_as_a_file) {
  write_file_atomic(path, bytes_of("x"), 0600);
  BOOST_TEST(is_refused(folder));
}

BOOST_AUTO_TEST_CASE(is_refused_when_a_file_is_damaged_or_somebody_elses) {
  keep("carol");
  write_file_atomic(file("carol@DEMO.TEST.cache"), cache_of("alice").encode(), 0600);
  BOOST_TEST(is_refused(folder));
  write_file_atomic(file("carol@DEMO.TEST.cache"), bytes_of("\x96"), 0600);
  BOOST_TEST(is_refused(folder));
  BOOST_TEST(folder.forget_all() == 1U);  // what is damaged can be forgotten
}

BOOST_AUTO_TEST_CASE(has_nobody_when_current_names_nobody) {
  keep("carol");
  write_file_atomic(file("current"), bytes_of("../../etc/passwd"), 0600);
  BOOST_TEST(!folder.current().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_place_of_the_cache)

BOOST_AUTO_TEST_CASE(is_the_option_the_environment_the_runtime_folder_or_tmp) {
  ::setenv("WAYBILL_CACHE", "/named", 1);
  ::setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
  BOOST_TEST(CacheFolder::chosen("/option").path().string() == "/option");
  BOOST_TEST(CacheFolder::chosen({}).path().string() == "/named");
  ::unsetenv("WAYBILL_CACHE");
  BOOST_TEST(CacheFolder::chosen({}).path().string() == "/run/user/7/waybill/cache");
  ::unsetenv("XDG_RUNTIME_DIR");
  BOOST_TEST(CacheFolder::chosen({}).path().string() ==
             "/tmp/waybill-" + std::to_string(::getuid()) + "/cache");
}

BOOST_AUTO_TEST_CASE(has_a_parent_that_is_ours_alone_too) {
  const test::Scratch runtime;
  ::setenv("XDG_RUNTIME_DIR", runtime.path().c_str(), 1);
  test::TestRealm realm;
  const CacheFolder folder = CacheFolder::chosen({});
  folder.save(CredentialCache(realm.principal("carol"), {}, 0));
  BOOST_TEST(mode_of(runtime / "waybill") == 0700U);
  ::chmod((runtime / "waybill").c_str(), 0777);  // somebody could put another cache there
  BOOST_TEST(is_refused(folder));
  ::unsetenv("XDG_RUNTIME_DIR");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::cache_folder_test
