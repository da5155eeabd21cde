#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/target.h"

namespace waybill::test::fuzz {

/// main() of a program, under another name.
using Main = int(int, char**);

/// Runs a program's main() in this process, with what it prints taken away. Gives its status.
int run_quietly(Main& program, std::vector<std::string> words, std::string* printed = nullptr);

/// The words of an input: its lines, as a shell would hand them over.
std::vector<std::string> words_of(Bytes input);

/// Parses a command line without running anything: `--help` stands behind `command`, so that
/// whatever else is read ends with the help (status 0) or as wrong usage (2). Gives what is
/// printed.
std::string parse_command_line(Main& program, const std::string& name,
                               std::vector<std::string> command, Bytes input);

/// Reads an input as the file of settings of that program and command: it is taken, or refused with
/// file and line.
void read_settings_file(Main& program, std::vector<std::string> command, Bytes input);

}  // namespace waybill::test::fuzz
