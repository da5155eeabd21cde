#include "tools/admin.h"

#include <algorithm>
#include <deque>

#include <nlohmann/json.hpp>

#include "ticket/wire/limits.h"
#include "tools/login.h"
#include "tools/progress.h"
#include "tools/rows.h"
#include "tools/text.h"

namespace waybill::tools {

namespace {

struct PageOptions {
  CommandLine::Text cache, after;
  std::optional<std::uint64_t> limit;
  bool as_json = false;
  std::vector<CommandLine::Text> texts;  ///< of filters, in their order
  std::deque<bool> flags;
};

Outcome<Done> read_list_options(Context& context, const Arguments& arguments,
                                const ListCommand& list, PageOptions& options) {
  CommandLine line(list.command, "Show them all, or those that are asked for.");
  options.texts.resize(list.filters.size());
  options.flags.resize(list.filters.size());
  for (std::size_t i = 0; i < list.filters.size(); ++i) {
    const ListCommand::Filter& filter = list.filters[i];
    if (filter.shape == nullptr) {
      line.flag(filter.option, options.flags[i], filter.help);
    } else {
      line.option(filter.option, options.texts[i], filter.shape, filter.help);
    }
  }
  line.count("-n,--limit", options.limit, "at most so many");
  line.option("--after", options.after, "LAST", "go on after this one, the last of those before");
  line.flag("--json", options.as_json, "as JSON");
  add_cache_option(line, options.cache);
  for (const std::string& example : list.examples) line.example(example);
  CHECK_OK(line.parse(context.ui, arguments));
  if (options.limit == 0U) return wrong_usage("--limit wants 1 or more");
  return done();
}

Outcome<Fields> list_arguments(const ListCommand& list, const PageOptions& options) {
  Fields fields;
  for (std::size_t i = 0; i < list.filters.size(); ++i) {
    const ListCommand::Filter& filter = list.filters[i];
    const bool said = options.flags[i] || options.texts[i];
    if (!said) continue;
    if (fields.has(filter.field)) {
      return wrong_usage(std::string(filter.option) + " contradicts what stands before it");
    }
    fields.add(filter.field, options.flags[i] ? filter.value : *options.texts[i]);
  }
  // One more than is shown tells whether there are more.
  if (options.limit) {
    const auto count = std::min<std::uint64_t>(*options.limit, limits::max_page - 1) + 1;
    fields.add("count", std::to_string(count));
  }
  if (options.after) fields.add("after", *options.after);
  return fields;
}

}  // namespace

Outcome<Done> each_row(Session& session, const std::string& operation, const Fields& arguments,
                       const std::function<bool(Fields row)>& visit) {
  std::string after(arguments.get("after"));
  for (;;) {
    Fields asked;
    for (const auto& [name, value] : arguments.entries()) {
      if (name != "after") asked.add(name, value);
    }
    if (!after.empty()) asked.add("after", after);
    TRY(answer, session.call(Operation{operation, asked.encode()}));
    TRY(page, Page::decode(answer.value));
    for (Fields& row : page.rows) {
      if (!visit(std::move(row))) return done();
    }
    if (page.next.empty() || page.next == after) return done();
    after = page.next;
  }
}

Outcome<Done> admin_list(Context& context, const Arguments& arguments, const ListCommand& list) {
  PageOptions options;
  CHECK_OK(read_list_options(context, arguments, list, options));
  TRY(fields, list_arguments(list, options));
  TRY(session, Session::open(context, options.cache));
  std::vector<Fields> rows;
  bool more = false;
  {
    Progress progress(context.ui, "asking");
    CHECK_OK(each_row(*session, list.operation, fields, [&](Fields row) {
      more = options.limit && rows.size() == *options.limit;
      if (!more) rows.push_back(std::move(row));
      progress.update(std::to_string(rows.size()) + " found");
      return !more;
    }));
  }
  if (options.as_json) {
    context.ui.print_json(to_json(rows));
  } else {
    print_rows(context.ui, rows, context.clock.now(), list.columns);
  }
  if (more) {
    context.ui.hint("there are more: --after " + escaped(rows.back().get(list.key)) + " goes on");
  }
  return done();
}

void print_row(Context& context, const Fields& row, bool as_json) {
  if (as_json) {
    context.ui.print_json(to_json(row));
  } else {
    print_record(context.ui, row, context.clock.now());
  }
}

Outcome<Done> admin_show(Context& context, const Arguments& arguments, const std::string& command,
                         const std::string& operation) {
  std::string name;
  CommandLine::Text cache;
  bool as_json = false;
  CommandLine line(command, "Show one.");
  line.argument("NAME", name, "which");
  line.flag("--json", as_json, "as JSON");
  add_cache_option(line, cache);
  line.example(command + " queue-alice");
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  TRY(row, session->call(operation, Fields{{"name", principal.name()}}));
  print_row(context, row, as_json);
  return done();
}

Outcome<Done> admin_do(Context& context, const Arguments& arguments, const std::string& subject,
                       const std::string& verb, const std::string& effect) {
  const std::string command = "waybill admin " + subject + " " + verb;
  std::string name;
  CommandLine::Text cache;
  CommandLine line(command, effect);
  line.argument("NAME", name, "which");
  add_cache_option(line, cache);
  line.example(command + (subject == "queue" ? " queue-alice" : " carol"));
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  CHECK_OK(session->call("admin." + subject + "." + verb, Fields{{"name", principal.name()}}));
  context.ui.say(verb + "d " + principal.text());
  return done();
}

Outcome<Done> admin_remove(Context& context, const Arguments& arguments, const std::string& subject,
                           const std::string& note) {
  const std::string command = "waybill admin " + subject + " remove";
  std::string name;
  CommandLine::Text cache;
  CommandLine line(command, "Take it out of the realm, and revoke its tickets. Not taken back.");
  line.argument("NAME", name, "which");
  add_cache_option(line, cache);
  line.note(note);
  line.example(command + (subject == "queue" ? " queue-alice" : " carol"));
  CHECK_OK(line.parse(context.ui, arguments));
  TRY(session, Session::open(context, cache));
  TRY(principal, local_principal(*session, name));
  TRY(answer, session->call("admin." + subject + ".remove", Fields{{"name", principal.name()}}));
  const std::string grants = escaped(answer.get("grants"));
  context.ui.say("removed " + principal.text() +
                 (grants.empty() ? "" : ", and with it the grants " + grants));
  return done();
}

Outcome<PrincipalKey> first_key(const Keytab& keytab, const Principal& principal) {
  if (keytab.principal() != principal) {
    return wrong_usage("the keytab holds the key of " + keytab.principal().text() + ", not of " +
                       principal.text());
  }
  for (const Keytab::Entry& entry : keytab.entries()) {
    if (entry.kvno == Kvno{1}) return entry.key.duplicate();
  }
  return wrong_usage("the keytab holds later versions than the first",
                     "a new principal starts with version 1; `waybill keygen` makes one");
}

Outcome<Kvno> next_version(const Fields& row) {
  const auto kvno = parse_number(row.get("kvno"));
  if (!kvno || *kvno >= UINT32_MAX) return Error{Errc::malformed, "kvno"};
  return Kvno{static_cast<std::uint32_t>(*kvno + 1)};
}

Outcome<Done> rekey(Session& session, const std::string& operation, const Rekey& wanted) {
  Fields fields{{"name", wanted.principal.name()}};
  if (wanted.key) {
    TRY(realm, session.realm_document());
    TRY(claim, key_fields(realm, *wanted.key, {wanted.principal, wanted.next}, session.now()));
    for (const auto& [name, value] : claim.entries()) fields.add(name, value);
  }
  if (wanted.retire_old) fields.add("retire_old", "yes");
  auto answer = session.call(operation, fields);
  if (!answer) {
    Stop stop = answer.error();
    if (stop.sentence.find("retire_old") != std::string::npos) stop.hint = "--retire-old says so";
    return stop;
  }
  say_keys(session, wanted.principal, *answer);
  return done();
}

Outcome<Principal> local_principal(const Session& session, const std::string& text) {
  TRY(principal, session.principal(text));
  if (principal.realm() != session.realm()) {
    return wrong_usage(principal.text() + " is of another realm than " + session.realm().text());
  }
  return principal;
}

}  // namespace waybill::tools
