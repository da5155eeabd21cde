#pragma once

#include <stdlib.h>

#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/adapters/served_kdc.h"
#include "ticket/adapters/files.h"
#include "tools/commands.h"
#include "tools/failure.h"

namespace waybill::test {

/// A person's place: a realm file, a cache, keytabs of everybody in the KDC, and the commands run
/// in this process under the KDC's clock. What main() adds is in the sessions (session_test.cpp).
class Desk {
 public:
  struct Seen {
    int status;
    std::string out, err;
    bool says(std::string_view words) const { return (out + err).find(words) != out.npos; }
    nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
  };

  Desk() {
    write_file_atomic(scratch / "realm.toml", bytes_of(kdc.realm_file().print()), 0644);
    ::setenv("WAYBILL_REALM", (scratch / "realm.toml").c_str(), 1);
    ::setenv("WAYBILL_CACHE", (scratch / "cache").c_str(), 1);
    ::setenv("HOME", scratch.path().c_str(), 1);
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("WAYBILL_TRIGGER");
    for (const char* name : {"operator", "carol", "alice", "trigger/orders", "queue-alice"}) {
      write_file_atomic(keytab(name), kdc.keytab(name).encode(), 0600);
    }
  }
  ~Desk() {
    for (const char* name : {"WAYBILL_REALM", "WAYBILL_CACHE"}) ::unsetenv(name);
  }

  std::string file(const std::string& name) const { return (scratch.path() / name).string(); }
  std::string keytab(std::string name) const {
    std::ranges::replace(name, '/', '-');
    return file(name + ".keytab");
  }
  void write(const std::string& name, std::string_view content, mode_t mode = 0600) const {
    write_file_atomic(file(name), bytes_of(content), mode);
  }
  std::string read(const std::string& name) const {
    return std::string(text_of(read_file(file(name), 1 << 20)));
  }

  Seen run(tools::Command& command, const tools::Arguments& arguments) const {
    std::ostringstream out, err;
    tools::Ui ui(out, err, {});
    tools::Context context{ui, kdc.clock};
    int status = 0;
    try {
      status = tools::finish(ui, command(context, arguments));
    } catch (const std::exception& error) {
      status = tools::finish(ui, tools::failure(error));
    }
    return {status, out.str(), err.str()};
  }
  Seen log_in(const std::string& name) const {
    return run(tools::init_main, {"-k", "-t", keytab(name), name});
  }

  ServedKdc kdc;
  Scratch scratch;
};

}  // namespace waybill::test
