#include <boost/test/unit_test.hpp>

#include "tests/support/mutator.h"
#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::mutation_test {
namespace {

using nlohmann::json;

// Twice for bodies (a submission's, a report's), twice for headers: 100,000 of each. The decoders
// below have their own (json_fields_test.cpp, tests/ticket/decoders_test.cpp).
constexpr int rounds = 50'000;

std::vector<Buffer> seeds_of(std::initializer_list<std::string> texts) {
  std::vector<Buffer> seeds;
  for (const std::string& text : texts) seeds.push_back(copy_of(bytes_of(text)));
  return seeds;
}

/// What the door said, by status; anything that is not a whole answer is a failure.
class Tally {
 public:
  void add(const HttpReply& reply) {
    ++statuses_[reply.status];
    const json body = json::parse(reply.body, nullptr, false);
    const bool whole = body.is_object() && (reply.status < 300 || body.contains("error"));
    if (!whole) ++broken_;
  }
  void check(std::initializer_list<int> expected) const {
    BOOST_TEST(broken_ == 0);
    for (const auto& [status, count] : statuses_) {
      BOOST_TEST((std::ranges::find(expected, status) != expected.end()),
                 status << " came " << count << " times");
    }
  }
  int count(int status) const {
    const auto found = statuses_.find(status);
    return found == statuses_.end() ? 0 : found->second;
  }

 private:
  std::map<int, int> statuses_;
  int broken_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_front_door_under_fire, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(starts_nothing_but_what_was_delegated) {
  Workshop shop;
  const Errand errand;
  const std::string header = Workshop::header(shop.delegation("carol", errand));
  const std::string body = body_of(errand).dump();
  const auto seeds =
      seeds_of({body, R"({"workflow_type":"a","queue":"b","actions":[],"input":""})"});
  Mutator mutator(1);
  Tally tally;
  for (int i = 0; i < rounds; ++i) {
    HttpRequest request =
        request_of("POST", "/v1/workflows", std::string(text_of(mutator.mutate(seeds))));
    request.headers["Content-Type"] = "application/json";
    request.headers["Authorization"] = header;
    tally.add(shop.api().answer(request));
  }
  tally.check({202, 400, 403, 413});
  BOOST_TEST(tally.count(202) > 0);  // white space, a run time, fewer actions
  BOOST_TEST(shop.engine().counts().open == 1U);
  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  BOOST_TEST((shop.opened(job).body().work->input == input_digest(bytes_of(errand.input))));
}

BOOST_AUTO_TEST_CASE(lets_no_changed_presentation_in) {
  Workshop shop;
  const std::string id = shop.submit("carol").text("workflow_id");
  HttpRequest get = request_of("GET", "/v1/workflows/" + id);
  const auto wire = [&](const std::string& header) { return *from_base64url(header.substr(8)); };
  const std::vector<Buffer> seeds{wire(shop.presented("carol", get)),
                                  wire(shop.presented("mallory", get)),
                                  shop.delegation("carol", Errand{})};
  Mutator mutator(2);
  Tally tally;
  int unchanged = 0;
  for (int i = 0; i < rounds; ++i) {
    const Buffer changed = mutator.mutate(seeds);
    if (std::ranges::find(seeds, changed) != seeds.end()) {
      ++unchanged;
      continue;
    }
    get.headers["Authorization"] = Workshop::header(changed);
    tally.add(shop.api().answer(get));
  }
  tally.check({401, 403});
  BOOST_TEST(unchanged < rounds / 10);
}

BOOST_AUTO_TEST_CASE(takes_no_changed_header_for_the_same) {
  Workshop shop;
  const std::string id = shop.submit("carol").text("workflow_id");
  HttpRequest get = request_of("GET", "/v1/workflows/" + id);
  const std::string good = shop.presented("carol", get);
  const auto seeds = seeds_of({good, "Waybill ", "Bearer abc", "Waybill AAAA"});
  Mutator mutator(3);
  Tally tally;
  for (int i = 0; i < rounds; ++i) {
    std::string changed(text_of(mutator.mutate(seeds)));
    if (changed == good) continue;
    get.headers["Authorization"] = std::move(changed);
    tally.add(shop.api().answer(get));
  }
  tally.check({401, 403});
  get.headers["Authorization"] = good;  // nobody used it up
  BOOST_TEST(shop.api().answer(get).status == 200);
}

// Bodies that the queue's own principal shows, so that they reach the handlers.
BOOST_AUTO_TEST_CASE(understands_no_changed_report) {
  Workshop shop;
  BOOST_TEST(shop.submit("carol").status == 202);
  const json job = shop.poll("queue-alice").body.at("jobs").at(0);
  const std::string run = "/v1/jobs/" + job.at("run_id").get<std::string>();
  const std::string lease = job.at("lease");
  const std::string stolen = to_base64(Buffer(100, 7));
  struct Row {
    std::string path;
    std::vector<Buffer> seeds;
  };
  const Row rows[] = {
      {"/v1/queues/queue-alice/poll", seeds_of({R"({"wait_seconds":0,"max":1})", "{}"})},
      {run + "/heartbeat", seeds_of({json{{"lease", lease}}.dump()})},
      {run + "/complete", seeds_of({json{{"lease", lease}, {"result", stolen}}.dump()})},
      {run + "/fail",
       seeds_of({json{{"lease", std::string(32, 'a')}, {"message", "m"}, {"retry", true}}.dump()})},
      {run + "/refuse",
       seeds_of({json{{"lease", std::string(32, 'a')}, {"code", "WB-POLICY"}, {"message", "m"}}
                     .dump()})},
  };
  Mutator mutator(4);
  Tally tally;
  shop.engine().end_waits();
  for (int i = 0; i < rounds; ++i) {
    const Row& row = rows[static_cast<std::size_t>(i) % std::size(rows)];
    HttpRequest request =
        request_of("POST", row.path, std::string(text_of(mutator.mutate(row.seeds))));
    request.headers["Authorization"] = shop.presented("queue-alice", request);
    tally.add(shop.api().answer(request));
  }
  tally.check({200, 400, 403, 409, 413});
  BOOST_TEST(shop.engine().describe(job.at("workflow_id").get<std::string>())->attempt == 1U);
  BOOST_TEST(shop.complete(job, "r").status == 200);
}

BOOST_AUTO_TEST_CASE(knows_its_paths_from_others) {
  Workshop shop;
  const auto seeds = seeds_of({"/v1/workflows", "/v1/workflows/w-1/result", "/v1/info",
                               "/v1/queues/queue-alice/poll", "/v1/jobs/00/complete"});
  Mutator mutator(5);
  Tally tally;
  for (int i = 0; i < rounds / 2; ++i) {
    const char* method = i % 2 == 0 ? "GET" : "POST";
    tally.add(shop.api().answer(request_of(method, std::string(text_of(mutator.mutate(seeds))))));
  }
  tally.check({200, 401, 404, 405});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::mutation_test
