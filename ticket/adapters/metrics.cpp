#include "ticket/adapters/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace waybill {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;

// From a lookup in memory to a client's patience, in seconds.
const Histogram::BucketBoundaries buckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                          0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                          1,      2.5,     5,      10,    60,     600};

constexpr std::array<const char*, 3> outcomes{"done", "refused", "failed"};  // as enumerated

prometheus::MetricFamily family_of(const Figure& figure) {
  prometheus::MetricFamily family;
  family.name = figure.name;
  family.help = figure.help;
  prometheus::ClientMetric metric;
  if (figure.kind == Figure::Kind::counter) {
    family.type = prometheus::MetricType::Counter;
    metric.counter.value = figure.value;
  } else {
    family.type = prometheus::MetricType::Gauge;
    metric.gauge.value = figure.value;
  }
  family.metric.push_back(std::move(metric));
  return family;
}

}  // namespace

struct Metrics::Parts {
  struct Row {
    std::array<Counter*, outcomes.size()> counts{};
    Histogram* seconds = nullptr;
  };

  Row& row(std::string_view operation) {
    {
      const std::shared_lock guard(lock);
      if (const auto found = rows.find(operation); found != rows.end()) return found->second;
    }
    const std::unique_lock guard(lock);
    const auto [place, is_new] = rows.try_emplace(std::string(operation));
    if (is_new) {
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        place->second.counts[i] =
            &operations.Add({{"operation", place->first}, {"outcome", outcomes[i]}});
      }
    }
    return place->second;
  }
  Counter& refusal(std::string_view operation, Errc code) {
    return refusals.Add({{"operation", std::string(operation)},
                         {"code", std::string(waybill::describe(code).name)}});
  }

  prometheus::Registry registry;
  Family<Counter>& operations = prometheus::BuildCounter()
                                    .Name("waybill_operations_total")
                                    .Help("What was asked for, by outcome.")
                                    .Register(registry);
  Family<Counter>& refusals = prometheus::BuildCounter()
                                  .Name("waybill_refusals_total")
                                  .Help("Refusals by code (specs/errors.md).")
                                  .Register(registry);
  Family<Histogram>& seconds = prometheus::BuildHistogram()
                                   .Name("waybill_operation_seconds")
                                   .Help("How long an operation took.")
                                   .Register(registry);
  Family<prometheus::Gauge>& build = prometheus::BuildGauge()
                                         .Name("waybill_build_info")
                                         .Help("Always 1: which program, of which version.")
                                         .Register(registry);
  std::shared_mutex lock;  // guards the map; rows stay where they are
  std::map<std::string, Row, std::less<>> rows;
};

Metrics::Metrics() : parts_(std::make_unique<Parts>()) {}
Metrics::~Metrics() = default;

void Metrics::describe(std::string_view program, std::span<const std::string_view> operations) {
  parts_->build.Add({{"program", std::string(program)}, {"version", WAYBILL_VERSION}}).Set(1);
  for (const std::string_view operation : operations) {
    parts_->row(operation).seconds =
        &parts_->seconds.Add({{"operation", std::string(operation)}}, buckets);
    for (const ErrorText& text : all_errors()) parts_->refusal(operation, text.code);
  }
}

void Metrics::count(std::string_view operation, Outcome outcome, Duration took) noexcept {
  try {
    const Parts::Row& row = parts_->row(operation);
    row.counts.at(static_cast<std::size_t>(outcome))->Increment();
    if (row.seconds != nullptr) row.seconds->Observe(std::chrono::duration<double>(took).count());
  } catch (...) {  // no memory for a number: the daemon's work is worth more
  }
}

void Metrics::count_refusal(std::string_view operation, Errc code) noexcept {
  try {
    parts_->refusal(operation, code).Increment();
  } catch (...) {  // as above
  }
}

std::string Metrics::text(std::span<const Figure> figures) const {
  std::vector<prometheus::MetricFamily> families = parts_->registry.Collect();
  for (const Figure& figure : figures) families.push_back(family_of(figure));
  return prometheus::TextSerializer().Serialize(families);
}

Metrics& metrics() {
  static Metrics only;
  return only;
}

}  // namespace waybill
