% The caveat chain and what hangs on it (specs/protocol.md 5 and 6), with credentials that are
% handed on narrowed. carol is an honest user; ha is an honest helper whom she gives narrowed
% credentials, eve is the attacker's.
%
% Her credential is any chain value over her TGT: session(carol,N) is the TGT's session key, tgt(N)
% its bytes, which are public.

include('primitives.p').

fof(h_chain,  axiom, ![K,T]: (att(K) => att(chain(K,T)))).
fof(h_caveat, axiom, ![T,C]: (att(T) => att(caveat(T,C)))).
fof(h_final,  axiom, ![T,A]: (att(T) => att(final(T,A)))).
fof(h_reply,  axiom, ![T,G]: ((att(G)
  & att(T)                                                                   %- reply_key [6]
  ) => att(reply_key(T,G)))).
%+ one_way [1, Hash]: fof(h_caveat_back, axiom, ![T,C]: (att(caveat(T,C)) => att(T))).
% Without a label of its own the tag is a chain value, and the authenticator a caveat in it.
%+ final_label [5]: fof(final_is_caveat, axiom, ![T,A]: (att(final(T,A)) => att(caveat(T,c_auth(A))))).

% --- Carol ---------------------------------------------------------------------------------------
% narrowed(T,D,X): the chain value of her D-th credential of that login, for the action X alone.
fof(carol_narrows, axiom, ![N,D,X,F]: (($true
  & F = fresh(D)                                                             %- delegation, twins [5]
  ) => narrowed(caveat(caveat(chain(session(carol,N),tgt(N)),c_delegation(F)),c_action(X)),D,X))).

% ha gets any, and uses it: calls of the KDC, each with a nonce, by which its tag goes over the wire.
fof(ha_calls, axiom, ![T,D,X,C]: (narrowed(T,for_ha(D),X) =>
  att(final(T,auth(kdc,here,nonce(ha,C),request(X)))))).

% She herself looks at things, under her TGT as it is.
fof(carol_calls, axiom, ![N,C]:
  att(final(chain(session(carol,N),tgt(N)),auth(kdc,here,nonce(carol,C),request(look))))).

% When she logs in again she shows it, without caveats, as an earlier one (3).
fof(carol_shows_earlier, axiom, ![N,C]:
  att(final(chain(session(carol,N),tgt(N)),auth(kdc,none,nonce(carol,C),request(prologue))))).

% Carol delegates the paying of a bill to a trigger, and never asks the KDC for it herself.
% made(D,G): the tag of her D-th delegation to the same trigger for the same.
fof(carol_delegates, axiom, ![D,T,C]: ((narrowed(T,for_trigger(D),pay)
  & C = nonce(carol,D)                                                       %- twins [5]
  ) => (att(final(T,auth(trigger,none,C,request(pay))))
        & made(D,final(T,auth(trigger,none,C,request(pay))))))).

% --- The KDC -------------------------------------------------------------------------------------
% verifies(N,X,T,L): T is a chain over carol's N-th TGT with at most L caveats, which all hold for
% the action X.
fof(chain_starts, axiom, ![N,X]: verifies(N,X,chain(session(carol,N),tgt(N)),zero)).
fof(chain_goes_on, axiom, ![N,X,T,C,L]: ((verifies(N,X,T,L) & holds(C,X) & follows(L)) =>
  verifies(N,X,caveat(T,C),next(L)))).
fof(at_most_four, axiom, follows(zero) & follows(next(zero)) & follows(next(next(zero)))
  & follows(next(next(next(zero))))).
fof(holds_delegation, axiom, ![F,X]: holds(c_delegation(F),X)).
fof(holds_action, axiom, ![A,X]: (($true
  & A = X                                                                    %- caveat [5]
  ) => holds(c_action(A),X))).
%+ final_label [5]: fof(holds_auth, axiom, ![C,X]: holds(c_auth(auth(kdc,here,C,request(X))),X)).

% served(C,X): the KDC does X for carol, by a call with the nonce C. It shows nobody the answer but
% who has the chain value.
fof(kdc_serves, axiom, ![N,T,L,To,In,C,X,X1]: ((verifies(N,X,T,L)
  & att(final(T,auth(To,In,C,request(X1))))                                  %- tag [5]
  & To = kdc                                                                 %- addressee [5]
  & In = here                                                                %- addressee [5]
  & X1 = X                                                                   %- request [5]
  ) => served(T,C,X))).
fof(kdc_answers, axiom, ![T,D,X,C]: ((narrowed(T,for_ha(D),X) & served(T,nonce(ha,C),X)) =>
  att(seal(reply_key(T,final(T,auth(kdc,here,nonce(ha,C),request(X)))), reply,
           answer(D,C))))).

% --- Queries -------------------------------------------------------------------------------------

%? honest reached. The KDC serves a helper with a narrowed credential.
fof(query, conjecture, ?[T,C]: served(T,nonce(ha,C),pay)).

%? answered reached. The answer goes out, sealed.
fof(query, conjecture, ?[T,G,D,C]: att(seal(reply_key(T,G),reply,answer(D,C)))).

%? strip safe. Who holds a credential narrowed to looking cannot pay: no caveat comes off.
%? without: caveat one_way tag
fof(eve_may_look, axiom, ![T,D]: (narrowed(T,for_eve(D),look) => att(T))).
fof(query, conjecture, ?[T]: served(T,made_up,pay)).

%? twice safe. Who has seen calls but holds no credential makes no other valid form of one of them:
%?   a form with another nonce would pass the replay cache.
%? without: final_label tag
fof(query, conjecture, ?[T,X]: served(T,made_up,X)).

%? asked safe. The KDC does for carol only what she asked the KDC, not what she delegated to others.
%? without: addressee request tag
fof(query, conjecture, ?[T,C]: served(T,nonce(carol,C),pay)).

%? reply safe. Another holder of an equally narrowed credential cannot read the answers to this one.
%? without: delegation reply_key one_way
fof(eve_may_all, axiom, ![T,D,X]: (narrowed(T,for_eve(D),X) => att(T))).
fof(query, conjecture, ?[D,C]: att(answer(D,C))).

%? twins safe. No two delegations are one and the same, though trigger and work be: the id of the
%?   ticket, a hash of the tag, is another.
%? without: twins
fof(query, conjecture, ?[G]: (made(first,G) & made(second,G))).
