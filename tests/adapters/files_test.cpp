#include "ticket/adapters/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "ticket/adapters/system_clock.h"

namespace waybill::test::files_test {

using waybill::test::Scratch;

namespace {

namespace fs = std::filesystem;

void make_file(const fs::path& path, mode_t mode, std::string_view text = "secret") {
  std::ofstream(path) << text;
  BOOST_REQUIRE(::chmod(path.c_str(), mode) == 0);
}

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  BOOST_REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

// What the FileError says, or "done".
std::string fault(const std::function<void()>& action) {
  try {
    action();
  } catch (const FileError& error) {
    return error.what();
  }
  return "done";
}

bool says(const std::string& sentence, std::string_view part) {
  if (sentence.find(part) != sentence.npos) return true;
  BOOST_TEST_MESSAGE("it says: " << sentence);
  return false;
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_secret_file)

BOOST_AUTO_TEST_CASE(is_read_when_only_its_owner_can) {
  const Scratch scratch;
  for (const mode_t mode : {0600U, 0400U, 0700U}) {
    make_file(scratch / "key", mode);
    BOOST_TEST(text_of(read_secret_file(scratch / "key").expose()) == "secret");
    fs::remove(scratch / "key");
  }
}

BOOST_AUTO_TEST_CASE(is_refused_when_others_have_any_right) {
  const Scratch scratch;
  const auto key = scratch / "key";
  make_file(key, 0600);
  for (const mode_t mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U, 0644U, 0777U}) {
    BOOST_REQUIRE(::chmod(key.c_str(), mode) == 0);
    BOOST_TEST(says(fault([&] { read_secret_file(key); }), "run: chmod 600 " + key.string()));
  }
}

BOOST_AUTO_TEST_CASE(is_refused_by_what_it_is) {
  const Scratch scratch;
  make_file(scratch / "key", 0600);
  fs::create_symlink(scratch / "key", scratch / "link");
  fs::create_symlink(scratch / "nowhere", scratch / "dangling");
  fs::create_directory(scratch / "folder");
  BOOST_REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  const struct {
    const char* name;
    const char* says;
  } rows[] = {
      {"link", "is a symbolic link"},   {"dangling", "is a symbolic link"},
      {"folder", "not a regular file"}, {"pipe", "not a regular file"},
      {"missing", "No such file"},      {"key/below", "Not a directory"},
  };
  for (const auto& row : rows) {
    BOOST_TEST_CONTEXT(row.name)
    BOOST_TEST(says(fault([&] { read_secret_file(scratch / row.name); }), row.says));
  }
  BOOST_TEST(says(fault([] { read_secret_file("/dev/zero"); }), "not a regular file"));
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_belongs_to_somebody_else) {
  if (::geteuid() != 0) return;  // only root can give a file away
  const Scratch scratch;
  make_file(scratch / "key", 0600);
  BOOST_REQUIRE(::chown((scratch / "key").c_str(), 12345, 0) == 0);
  BOOST_TEST(says(fault([&] { read_secret_file(scratch / "key"); }), "belongs to another user"));
}

BOOST_AUTO_TEST_CASE(is_refused_one_byte_over_its_limit) {
  const Scratch scratch;
  make_file(scratch / "key", 0600, "12345");
  BOOST_TEST(read_secret_file(scratch / "key", 5).size() == 5U);
  BOOST_TEST(says(fault([&] { read_secret_file(scratch / "key", 4); }), "larger than 4 bytes"));
}

BOOST_AUTO_TEST_CASE(leaves_no_bytes_in_a_buffer_that_was_moved_or_cut) {
  SecretBytes secret(4);
  std::ranges::fill(secret.writable(), std::uint8_t{7});
  const std::uint8_t* memory = secret.expose().data();
  secret.shrink(1);
  BOOST_TEST(memory[0] == 7);
  BOOST_TEST(memory[1] == 0);
  const SecretBytes moved(std::move(secret));
  BOOST_TEST(moved.expose().data() == memory);
  BOOST_TEST(secret.size() == 0U);  // NOLINT(bugprone-use-after-move): that is the point
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_file)

BOOST_AUTO_TEST_CASE(is_read_up_to_its_limit_and_through_links) {
  const Scratch scratch;
  make_file(scratch / "file", 0644, "12345");
  fs::create_symlink("file", scratch / "link");
  BOOST_TEST(read_file(scratch / "link", 5).size() == 5U);
  BOOST_TEST(says(fault([&] { read_file(scratch / "file", 4); }), "larger than 4 bytes"));
  BOOST_TEST(says(fault([&] { read_file(scratch.path(), 4); }), "not a regular file"));
}

BOOST_AUTO_TEST_CASE(is_replaced_whole_with_the_mode_that_was_asked) {
  const Scratch scratch;
  const auto path = scratch / "file";
  const mode_t before = ::umask(077);
  write_file_atomic(path, bytes_of("one"), 0644);
  ::umask(before);
  BOOST_TEST(mode_of(path) == 0644U);
  const int reader = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  write_file_atomic(path, bytes_of("two!"), 0600);
  BOOST_TEST(mode_of(path) == 0600U);
  BOOST_TEST(text_of(read_file(path, 100)) == "two!");
  char old[8] = {};
  BOOST_TEST(::read(reader, old, sizeof old) == 3);  // the old file was not touched
  ::close(reader);
  BOOST_TEST(entries(scratch.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(replaces_a_link_and_not_what_it_points_to) {
  const Scratch scratch;
  make_file(scratch / "victim", 0600, "victim");
  fs::create_symlink("victim", scratch / "link");
  write_file_atomic(scratch / "link", bytes_of("new"), 0600);
  BOOST_TEST(text_of(read_file(scratch / "victim", 100)) == "victim");
  BOOST_TEST(!fs::is_symlink(scratch / "link"));
}

BOOST_AUTO_TEST_CASE(leaves_nothing_behind_when_it_cannot_be_written) {
  const Scratch scratch;
  fs::create_directory(scratch / "taken");
  BOOST_TEST(says(fault([&] { write_file_atomic(scratch / "taken", bytes_of("x"), 0600); }),
                  "cannot replace"));
  BOOST_TEST(entries(scratch.path()) == 1U);
  BOOST_TEST(says(fault([&] { write_file_atomic(scratch / "no/file", bytes_of("x"), 0600); }),
                  "No such file"));
}

BOOST_AUTO_TEST_CASE(is_never_overwritten_by_create_file) {
  const Scratch scratch;
  create_file(scratch / "key", bytes_of("first"), 0600);
  BOOST_TEST(mode_of(scratch / "key") == 0600U);
  BOOST_TEST(says(fault([&] { create_file(scratch / "key", bytes_of("second"), 0600); }),
                  "exists already"));
  fs::create_symlink("nowhere", scratch / "dangling");
  BOOST_TEST(says(fault([&] { create_file(scratch / "dangling", bytes_of("x"), 0600); }),
                  "exists already"));
  BOOST_TEST(text_of(read_file(scratch / "key", 100)) == "first");
  BOOST_TEST(entries(scratch.path()) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_private_folder)

BOOST_AUTO_TEST_CASE(is_made_with_its_parents_and_found_again) {
  const Scratch scratch;
  make_private_folder(scratch / "a/b/c/");
  make_private_folder(scratch / "a/b/c");
  BOOST_TEST(mode_of(scratch / "a") == 0700U);
  BOOST_TEST(mode_of(scratch / "a/b/c") == 0700U);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_not_ours_alone) {
  const Scratch scratch;
  fs::create_directory(scratch / "open");
  BOOST_REQUIRE(::chmod((scratch / "open").c_str(), 0755) == 0);
  fs::create_directory_symlink("open", scratch / "link");
  make_file(scratch / "file", 0600);
  BOOST_TEST(says(fault([&] { make_private_folder(scratch / "open"); }), "run: chmod 700 "));
  BOOST_TEST(says(fault([&] { make_private_folder(scratch / "link"); }), "symbolic link"));
  BOOST_TEST(says(fault([&] { make_private_folder(scratch / "file"); }), "not a folder"));
}

BOOST_AUTO_TEST_CASE(is_held_by_one_lock_at_a_time) {
  const Scratch scratch;
  {
    const FolderLock first = lock_folder(scratch.path());
    BOOST_TEST(
        says(fault([&] { (void)lock_folder(scratch.path()); }), "in use by another process"));
    BOOST_TEST(!try_lock_folder(scratch.path()).has_value());
  }
  BOOST_TEST(try_lock_folder(scratch.path()).has_value());
  BOOST_TEST(fault([&] { (void)lock_folder(scratch.path()); }) == "done");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_system_clock)

BOOST_AUTO_TEST_CASE(agrees_with_the_system_to_the_second) {
  const SystemClock clock;
  const Scratch scratch;
  make_file(scratch / "now", 0600);
  struct stat info {};
  BOOST_REQUIRE(::stat((scratch / "now").c_str(), &info) == 0);
  BOOST_TEST(std::abs(clock.now().time_since_epoch().count() - info.st_mtime) <= 1);
}

BOOST_AUTO_TEST_CASE(knows_how_long_this_boot_lasts) {
  const SystemClock clock;
  const auto first = clock.uptime();
  BOOST_TEST_REQUIRE(first.has_value());
  BOOST_TEST((first->boot != FixedBytes<16>{}));
  BOOST_TEST(first->passed.count() > 0);
  const auto second = SystemClock().uptime();
  BOOST_TEST((second->boot == first->boot));
  BOOST_TEST((second->passed >= first->passed));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::files_test
