#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ticket/exchange/keytab.h"
#include "tools/commands.h"
#include "tools/session.h"

/// What the `admin` commands share: each is one operation of the KDC, for operators.
namespace waybill::tools {

/// All pages of a list, row by row, until the visitor says false.
Outcome<Done> each_row(Session& session, const std::string& operation, const Fields& arguments,
                       const std::function<bool(Fields row)>& visit);

/// `SUBJECT list`: rows of an operation, all of its pages or as many as are asked for.
struct ListCommand {
  struct Filter {
    const char* option;  ///< --kind
    const char* shape;   ///< KIND; null: a flag
    const char* field;   ///< of the operation's arguments
    const char* value;   ///< of a flag
    const char* help;
  };
  std::string command, operation;
  std::string key;  ///< the field of a row that goes after --after
  std::vector<Filter> filters;
  std::vector<std::string> columns = {};  ///< of the table; none: all
  std::vector<std::string> examples = {};
};
Outcome<Done> admin_list(Context& context, const Arguments& arguments, const ListCommand& list);
/// What a `show` prints: a line for each field, or JSON.
void print_row(Context& context, const Fields& row, bool as_json);
/// `SUBJECT show NAME`: the one row, by its name.
Outcome<Done> admin_show(Context& context, const Arguments& arguments, const std::string& command,
                         const std::string& operation);

/// `SUBJECT VERB NAME`, of which the operation's one argument is the name: says VERBd.
Outcome<Done> admin_do(Context& context, const Arguments& arguments, const std::string& subject,
                       const std::string& verb, const std::string& effect);

/// `SUBJECT remove NAME`: says which grants went with it. `note` is a paragraph of the help.
Outcome<Done> admin_remove(Context& context, const Arguments& arguments, const std::string& subject,
                           const std::string& note);

/// The first key of a principal, out of its keytab. Stops with usage when the keytab is somebody
/// else's or holds later versions only.
Outcome<PrincipalKey> first_key(const Keytab& keytab, const Principal& principal);

/// `SUBJECT rekey NAME`, told to the KDC: what `waybill admin principal rekey` and `waybill admin
/// queue rekey` have in common.
struct Rekey {
  Principal principal;
  Kvno next;                        ///< the version that the KDC expects
  std::optional<PrincipalKey> key;  ///< none: only the older key is retired
  bool retire_old = false;
};
/// Tells the KDC and says what is good from now on.
Outcome<Done> rekey(Session& session, const std::string& operation, const Rekey& wanted);
/// The version after the `kvno` of a row. Stops (malformed).
Outcome<Kvno> next_version(const Fields& row);

/// Of files of their own: `role …`, `principal import` and `principal export`.
Command admin_role_main;
Command admin_principal_import;
Command admin_principal_export;

/// A name in the realm of the session. Stops with usage.
Outcome<Principal> local_principal(const Session& session, const std::string& text);

}  // namespace waybill::tools
