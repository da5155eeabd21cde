#include "tools/ui.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include <nlohmann/json.hpp>

#include "tools/text.h"

namespace waybill::tools {
namespace {

constexpr std::string_view bold = "1";
constexpr std::string_view faint = "2";
constexpr std::string_view red = "31";

std::string dressed(std::string_view text, std::string_view style, bool colour) {
  if (!colour) return std::string(text);
  return "\x1b[" + std::string(style) + "m" + std::string(text) + "\x1b[0m";
}

bool wants_colour() {
  const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return from_environment("NO_COLOR") == nullptr && !dumb;
}

std::size_t width_of_terminal() {
  constexpr std::size_t otherwise = 80;
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : otherwise;
}

std::string dumped(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

const char* from_environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr || *value == '\0' ? nullptr : value;
}

Stop::Stop(const Error& error, const std::string& detail)
    : exit(Exit::refused),
      sentence(describe(error.code).sentence),
      code(describe(error.code).name) {
  if (!detail.empty()) sentence += ": " + escaped(detail);
}

Ui::Look Ui::look_of_process() {
  const bool colour = wants_colour();
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool shown = ::isatty(STDOUT_FILENO) == 1;
  return {terminal, terminal && colour, shown && colour, shown ? width_of_terminal() : 0};
}

void Ui::print(std::string_view line) { data_ << line << '\n'; }

void Ui::print_raw(std::string_view bytes) {
  data_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void Ui::print_json(const nlohmann::json& value) { print(dumped(value, 2)); }

void Ui::print_json_line(const nlohmann::json& value) {
  print(dumped(value, -1));
  data_.flush();
}

bool Ui::flush() { return static_cast<bool>(data_.flush()); }

void Ui::say(std::string_view sentence) { messages_ << "waybill: " << sentence << std::endl; }

void Ui::hint(std::string_view sentence) { say("hint: " + std::string(sentence)); }

void Ui::fail(const Stop& stop) {
  data_.flush();
  if (!stop.code.empty()) {
    messages_ << dressed("refused:", red, look_.colour) << ' ' << stop.code << "  " << stop.sentence
              << std::endl;
  } else if (!stop.sentence.empty()) {
    say(dressed("error:", red, look_.colour) + " " + stop.sentence);
  }
  if (!stop.hint.empty()) hint(stop.hint);
}

void Ui::draw(std::string_view line) {
  if (look_.terminal) messages_ << "\r\x1b[K" << line << std::flush;
}

std::string Ui::strong(std::string_view text) const {
  return dressed(text, bold, look_.data_colour);
}

std::string Ui::dim(std::string_view text) const { return dressed(text, faint, look_.data_colour); }

std::string print_when(Time time, Time now) {
  return print_local(time) + " (" + print_relative(time, now) + ")";
}

}  // namespace waybill::tools
