#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/integration/live_realm.h"
#include "ticket/adapters/http.h"
#include "ticket/exchange/client.h"

namespace waybill::test {

/// A piece of work that somebody wants done.
struct Errand {
  std::string queue = "queue-alice";
  std::string type = "invoice-report";
  std::vector<std::string> actions{"invoice:read"};
  std::string input = "number,amount\n1,10\n";
  std::optional<std::string> workflow_id{};
  std::string trigger = "trigger/orders";
};

/// A principal with its keytab, logged in.
class Person {
 public:
  /// Throws when the login is refused.
  Person(LiveRealm& realm, const std::string& name);

  LiveRealm& realm() const { return realm_; }
  const Principal& principal() const { return principal_; }
  const IssuedTicket& tgt() const { return login_.tgt; }
  /// A fresh delegation of the errand to its trigger, good for `life`.
  Buffer delegation(const Errand& errand, Seconds life = std::chrono::minutes(5)) const;
  /// One operation at the KDC.
  Result<Answer> call(const std::string& operation, Bytes arguments);
  Result<Answer> call(const std::string& operation, const Fields& arguments);
  /// A ticket for a service.
  Result<IssuedTicket> ticket_for(const std::string& service, Seconds life = std::chrono::hours(1));
  /// What a trigger asks for with somebody's delegation: the workflow's ticket.
  Result<IssuedTicket> exchange(Bytes delegation, const Errand& errand,
                                const std::string& workflow_id);

 private:
  LiveRealm& realm_;
  Principal principal_;
  Login::Done login_;
};

/// The id of a service ticket, from its evidence.
TicketId id_of(const IssuedTicket& issued);

/// What a trigger answered.
struct DoorReply {
  int status = 0;
  nlohmann::json body;
  /// The refusal's code (WB-…), or empty.
  std::string code() const;
};

/// A trigger's front door as a client sees it. Used by one thread.
class FrontDoor {
 public:
  explicit FrontDoor(std::string url);

  /// Service and instance, asked anew.
  nlohmann::json info();
  DoorReply submit(const Person& person, const Errand& errand);
  DoorReply submit(Bytes delegation, const Errand& errand);
  /// A request under a service ticket of the caller for this trigger, which is kept for the next
  /// one. When the trigger says that it is another instance now, it is made once more.
  DoorReply ask(Person& person, const std::string& method, const std::string& path,
                const nlohmann::json& body = nullptr);
  /// The same under a ticket that the caller has, for an instance of the caller's choice.
  DoorReply ask(const IssuedTicket& ticket, const ServiceRequest& as, Time now,
                const std::string& method, const std::string& path, const std::string& body);
  /// With whatever credential.
  DoorReply send(const std::string& method, const std::string& path, const std::string& body,
                 const std::string& authorization);
  /// Polls the status until it is one that lasts, at most for `patience`; gives the last one.
  nlohmann::json wait(Person& person, const std::string& workflow_id,
                      std::chrono::seconds patience = std::chrono::seconds(20));

 private:
  struct Introduction {
    IssuedTicket ticket;
    ServiceRequest as;
  };
  Introduction introduce(Person& person);

  HttpClient http_;
  std::map<std::string, Introduction> introductions_;  // by principal
};

/// The body of POST /v1/workflows.
nlohmann::json request_body(const Errand& errand);
/// "Waybill …".
std::string authorization(Bytes presentation);

}  // namespace waybill::test
