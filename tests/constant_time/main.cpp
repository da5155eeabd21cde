#include <valgrind/valgrind.h>

#include <iostream>
#include <string_view>

#include "tests/constant_time/hidden.h"
#include "tests/constant_time/subjects.h"
#include "ticket/secret.h"

// waybill_constant_time --list: the subjects, a line each: what it must be (clean or reported), its
//   name, and the function that memcheck must name.
// waybill_constant_time SUBJECT [--early-exit]: one of them, under valgrind (run.sh).

namespace {

using namespace waybill::test;

void print(std::span<const Subject> subjects) {
  for (const Subject& s : subjects) {
    std::cout << "clean " << s.name << "\n";
    if (!s.compares_in.empty()) {
      std::cout << "reported " << s.name << " " << s.compares_in << " --early-exit\n";
    }
  }
}

const Subject* find(std::string_view name) {
  for (const auto& subjects :
       {ticket_subjects(), exchange_subjects(), login_subjects(), controls()}) {
    for (const Subject& s : subjects) {
      if (s.name == name) return &s;
    }
  }
  return nullptr;
}

int list() {
  for (const auto& subjects : {ticket_subjects(), exchange_subjects(), login_subjects()}) {
    print(subjects);
  }
  for (const Subject& control : controls()) {
    std::cout << "reported " << control.name << " " << control.compares_in << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--list") return list();
  const Subject* subject = find(name);
  if (subject == nullptr || RUNNING_ON_VALGRIND == 0) {
    std::cerr << "usage: valgrind waybill_constant_time SUBJECT [--early-exit]; see --list\n";
    return 2;
  }
  compares_with_early_exit = argc > 2 && std::string_view(argv[2]) == "--early-exit";
  waybill::LockedArena::start();
  try {
    subject->run();
  } catch (const std::exception& failure) {
    std::cerr << name << ": not as it should be: " << failure.what() << "\n";
    return 1;
  }
  return 0;
}
