% Derived tickets: a worker exchanges the evidence of a ticket that it was given for one that lets a
% service downstream act for the same user. As designed; no code does it yet (specs/protocol.md 6
% refuses downstreams).
%
% carol is an honest user, qa an honest queue, d and e services downstream. eve is a worker's queue
% that the attacker has taken. What the chain and the calls do is in caveats.p and ticket.p.

include('primitives.p').

fof(eve_logged_in, axiom, ![N]: att(start(eve,N))).
fof(eve_has_a_key, axiom, att(sk(eve))).
fof(anything, axiom, att(made_up)).

fof(call_tag, axiom, ![T,C,Op]: (att(T) => att(call_tag(T,C,Op)))).
fof(reply_key, axiom, ![T,C,Op]: ((att(call_tag(T,C,Op))
  & att(T)                                                                   %- reply_key [6]
  ) => att(reply_key(T,C,Op)))).
fof(pair_key, axiom, ![S,Q]: (($true
  & att(S)                                                                   %- pairwise [4]
  ) => att(pair_key(S,Q)))).
fof(plaintext, axiom, ![B,K,S]: (att(plain(B,K,S)) <=> (att(K) & att(S)))).

% --- Tickets of carol's -------------------------------------------------------------------------
% body(id, subject, audience, action, actor, downstreams); names(D,A): the service D, the action A.
% named(Q,D,A): carol wants Q to let D do A. Whose evidence says so is everybody's to see.
fof(kdc_issues, axiom, ![Q,D,A]: (named(Q,D,A) => att(
  sign(signing,body(id(Q,D,A),carol,Q,work,trigger,names(D,A)))))).

% --- The exchange --------------------------------------------------------------------------------
% The honest worker asks for anything, with whatever evidence it is shown.
fof(worker_asks, axiom, ![N,C,B,S,D,A]: (att(S) => att(
  call_tag(start(qa,N), first(qa,C), exchange(B,S,D,A))))).

% derived(caller, its login, nonce, request, id, subject, service, action, downstreams)
fof(kdc_exchanges, axiom, ![P,N,C,Id,U,Q,W,X,S,D1,A1,D,A,Z]: ((
  att(call_tag(start(P,N),C,exchange(body(Id,U,Q,W,X,names(D1,A1)),S,D,A)))
  & att(S)
  & S = sign(signing,body(Id,U,Q,W,X,names(D1,A1)))                          %- evidence [4, Evidence]
  & Q = P                                                                    %- caller [6, to come]
  & D1 = D                                                                   %- downstream [6, to come]
  & A1 = A                                                                   %- action [6, to come]
  & Z = nothing                                                              %- narrower [6, to come]
  ) => derived(P,N,C,exchange(body(Id,U,Q,W,X,names(D1,A1)),S,D,A),Id,U,D,A,Z))).

% The derived ticket names its actor; its key is new and goes to the caller alone.
fof(kdc_shows_evidence, axiom, ![P,N,C,Op,Id,U,D,A,Z]: (derived(P,N,C,Op,Id,U,D,A,Z) => att(
  sign(signing,body(Id,U,D,A,P,Z))))).
fof(kdc_shows_ticket, axiom, ![P,N,C,Op,Id,U,D,A,Z]: (derived(P,N,C,Op,Id,U,D,A,Z) => att(
  seal(pair_key(shared(roll(D),sk(D)),D), header(D),
    plain(body(Id,U,D,A,P,Z), key(Id,P,D,C), sign(signing,body(Id,U,D,A,P,Z))))))).
fof(kdc_answers, axiom, ![P,N,C,Op,Id,U,D,A,Z]: (derived(P,N,C,Op,Id,U,D,A,Z) => att(
  seal(reply_key(start(P,N),C,Op), reply, key(Id,P,D,C))))).

% --- The service downstream -----------------------------------------------------------------------
% accept(service, id, user, action, actor, session key)
fof(service_accepts, axiom, ![R,D,Id,U,A,P,Z,K,S]: ((service(D)
  & att(seal(pair_key(shared(R,sk(D)),D), header(D), plain(body(Id,U,D,A,P,Z),K,S)))
  & S = sign(signing,body(Id,U,D,A,P,Z))                                     %- proof [4, check 8]
  ) => accept(D,Id,U,A,P,K))).

% --- Queries -------------------------------------------------------------------------------------

%? honest reached. A worker's derived ticket is accepted downstream.
fof(carol_names, axiom, named(qa,d,pay)).
fof(service, axiom, service(d)).
fof(query, conjecture, ?[Id,K]: accept(d,Id,carol,pay,qa,K)).

%? derived safe. A worker that is the attacker's gets no other derived ticket than the user named in
%?   a ticket for it: its own evidence, that service, that action.
%? without: evidence caller downstream action proof
fof(carol_names, axiom, named(qa,d,pay) & named(eve,d,look) & named(eve,e,pay)).
fof(service, axiom, service(d)).
fof(query, conjecture, ?[Id,K]: accept(d,Id,carol,pay,eve,K)).

%? outsider safe. Nor does he get the honest worker to use more, or others' evidence, for him.
%? without: evidence caller downstream action proof
fof(carol_names, axiom, named(eve,d,pay) & named(qa,d,look) & named(qa,e,pay)).
fof(service, axiom, service(d)).
fof(query, conjecture, ?[Id,K]: accept(d,Id,carol,pay,qa,K)).

%? silver safe. Not even with the service's own key in his hands.
%? without: evidence proof
fof(carol_names, axiom, named(qa,d,pay) & named(eve,d,look) & named(eve,e,pay)).
fof(service, axiom, service(d)).
fof(d_key_is_taken, axiom, att(sk(d))).
fof(query, conjecture, ?[Id,K]: accept(d,Id,carol,pay,eve,K)).

%? onward safe. A derived ticket gives no further one, though the service d be the attacker's.
%? without: narrower
fof(carol_names, axiom, named(qa,d,pay) & named(qa,e,pay)).
fof(service, axiom, service(e)).
fof(d_is_taken, axiom, ![N]: (att(sk(d)) & att(start(d,N)))).
fof(query, conjecture, ?[Id,A,K]: accept(e,Id,carol,A,d,K)).

%? key_secret safe. The key between an honest worker and an honest service is not the attacker's.
%? without: pairwise reply_key
fof(carol_names, axiom, named(qa,d,pay) & named(eve,d,pay)).
fof(service, axiom, service(d)).
fof(query, conjecture, ?[Id,A,C]: (accept(d,Id,carol,A,qa,key(Id,qa,d,C)) & att(key(Id,qa,d,C)))).
