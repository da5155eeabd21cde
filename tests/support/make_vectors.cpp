// Writes specs/vectors anew: waybill_make_vectors FOLDER.

#include <fstream>
#include <iostream>

#include "tests/support/vector_maker.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: waybill_make_vectors FOLDER\n";
    return 2;
  }
  for (const auto& [name, text] : waybill::test::make_vectors()) {
    const std::string path = std::string(argv[1]) + "/" + name;
    std::ofstream file(path, std::ios::binary);
    if (!(file << text) || !file.flush()) {
      std::cerr << "waybill_make_vectors: cannot write " << path << "\n";
      return 1;
    }
  }
  return 0;
}
