// How a host fares with a large revocation feed: a cold catch-up from a folder, what the mirror
// takes on disk and in memory, what a look-up costs. By hand:
//
//   waybill_mirror_bench [ENTRIES] [FOLDER]      # a million, in a folder that is removed
//   afterwards

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "ticket/wire/limits.h"

namespace waybill::test {
namespace {

namespace fs = std::filesystem;
using Clockwork = std::chrono::steady_clock;

double seconds_since(Clockwork::time_point start) {
  return std::chrono::duration<double>(Clockwork::now() - start).count();
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

// A line of /proc/self/status, in MiB.
double memory(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    if (word != name + ":") continue;
    double kib = 0;
    file >> kib;
    return kib / 1024;
  }
  return 0;
}

double mib(std::uintmax_t bytes) { return static_cast<double>(bytes) / (1024 * 1024); }

double on_disk(const fs::path& path) {
  struct stat info {};
  ::stat(path.c_str(), &info);
  return mib(static_cast<std::uintmax_t>(info.st_blocks) * 512);
}

/// Writes a feed of done work as a KDC would, a segment at a time.
class BigFeed {
 public:
  BigFeed(TestRealm& realm, fs::path folder, std::uint64_t entries)
      : realm_(realm), folder_(std::move(folder)), entries_(entries) {
    for (const char* level : {"0", "1"}) fs::create_directories(folder_ / level);
  }
  void write() {
    const std::uint64_t large = entries_ / limits::large_segment;
    const std::uint64_t small_from = large == 0 ? 0 : (large - 1) * limits::large_segment;
    std::vector<Buffer> window;
    std::vector<Buffer> smalls;
    for (std::uint64_t n = 1; n <= entries_; ++n) {
      Buffer wire = next();
      if (n > small_from) smalls.push_back(wire);
      window.push_back(std::move(wire));
      if (n > small_from && n % limits::small_segment == 0) cut({0, small_index(n), 0}, smalls);
      if (n % limits::large_segment == 0) cut({1, n / limits::large_segment - 1, 0}, window);
    }
    if (!smalls.empty()) cut({0, small_index(entries_), smalls.size()}, smalls);
    put("head", sign(noon));
  }

  std::vector<TicketId> some;  ///< of the entries
  std::uintmax_t bytes = 0;    ///< of the large segments

 private:
  static std::uint64_t small_index(std::uint64_t n) { return (n - 1) / limits::small_segment; }

  Buffer next() {
    const TicketId id = random_bytes<16>();
    if (++made_ % 1000 == 0) some.push_back(id);
    const Revocation entry{RevokedBy::completed,
                           value_of(id),
                           noon,
                           Revocation::for_ever,
                           noon + Seconds{8 * 86400},
                           ""};
    Buffer wire = entry.encode();
    last_ = {last_.sequence + 1, next_link(last_.link, wire)};
    return wire;
  }
  Buffer sign(Time time) const {
    return FeedHead{realm_.realm(), {}, last_, time, time + 5s}.sign(KeyId{1}, realm_.signer);
  }
  void cut(const SegmentName& name, std::vector<Buffer>& entries) {
    const FeedSegment segment{name.before(), std::move(entries), sign(noon)};
    const Buffer wire = segment.encode();
    if (name.level == 1) bytes += wire.size();
    put(name.path(), wire);
    entries.clear();
  }
  void put(const std::string& path, const Buffer& wire) const {
    std::ofstream(folder_ / path, std::ios::binary) << text_of(wire);
  }

  TestRealm& realm_;
  const fs::path folder_;
  const std::uint64_t entries_;
  FeedPosition last_;
  std::uint64_t made_ = 0;
};

void catch_up(FeedMirror& mirror, TestRealm& realm, const std::string& feed) {
  const auto source = open_feed(feed);
  const auto start = Clockwork::now();
  const double cpu = cpu_seconds();
  if (!mirror.follow(*source, realm.document)) std::abort();
  std::printf("cold catch-up        %8.1f s, of which CPU %.1f s\n", seconds_since(start),
              cpu_seconds() - cpu);
}

// Nanoseconds of CPU of one look-up of a workflow's ticket: eight keys, in one transaction.
double look_up(const FeedMirror& mirror, std::vector<Body>& bodies, bool expected) {
  const double start = cpu_seconds();
  for (const Body& body : bodies) {
    if (mirror.concerns(body) != expected) std::abort();
  }
  return (cpu_seconds() - start) * 1e9 / static_cast<double>(bodies.size());
}

void look_up_many(const FeedMirror& mirror, TestRealm& realm, const std::vector<TicketId>& some) {
  const Work work = work_of("invoice-report", "x");
  std::vector<Body> hits, misses;
  for (std::size_t i = 0; i < 100'000; ++i) {
    misses.push_back(realm.workflow_body("carol", "queue-alice", work));
    hits.push_back(misses.back());
    hits.back().id = some.at(i * 7919 % some.size());
  }
  for (const char* when : {"first", "again"}) {
    const double miss = look_up(mirror, misses, false);
    std::printf("look-up, %s       %8.0f ns when revoked, %.0f ns when not\n", when,
                look_up(mirror, hits, true), miss);
  }
}

int run(std::uint64_t entries, const fs::path& folder) {
  TestRealm realm;
  ManualClock clock;
  BigFeed feed(realm, folder / "feed", entries);
  const auto start = Clockwork::now();
  feed.write();
  std::printf("entries              %8" PRIu64 "\n", entries);
  std::printf("segments             %8.1f s to make, %.2f bytes an entry\n", seconds_since(start),
              static_cast<double>(feed.bytes) /
                  static_cast<double>(entries / limits::large_segment * limits::large_segment));

  FeedMirror::Options options;
  options.store.map_bytes = std::size_t{16} << 30;
  double most = 0;
  options.between = [&most] { most = std::max(most, memory("RssAnon")); };
  const double before = memory("RssAnon");
  {
    FeedMirror mirror(folder / "mirror", realm_file_of(realm), clock, options);
    catch_up(mirror, realm, (folder / "feed").string());
    std::printf("memory while at it   %8.0f MiB of its own at the most\n",
                std::max(most, memory("RssAnon")) - before);
  }
  std::printf("mirror on disk       %8.0f MiB\n", on_disk(folder / "mirror/store/data.mdb"));

  FeedMirror mirror(folder / "mirror", realm_file_of(realm), clock, options);
  if (mirror.count() != entries) std::abort();
  look_up_many(mirror, realm, feed.some);
  std::printf("mapped by look-ups   %8.0f MiB, shared by all processes\n", memory("RssFile"));
  return 0;
}

}  // namespace
}  // namespace waybill::test

int main(int count, char** words) {
  const std::uint64_t entries = count > 1 ? std::strtoull(words[1], nullptr, 10) : 1'000'000;
  if (entries < 2 * waybill::limits::large_segment) {
    std::fprintf(stderr, "waybill_mirror_bench: at least %" PRIu64 " entries\n",
                 2 * waybill::limits::large_segment);
    return 2;
  }
  const waybill::test::Scratch scratch;
  return waybill::test::run(entries, count > 2 ? words[2] : scratch.path());
}
