#pragma once

#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ticket/wire/clock.h"
#include "tools/outcome.h"

namespace waybill::tools {

/// How a command speaks: data on one stream (standard output), everything else on the other
/// (standard error, each line `waybill: …`). Colour only repeats what the words say.
class Ui {
 public:
  struct Look {
    bool terminal = false;  ///< messages go to a terminal: progress may be drawn
    bool colour = false;    ///< for messages
    bool data_colour = false;
    std::size_t data_width = 0;  ///< columns of the terminal that data goes to; 0: it goes to none
  };
  Ui(std::ostream& data, std::ostream& messages, Look look)
      : data_(data), messages_(messages), look_(look) {}
  Ui(const Ui&) = delete;
  Ui& operator=(const Ui&) = delete;

  /// What this process's streams are; `NO_COLOR` and `TERM=dumb` are honoured.
  static Look look_of_process();
  const Look& look() const { return look_; }

  /// One line of data, printed as it is: texts of others go through escaped() first.
  void print(std::string_view line);
  /// Data as it is, without a line end: a workflow's result.
  void print_raw(std::string_view bytes);
  /// Characters outside ASCII are written as \u…, so it is safe on a terminal.
  void print_json(const nlohmann::json& value);
  /// The same in one line, for streams of records.
  void print_json_line(const nlohmann::json& value);

  /// False when not all data could be written.
  bool flush();

  void say(std::string_view sentence);
  void hint(std::string_view sentence);
  /// `refused: WB-…  sentence` or `waybill: error: sentence`, and the hint.
  void fail(const Stop& stop);
  /// Overwrites the current line of a terminal; an empty text clears it. For Progress.
  void draw(std::string_view line);

  /// For data, and plain when that is not on a terminal.
  std::string strong(std::string_view text) const;
  std::string dim(std::string_view text) const;

 private:
  std::ostream& data_;
  std::ostream& messages_;
  const Look look_;
};

/// `2030-05-01 11:30:00 (in 7 h 58 min)`
std::string print_when(Time time, Time now);

/// What the environment says under that name; null when it says nothing or an empty text.
const char* from_environment(const char* name);

}  // namespace waybill::tools
