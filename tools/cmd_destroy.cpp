#include "tools/cache_folder.h"
#include "tools/commands.h"

namespace waybill::tools {

Outcome<Done> destroy_main(Context& context, const Arguments& arguments) {
  CommandLine::Text cache;
  bool all = false;
  CommandLine line("waybill destroy", "Forget the tickets of the current principal (kdestroy).");
  add_cache_option(line, cache);
  line.flag("-A,--all", all, "of all principals");
  line.note("They stay valid for whoever has a copy; `waybill revoke` ends that.");
  line.example("waybill destroy").example("waybill destroy -A");
  CHECK_OK(line.parse(context.ui, arguments));

  const CacheFolder folder = CacheFolder::chosen(cache);
  if (all) {
    const std::size_t gone = folder.forget_all();
    context.ui.say("forgot the tickets of " + std::to_string(gone) +
                   (gone == 1 ? " principal" : " principals"));
    return done();
  }
  if (folder.forget_current()) return done();
  context.ui.say("there was nothing to forget in " + folder.path().string());
  return done();
}

}  // namespace waybill::tools
