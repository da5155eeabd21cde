// How long a revocation takes to reach the last of many followers: one real KDC on loopback, N
// followers that poll it as workers do, each with a state of its own. By hand:
//   waybill_followers_bench [FOLLOWERS] [ROUNDS] [SECONDS BETWEEN TWO POLLS]
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/integration/live_realm.h"
#include "ticket/adapters/http.h"
#include "ticket/exchange/feed_follower.h"

namespace waybill::test {
namespace {

using namespace std::chrono_literals;
using Ticks = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

/// What a worker keeps of the feed, without the disk.
class Follower {
 public:
  /// One look at the KDC. Throws when something is refused or nobody answers.
  void poll(HttpClient& http, const RealmDocument& realm, Time now) {
    for (;;) {
      const auto wanted = follower_.take_head(fetch(http, "head"), realm, now);
      if (!wanted) throw std::runtime_error(wanted.error().note);
      if (!*wanted) return;
      const auto segment = FeedSegment::decode(fetch(http, "segments/" + (*wanted)->path()));
      if (!segment) throw std::runtime_error(segment.error().note);
      const auto fresh = follower_.take_segment(*segment, realm, now);
      if (!fresh) throw std::runtime_error(fresh.error().note);
      for (const Revocation& entry : *fresh) revoked_.insert(entry.value);
    }
  }
  bool refuses(const std::string& workflow) const { return revoked_.contains(workflow); }

 private:
  static Buffer fetch(HttpClient& http, const std::string& path) {
    const HttpReply reply = http.get("/v1/feed/" + path);
    if (reply.status != 200) throw std::runtime_error(path + " " + std::to_string(reply.status));
    return copy_of(bytes_of(reply.body));
  }

  FeedFollower follower_;
  std::set<std::string> revoked_;
};

/// All followers, polled by a few threads, each follower at its own moments.
class Crowd {
 public:
  Crowd(std::size_t size, std::chrono::milliseconds every, const std::string& url,
        const RealmDocument& realm, const Clock& clock)
      : every_(every), http_(url, {.keep_alive = true}), realm_(realm), clock_(clock) {
    std::mt19937 random(2026);
    std::uniform_int_distribution<std::int64_t> spread(0, every.count());
    followers_.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
      due_.emplace(Ticks::now() + std::chrono::milliseconds(spread(random)), i);
    }
    for (int i = 0; i < 8; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Crowd() {
    ending_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void watch(const std::string& workflow) {
    const std::scoped_lock guard(lock_);
    workflow_ = workflow;
    refused_.assign(followers_.size(), {});
    left_ = followers_.size();
  }
  bool all_refuse() const { return left_ == 0; }
  std::vector<Ticks::time_point> refusals() {
    const std::scoped_lock guard(lock_);
    return refused_;
  }
  std::uint64_t polls() const { return polls_; }
  std::uint64_t failures() const { return failures_; }

 private:
  using Due = std::pair<Ticks::time_point, std::size_t>;

  void work() {
    while (!ending_) {
      std::unique_lock guard(lock_);
      if (due_.empty() || due_.top().first > Ticks::now()) {
        guard.unlock();
        std::this_thread::sleep_for(1ms);
        continue;
      }
      const std::size_t one = due_.top().second;
      due_.pop();
      guard.unlock();
      poll(one);
      guard.lock();
      due_.emplace(Ticks::now() + every_, one);
      if (refused_.empty() || refused_[one] != Ticks::time_point{}) continue;
      if (!followers_[one].refuses(workflow_)) continue;
      refused_[one] = Ticks::now();
      --left_;
    }
  }
  void poll(std::size_t one) {
    try {
      followers_[one].poll(http_, realm_, clock_.now());
      ++polls_;
    } catch (const std::exception& error) {
      if (++failures_ <= 3) std::cerr << "a poll failed: " << error.what() << "\n";
    }
  }

  const std::chrono::milliseconds every_;
  HttpClient http_;
  const RealmDocument& realm_;
  const Clock& clock_;
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> polls_{0}, failures_{0};
  std::mutex lock_;
  std::string workflow_;
  std::vector<Follower> followers_;
  std::vector<Ticks::time_point> refused_;
  std::atomic<std::size_t> left_{0};
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<std::thread> threads_;
};

// Seconds of CPU that the process has used.
double cpu_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), {});
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::vector<std::string> words{std::istream_iterator<std::string>(rest), {}};
  return (std::stod(words.at(11)) + std::stod(words.at(12))) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

double part(std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

int measure(std::size_t followers, int rounds, std::chrono::milliseconds every) {
  LiveRealm realm;
  const auto document = realm.client().fetch_realm();
  if (!document) throw std::runtime_error("no realm document");
  Crowd crowd(followers, every, "http://127.0.0.1:" + std::to_string(realm.kdc_port()), *document,
              realm.clock());
  std::this_thread::sleep_for(2 * every);
  std::vector<double> each, last, answered;
  const double cpu_before = cpu_of(realm.kdc().pid());
  const std::uint64_t polls_before = crowd.polls();
  const auto begun = Ticks::now();
  for (int round = 0; round < rounds; ++round) {
    const std::string workflow = "w-" + std::to_string(round);
    crowd.watch(workflow);
    const auto start = Ticks::now();
    realm.must("revoke", {{"kind", "workflow"}, {"value", workflow}});
    answered.push_back(Milliseconds(Ticks::now() - start).count());
    while (!crowd.all_refuse() && Ticks::now() - start < 60s) std::this_thread::sleep_for(5ms);
    double longest = 0;
    for (const auto moment : crowd.refusals()) {
      each.push_back(Milliseconds(moment - start).count());
      longest = std::max(longest, each.back());
    }
    last.push_back(longest);
  }
  const double seconds = std::chrono::duration<double>(Ticks::now() - begun).count();
  const double cpu = cpu_of(realm.kdc().pid()) - cpu_before;
  std::ranges::sort(each);
  std::ranges::sort(last);
  std::ranges::sort(answered);
  const auto polls = crowd.polls() - polls_before;
  std::cout << followers << " followers, a poll every " << every.count() << " ms, " << rounds
            << " revocations\n"
            << "  revoke answered        median " << part(answered, 0.5) << " ms\n"
            << "  a follower refuses     median " << part(each, 0.5) << " ms, p99 "
            << part(each, 0.99) << " ms\n"
            << "  the last one refuses   median " << part(last, 0.5) << " ms, p99 "
            << part(last, 0.99) << " ms\n"
            << "  KDC                    " << 100 * cpu / seconds << " % of a core, "
            << 1e6 * cpu / static_cast<double>(polls) << " us for each of " << polls << " polls, "
            << crowd.failures() << " polls failed\n";
  return crowd.failures() == 0 && crowd.all_refuse() ? 0 : 1;
}

}  // namespace
}  // namespace waybill::test

int main(int argc, char** argv) {
  try {
    const auto number = [&](int i, int usual) { return argc > i ? std::stoi(argv[i]) : usual; };
    return waybill::test::measure(static_cast<std::size_t>(number(1, 1000)), number(2, 20),
                                  std::chrono::milliseconds(1000 * number(3, 2)));
  } catch (const std::exception& error) {
    std::cerr << "waybill_followers_bench: " << error.what() << "\n";
    return 1;
  }
}
