#pragma once

#include "tests/kdc/test_kdc.h"
#include "ticket/adapters/files.h"

namespace waybill::test {

/// A realm's folder, as `waybill-kdc init` makes it.
struct MadeRealm {
  Scratch scratch;
  ManualClock clock;
  kdc::Folder folder{scratch / "kdc"};

  MadeRealm() { kdc::init_realm({folder, *Realm::parse("DEMO.TEST"), {"127.0.0.1", 8088}}, clock); }
  MasterKey master() const { return MasterKey(kdc::read_key_file(folder.master_key())); }
};

}  // namespace waybill::test
