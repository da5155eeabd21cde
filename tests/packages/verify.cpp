// What somebody writes who verifies tickets in a program of his own, against the installed library.
#include <iostream>

#include "worker/verifier.h"

int main() {
  for (const auto& step : waybill::worker::all_steps()) std::cout << step.name << "\n";
  return waybill::SealedTicket::parse(waybill::bytes_of("no ticket")) ? 1 : 0;
}
