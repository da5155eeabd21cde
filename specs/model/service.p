% Tickets that a caller asks for itself, and presentations of them to a service (specs/protocol.md 4,
% 5 and 6, `tgs`). That a presentation passes once is in replay.pml.
%
% carol and dave are honest users, d is an honest service. eve is a user and a service of the
% attacker's.

include('primitives.p').

fof(eve_has_a_key, axiom, att(sk(eve))).
fof(anything, axiom, att(made_up)).

% start(P,N) is t0 of the TGT from P's N-th login: a secret of P and the KDC (5).
fof(eve_logged_in, axiom, ![N]: att(start(eve,N))).
fof(call_tag, axiom, ![T,C,Op]: (att(T) => att(call_tag(T,C,Op)))).
fof(reply_key, axiom, ![T,C,Op]: ((att(call_tag(T,C,Op))
  & att(T)                                                                   %- reply_key [6]
  ) => att(reply_key(T,C,Op)))).
fof(pair_key, axiom, ![S,Q]: (($true
  & att(S)                                                                   %- pairwise [4]
  ) => att(pair_key(S,Q)))).
fof(plaintext, axiom, ![B,K,S]: (att(plain(B,K,S)) <=> (att(K) & att(S)))).
% chain(K) is t0 of a service ticket with the session key K.
fof(chain, axiom, ![K]: (att(K) => att(chain(K)))).
fof(final, axiom, ![T,A]: (att(T) => att(final(T,A)))).

% --- Asking (6, tgs) -----------------------------------------------------------------------------
% Carol asks for tickets for d and for eve's service, dave for eve's alone.
fof(asks, axiom, asks(carol,d) & asks(carol,eve) & asks(dave,eve)).
fof(users_ask, axiom, ![P,N,C,S]: (asks(P,S) => att(call_tag(start(P,N),first(P,C),S)))).

% The ticket and what it proves are everybody's to see, the session key goes to the caller.
fof(kdc_signs, axiom, ![P,N,C,S]: (att(call_tag(start(P,N),C,S)) => att(
  sign(signing,leaf(header(S,pub(roll(S))),body(P,S,commit(key(P,S,C)))))))).
fof(kdc_seals_ticket, axiom, ![P,N,C,S]: (att(call_tag(start(P,N),C,S)) => att(
  seal(pair_key(shared(roll(S),sk(S)),S), header(S,pub(roll(S))),
    plain(body(P,S,commit(key(P,S,C))), key(P,S,C),
      sign(signing,leaf(header(S,pub(roll(S))),body(P,S,commit(key(P,S,C)))))))))).
fof(kdc_answers, axiom, ![P,N,C,S]: (att(call_tag(start(P,N),C,S)) => att(
  seal(reply_key(start(P,N),C,S), reply, key(P,S,C))))).
fof(user_learns_key, axiom, ![P,N,C,S,K]: (
  (asks(P,S) & att(seal(reply_key(start(P,N),first(P,C),S), reply, K))) => has(P,S,K))).

% --- Presenting (5) ------------------------------------------------------------------------------
% With d they only ever look; with eve's service they do what it likes.
fof(users_look, axiom, ![P,S,K,C]: (has(P,S,K) => att(
  final(chain(K), auth(S,C,request(look)))))).
fof(users_do_all_with_eve, axiom, ![P,K,C,X]: (has(P,eve,K) => att(
  final(chain(K), auth(eve,C,request(X)))))).

% accept(service, user, request, session key): checks 1 to 8, and those of a presentation.
fof(service_accepts, axiom, ![R,P,D,D1,X,K,S,H,C,Q,Q1,T]: ((D = d
  & att(seal(pair_key(shared(R,sk(D)),D), header(D,pub(R)), plain(body(P,D1,X),K,S)))
  & X = commit(K)                                                            %- session [4, check 7]
  & S = sign(signing,leaf(H,body(P,D1,X)))                                   %- proof [4, check 8]
  & H = header(D,pub(R))                                                     %- addressed, session [4, checks 3, 7; 4, check 7]
  & D1 = D                                                                   %- addressed [4, checks 3, 7]
  & att(final(T,auth(D,C,request(Q1))))
  & T = chain(K)                                                             %- tag [5]
  & Q1 = Q                                                                   %- request [5]
  ) => accept(D,P,Q,K))).

% --- Queries -------------------------------------------------------------------------------------

%? honest reached. Carol can look at something at d.
fof(query, conjecture, ?[K]: accept(d,carol,look,K)).

%? asked safe. A service does nothing for a user that this user did not ask that service for.
%? without: session proof addressed tag request
fof(query, conjecture, ?[K]: accept(d,carol,pay,K)).

%? silver safe. The key of a service makes no ticket: who has no ticket for it stays unknown to it.
%? without: proof
fof(d_key_is_taken, axiom, att(sk(d))).
fof(query, conjecture, ?[X,K]: accept(d,dave,X,K)).

%? key_secret safe. The session key that a user got for an honest service is not the attacker's.
%? without: pairwise reply_key
fof(query, conjecture, ?[K]: (has(carol,d,K) & att(K))).

%? session_secret safe. Nor is the one that the service takes for a user's.
%? without: session pairwise reply_key
fof(query, conjecture, ?[X,K]: (accept(d,carol,X,K) & att(K))).
