#include "worker/store.h"

namespace waybill::worker {
namespace {

constexpr const char* format = "waybill-worker 1";

Env::Options usual_options() {
  Env::Options options;
  options.map_bytes = std::size_t{16} << 30;
  return options;
}

}  // namespace

Store::Store(const std::filesystem::path& folder) : Store(folder, usual_options()) {}

Store::Store(const std::filesystem::path& folder, const Env::Options& options)
    : store_(folder, format, options), writer_(store_.env()) {}

}  // namespace waybill::worker
