#include "ticket/adapters/help_page.h"

#include <memory>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>

#include "ticket/adapters/page.h"

namespace waybill {
namespace {

constexpr std::size_t name_column = 34;

/// CLI11's own, in a page's width.
class PageFormatter final : public CLI::Formatter {
 public:
  PageFormatter() { column_width(name_column); }

  std::string make_option_desc(const CLI::Option* option) const override {
    return filled(CLI::Formatter::make_option_desc(option), page_width - name_column);
  }
  std::string make_subcommand(const CLI::App* command) const override {
    std::ostringstream out;
    CLI::detail::format_help(out, command->get_name(),
                             filled(command->get_description(), page_width - name_column),
                             name_column);
    return out.str();
  }
  std::string make_footer(const CLI::App* app) const override {
    return filled(app->get_footer()) + "\n";
  }
};

}  // namespace

void fit_help(CLI::App& program) { program.formatter(std::make_shared<PageFormatter>()); }

}  // namespace waybill
