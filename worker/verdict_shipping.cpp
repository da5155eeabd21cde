#include "worker/verdict_shipping.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include <nlohmann/json.hpp>

#include "ticket/adapters/files.h"
#include "ticket/adapters/log.h"
#include "ticket/crypto.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/limits.h"
#include "worker/child.h"

namespace waybill::worker {
namespace {

using nlohmann::json;

constexpr std::size_t max_place = 256;
constexpr std::size_t lines_at_once = 256;
constexpr std::size_t max_text = 256;  // the KDC takes no longer one

// The KDC's word on the line: it would be the same the next time.
constexpr std::array final_words{Errc::malformed, Errc::limit_exceeded, Errc::wrong_audience,
                                 Errc::request_replayed, Errc::not_permitted};

std::optional<std::string> unix_seconds(const std::string& rfc3339) {
  std::tm parts{};
  if (::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr) return std::nullopt;
  return std::to_string(::timegm(&parts));
}

std::string text_in(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void add_text(Fields& fields, const char* name, const std::string& value) {
  if (!value.empty() && value.size() <= max_text) fields.add(name, value);
}

// In the KDC's names. Nothing for a line that no worker wrote.
std::optional<Operation> operation_of(const std::string& text, const std::string& log,
                                      std::uint64_t end) {
  const json line = json::parse(text, nullptr, false);
  if (!line.is_object()) return std::nullopt;
  const auto time = unix_seconds(text_in(line, "time"));
  if (!time) return std::nullopt;
  Fields fields{{"log", log},
                {"position", std::to_string(end)},
                {"time", *time},
                {"said", text_in(line, "event")},
                {"verdict", text_in(line, "verdict")}};
  for (const char* name : {"ticket", "workflow", "run", "detail"}) {
    add_text(fields, name, text_in(line, name));
  }
  if (line.contains("attempt") && line["attempt"].is_number_unsigned()) {
    fields.add("attempt", std::to_string(line["attempt"].get<std::uint64_t>()));
  }
  const auto stale = line.find("feed_was_stale");
  if (stale != line.end() && *stale == true) fields.add("feed_was_stale", "yes");
  if (const auto until = unix_seconds(text_in(line, "run_until"))) fields.add("run_until", *until);
  const auto actions = line.find("actions");
  if (actions != line.end() && actions->is_array()) {
    for (const json& action : *actions) {
      if (action.is_string()) fields.add("action", action.get<std::string>());
    }
  }
  return Operation{"verdict", fields.encode()};
}

bool is_over(const Answer& answer) {
  return !answer.refusal || std::ranges::find(final_words, *answer.refusal) != final_words.end();
}

}  // namespace

VerdictShipping::VerdictShipping(const std::filesystem::path& folder, ServicePrincipal& self,
                                 std::chrono::milliseconds retry)
    : file_(folder / "verdicts.jsonl"),
      place_(folder / "verdicts.cursor"),
      self_(self),
      retry_(retry) {}

// A file that is shorter than where we were is another one, as after it was rotated.
VerdictShipping::Cursor VerdictShipping::load(std::uint64_t size) const {
  Cursor cursor;
  if (std::filesystem::exists(place_)) {
    const std::string text(text_of(read_file(place_, max_place)));
    const json kept = json::parse(text, nullptr, false);
    if (kept.is_object()) {
      cursor.log = text_in(kept, "log");
      cursor.position = kept.value("position", std::uint64_t{0});
    }
  }
  if (fixed_from_hex<16>(cursor.log) && cursor.position <= size) return cursor;
  return {to_hex(random_bytes<16>()), 0};
}

void VerdictShipping::keep(const Cursor& cursor) const {
  const std::string text = json{{"log", cursor.log}, {"position", cursor.position}}.dump() + "\n";
  write_file_atomic(place_, bytes_of(text), 0600);
}

// Whole lines only: the last one may be half written.
std::vector<VerdictShipping::Line> VerdictShipping::next_lines(const Cursor& cursor) const {
  std::vector<Line> lines;
  std::ifstream in(file_, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(cursor.position));
  std::uint64_t end = cursor.position;
  for (std::string text; lines.size() < limits::max_requests && std::getline(in, text);) {
    if (in.eof()) break;
    end += text.size() + 1;
    lines.push_back({operation_of(text, cursor.log, end), end});
    if (!lines.back().operation) log_warning("verdict_unreadable", {{"position", end}});
  }
  return lines;
}

// False when the KDC did not take one of them; the cursor then stands before it.
bool VerdictShipping::hand_in(const std::vector<Line>& lines, Cursor& cursor) {
  std::vector<Operation> operations;
  for (const Line& line : lines) {
    if (line.operation) operations.push_back(*line.operation);
  }
  std::vector<Answer> answers;
  if (!operations.empty()) {
    auto called = self_.call(operations);
    if (!called) return false;
    answers = *std::move(called);
  }
  auto answer = answers.begin();
  for (const Line& line : lines) {
    if (line.operation) {
      if (answer == answers.end() || !is_over(*answer)) return false;
      if (answer->refusal) {
        log_warning("verdict_not_taken", {{"code", describe(*answer->refusal).name}});
      }
      ++answer;
    }
    cursor.position = line.end;
  }
  return true;
}

void VerdictShipping::ship() {
  if (std::chrono::steady_clock::now() < not_before_ || !std::filesystem::exists(file_)) return;
  // Workers may share a folder: one hands in for all, and the kernel ends its turn.
  const Descriptor turn(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!turn.is_open() || ::flock(turn.get(), LOCK_EX | LOCK_NB) != 0) return;
  Cursor cursor = load(std::filesystem::file_size(file_));
  for (std::size_t n = 0; n < lines_at_once; n += limits::max_requests) {
    const std::vector<Line> lines = next_lines(cursor);
    if (lines.empty()) return;
    if (cursor.position == 0) keep(cursor);  // its id, before the KDC hears of it
    const std::uint64_t before = cursor.position;
    bool taken = false;
    try {
      taken = hand_in(lines, cursor);
    } catch (const HttpError&) {  // a KDC that is away: the lines wait
    }
    if (cursor.position != before) keep(cursor);
    if (taken) continue;
    not_before_ = std::chrono::steady_clock::now() + retry_;
    return;
  }
}

}  // namespace waybill::worker
