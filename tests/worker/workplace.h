#pragma once

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/worker/desk.h"
#include "tests/worker/scripted_source.h"
#include "tests/worker/small_kdc.h"
#include "worker/dispatcher.h"

namespace waybill::test {

/// A whole worker, but for the daemon's main(): the scheduler is the test.
struct Workplace {
  Workplace() {
    ::signal(SIGPIPE, SIG_IGN);  // as Shutdown does
    clock.set(noon + 2s);
    BOOST_TEST(outcome(handlers.add("invoice-report=echo ran >>" + ran() + "; tr a-z A-Z")) ==
               accepted);
  }
  Desk desk;
  ManualClock& clock = desk.clock;
  SmallKdc kdc{desk.realm, desk.feed, clock};
  KdcClient client{kdc.realm_file(), clock};
  worker::RealmCache cache{desk.scratch / "realm.bin", client};
  FeedSync feed{desk.mirror, open_feeds(kdc.realm_file(), {}), clock};
  worker::Upkeep upkeep{{feed, cache, desk.audience, desk.revocations, desk.uses},
                        {.realm_at_most_every = 0ms}};
  ServicePrincipal self{client, desk.realm.keytab("queue-alice"), clock};
  worker::Renewer renewer{self};
  ScriptedSource source;
  worker::LeaseKeeper leases{source};
  worker::Handlers handlers;
  worker::Runner runner{clock, {.max_output = 4096, .grace = 200ms}};
  worker::Verdicts verdicts{desk.scratch / "verdicts.jsonl"};
  worker::Worker worker{{desk.verifier, desk.revocations, upkeep, handlers, runner, verdicts,
                         source, leases, renewer, clock}};

  std::string ran() const { return (desk.scratch / "ran").string(); }
  bool has_run() const { return std::filesystem::exists(ran()); }

  worker::LeasedJob leased(worker::Job job) {
    const std::string run = job.run_chain;
    return {{run, "00ff", 1s}, std::move(job)};
  }
  // What the file of verdicts says in the end.
  nlohmann::json last_record() const {
    std::ifstream file(desk.scratch / "verdicts.jsonl");
    nlohmann::json out;
    for (std::string line; std::getline(file, line);) out = nlohmann::json::parse(line);
    return out;
  }
  std::vector<std::string> recorded() const {
    std::ifstream file(desk.scratch / "verdicts.jsonl");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);)
      out.push_back(nlohmann::json::parse(line)["verdict"]);
    return out;
  }
};

}  // namespace waybill::test
