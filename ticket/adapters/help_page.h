#pragma once

namespace CLI {
class App;
}

namespace waybill {

/// Makes the help of a program, and of the commands that it is given from now on, fit a page
/// (ticket/adapters/page.h). Prose is filled; lines that begin with a blank stay as they are.
void fit_help(CLI::App& program);

}  // namespace waybill
