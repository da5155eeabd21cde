#include <algorithm>

#include <nlohmann/json.hpp>

#include "tools/checkup.h"
#include "tools/commands.h"
#include "tools/table.h"

namespace waybill::tools {
namespace {

void print_json(Ui& ui, const std::vector<Finding>& findings) {
  auto rows = nlohmann::json::array();
  for (const Finding& finding : findings) {
    rows.push_back({{"check", finding.what},
                    {"verdict", name_of(finding.verdict)},
                    {"says", finding.says},
                    {"mend", finding.mend}});
  }
  ui.print_json(rows);
}

void print(Ui& ui, const std::vector<Finding>& findings) {
  constexpr std::size_t indent = 7;
  const std::size_t width = ui.look().data_width;
  const auto room = width > indent ? width - indent : std::string::npos;
  for (const Finding& finding : findings) {
    const std::string verdict(name_of(finding.verdict));
    const bool good = finding.verdict == Finding::Verdict::good;
    std::string mark =
        (good ? verdict : ui.strong(verdict)) + std::string(indent - verdict.size(), ' ');
    for (const std::string& line : wrapped(finding.what + ": " + finding.says, room)) {
      ui.print(mark + line);
      mark = std::string(indent, ' ');
    }
    // In one piece, so that it can be taken over.
    if (!finding.mend.empty()) ui.print(mark + "-> " + finding.mend);
  }
}

}  // namespace

Outcome<Done> doctor_main(Context& context, const Arguments& arguments) {
  CheckupWish wish;
  bool as_json = false;
  CommandLine line("waybill doctor", "Look for what is wrong on this machine, and say the mend.");
  line.list("--keytab", wish.keytabs, "FILE", "try this keytab too: it logs in")
      .list("--mirror", wish.mirrors, "FOLDER", "a worker's or trigger's mirror of the feed")
      .flag("--json", as_json, "as JSON");
  add_cache_option(line, wish.cache);
  line.note(
      "It looks at the realm file, the KDCs, the revocation feed, the clock and your tickets. A "
      "KDC's\nown store is checked by `waybill-kdc store check`, on its machine.");
  line.example("waybill doctor")
      .example("waybill doctor --keytab alice.keytab --mirror /var/lib/waybill-worker/mirror");
  CHECK_OK(line.parse(context.ui, arguments));

  const auto findings = check_up(context, wish);
  if (as_json) {
    print_json(context.ui, findings);
  } else {
    print(context.ui, findings);
  }
  const auto wrong = std::ranges::find(findings, Finding::Verdict::wrong, &Finding::verdict);
  if (wrong == findings.end()) return done();
  return Stop(wrong->exit, wrong->what + " needs a mend");
}

}  // namespace waybill::tools
