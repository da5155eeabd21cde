// What the embedded engine keeps of a run, the JSON of requests, settings and the command line of
// waybill-trigger.

#include <nlohmann/json.hpp>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/canonical.h"
#include "tests/fuzz/command_lines.h"
#include "tests/fuzz/door_targets.h"
#include "trigger/json_fields.h"
#include "trigger/run_record.h"

int waybill_trigger_main(int argc, char** argv);

namespace waybill::test::fuzz {
namespace {

using nlohmann::json;

trigger::Run some_run() {
  return {trigger::RunId{1},
          TicketId{2},
          "invoice-report-1",
          "invoice-report",
          "queue-alice",
          realm().principal("carol"),
          trigger::Status::queued,
          1,
          noon,
          noon + 60s,
          noon,
          noon + 1h,
          noon + 24h,
          std::nullopt,
          std::nullopt};
}

std::vector<Buffer> runs() {
  trigger::RunRecord running{some_run(), noon, trigger::LeaseId{3}, noon + 30s};
  trigger::RunRecord waiting{some_run(), noon, std::nullopt, Time{}};
  return {running.encode(), waiting.encode()};
}

// Records of before renewal are still read, so not all that decodes is of today's form.
void read_run(Bytes wire) {
  const auto read = trigger::RunRecord::decode(wire);
  if (!read) return;
  const Buffer today = read->encode();
  const auto again = trigger::RunRecord::decode(today);
  require(again && again->encode() == today, "a run is read as it is written");
}

// The strict reading of an object, against what the library makes of it.
void read_fields(Bytes input) {
  auto fields = trigger::JsonFields::parse(text_of(input));
  if (!fields) return;
  const json loose = json::parse(text_of(input), nullptr, false);
  require(loose.is_object() && loose.size() <= trigger::JsonFields::max_members,
          "what is read strictly is an object");
  for (const auto& [name, value] : loose.items()) {
    if (value.is_string()) {
      require(fields->text(name) == value.get<std::string>(), "a text is what it is");
    } else if (value.is_boolean()) {
      require(fields->boolean(name) == value.get<bool>(), "yes is yes");
    } else if (value.is_number_unsigned()) {
      require(fields->number(name, UINT64_MAX, 0) == value.get<std::uint64_t>(),
              "a number is what it is");
    } else {
      require(value.is_array(), "there is nothing but texts, numbers, yes and no, and lists");
      return;  // names, which may be refused
    }
  }
  require(bool(fields->finish()), "what was asked for is all there was");
}

constexpr std::string_view words_before[] = {"serve", ""};

void parse_words(Bytes input) {
  if (input.empty()) return;
  const std::string_view command = words_before[input.front() % 2];
  parse_command_line(
      waybill_trigger_main, "waybill-trigger",
      command.empty() ? std::vector<std::string>{} : std::vector{std::string(command)},
      input.subspan(1));
}

void read_settings(Bytes input) {
  read_settings_file(waybill_trigger_main, {"waybill-trigger", "serve"}, input);
}

}  // namespace

Targets trigger_record_targets() {
  return {
      {"a_run_record", runs, read_run},
      {"an_authority",
       [] {
         return std::vector<Buffer>{
             trigger::Authority{Buffer(60, 1), Buffer(40, 2), Buffer(104, 3), Digest{4}}.encode()};
       },
       is_canonical<trigger::Authority>},
      {"the_json_of_a_request",
       [] {
         return std::vector<Buffer>{
             text(R"({"workflow_type":"a","queue":"b","actions":["c","d"],"input":"AA=="})"),
             text(R"({"lease":"00","retry":true,"wait_seconds":30,"max":1})"), text("{}"),
             text(R"({"a":"\u00e4\ud83d\ude00"})")};
       },
       read_fields},
      {"words_for_waybill_trigger",
       [] {
         return std::vector<Buffer>{
             text(std::string(1, '\0') +
                  "--dir\nd\n--keytab\nk\n--listen\n127.0.0.1:1\n--lease\n30"),
             text("\1serve\n--engine\ntemporal\n--temporal-address\na:1\n--url\nhttp://a")};
       },
       parse_words},
      {"trigger_toml",
       [] {
         return std::vector<Buffer>{
             text("dir = \"d\"\nkeytab = \"k\"\nlisten = \"127.0.0.1:1\"\nlease = 60\n"
                  "feed = [\"http://a\", \"b\"]\ninsecure_allow_swap = true\n"),
             text("engine = \"temporal\"\nlog_level = \"error\"\n")};
       },
       read_settings},
  };
}

}  // namespace waybill::test::fuzz
