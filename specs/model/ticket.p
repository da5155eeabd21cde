% From the delegation to the result: user, trigger, KDC, worker (specs/protocol.md 4, 5, 6, 8).
%
% carol is an honest user, ta an honest trigger, qa an honest queue. eve is all that the attacker
% has taken: a user, a trigger and a queue's worker at once, with their keys and their logins.

include('primitives.p').

fof(eve_has_a_key, axiom, att(sk(eve))).
fof(inputs, axiom, att(in1) & att(in2) & att(made_up)).
fof(workers, axiom, worker(qa)).

% --- Keys and messages of this model -------------------------------------------------------------
% start(P,N) is t0 of the TGT from P's N-th login: a secret of P and the KDC.
fof(eve_logged_in, axiom, ![N]: att(start(eve,N))).

% What hangs on it: the tag of a delegation with its nonce (what its caveats and its authenticator
% say in one; caveats.p has the chain itself), the tag of a call with its nonce, the key of the
% answer to that.
fof(delegation, axiom, ![T,R,C]: (att(T) => att(delegation(T,R,C)))).
fof(call_tag, axiom, ![T,C,Op]: (att(T) => att(call_tag(T,C,Op)))).
fof(reply_key, axiom, ![T,C,Op]: ((att(call_tag(T,C,Op))
  & att(T)                                                                   %- reply_key [6]
  ) => att(reply_key(T,C,Op)))).

fof(pair_key, axiom, ![S,Q]: (($true
  & att(S)                                                                   %- pairwise [4]
  ) => att(pair_key(S,Q)))).
fof(input_key, axiom, ![K,A]: (att(K) => att(input_key(K,A)))).
fof(result_key, axiom, ![K,A]: (($true
  & att(K)                                                                   %- result_key [8]
  ) => att(result_key(K,A)))).
fof(plaintext, axiom, ![B,K,S]: (att(plain(B,K,S)) <=> (att(K) & att(S)))).

% --- Carol ---------------------------------------------------------------------------------------
% She authorises whatever the attacker likes but one thing: that a certain trigger lets queue qa do
% an invoice, with the action pay, on the input in1, as the work w1. By symmetry this is any one
% thing. The query says which trigger.
% authorised(user, trigger, queue, workflow type, action, input, work); the work, for namespace and
% workflow id, is one, only(W), or any.
fof(other_queue, axiom, ![T,Y,A,I,V]:
  (authorised(carol,T,qb,Y,A,I,V) & authorised(carol,T,eve,Y,A,I,V))).
fof(other_type, axiom, ![T,Q,A,I,V]: authorised(carol,T,Q,report,A,I,V)).
fof(other_action, axiom, ![T,Q,Y,I,V]: authorised(carol,T,Q,Y,read,I,V)).
fof(other_input, axiom, ![T,Q,Y,A,V]:
  (authorised(carol,T,Q,Y,A,in2,V) & authorised(carol,T,Q,Y,A,letter,V))).
fof(other_work, axiom, ![T,Q,Y,A,I]: authorised(carol,T,Q,Y,A,I,only(w2))).

% Her D-th delegation of a kind in her N-th login, as it goes over the wire.
fof(user_delegates, axiom, ![N,D,T,Q,Y,A,I,V]: (authorised(carol,T,Q,Y,A,I,V) => att(
  delegation(start(carol,N), work(T,Q,Y,A,digest(I),V), once(D,T,Q))))).

% --- Calls ---------------------------------------------------------------------------------------
% The honest trigger asks for whatever somebody wants of it, with whatever delegation he names: the
% one of U's M-th login with the nonce C1.
fof(trigger_asks, axiom, ![N,C,U,M,C1,Q,W,Y,A,I]: att(
  call_tag(start(ta,N), first(ta,C), delegate(U,M,C1,Q,W,Y,A,digest(I))))).

% The honest trigger and the worker renew what evidence they are shown.
fof(trigger_renews, axiom, ![N,C,H,B,S]: (att(S) => att(
  call_tag(start(ta,N), again(ta,C), renew(H,B,S))))).
fof(worker_renews, axiom, ![N,C,H,B,S]: (att(S) => att(
  call_tag(start(qa,N), again(qa,C), renew(H,B,S))))).

% --- The KDC -------------------------------------------------------------------------------------
% U's delegation with the nonce C is good for this.
fof(kdc_opens_delegation, axiom, ![U,M,C,T,Q,W,Y,A,D,T1,Q1,Y1,A1,D1,V1]: (($true
  & att(delegation(start(U,M), work(T1,Q1,Y1,A1,D1,V1), C))                  %- tag [6]
  & T1 = T                                                                   %- audience [6]
  & Q1 = Q                                                                   %- queue [5]
  & Y1 = Y                                                                   %- type [5]
  & A1 = A                                                                   %- action [5]
  & D1 = D                                                                   %- input [5]
  & (V1 = any | V1 = only(W))                                                %- work [5]
  ) => delegated(U,M,C,T,Q,W,Y,A,D))).

% Policy. Carol has every grant; eve has none for qa, and as a trigger no ceiling for it.
fof(grants, axiom, ![Q,Y,A]:
  (granted(carol,Q,Y,A) & granted(eve,eve,Y,A))).
fof(ceilings, axiom, ![Q]:
  (ceiling(ta,Q) & ceiling(eve,eve))).

% issue(caller, its login, nonce, request, queue, id, user, trigger, workflow, type, action, digest)
fof(kdc_delegates, axiom, ![T,N,C,U,M,C1,Q,W,Y,A,D]: ((
  att(call_tag(start(T,N),C,delegate(U,M,C1,Q,W,Y,A,D)))
  & delegated(U,M,C1,T,Q,W,Y,A,D)
  & granted(U,Q,Y,A)                                                         %- grant [6]
  & ceiling(T,Q)                                                             %- ceiling [6]
  ) => issue(T,N,C,delegate(U,M,C1,Q,W,Y,A,D),Q,id(U,M,C1),U,T,W,Y,A,D))).

% Renewal: the evidence of a ticket, shown by who may renew it.
fof(kdc_renews, axiom, ![P,N,C,Q,R,S,Id,U,T,W,Y,A,D,X]: ((
  att(call_tag(start(P,N),C,renew(header(Q,R),body(Id,U,T,Q,W,Y,A,D,X),S)))
  & att(S)
  & S = sign(signing,leaf(header(Q,R),body(Id,U,T,Q,W,Y,A,D,X)))             %- evidence [4, Evidence]
  & (P = T | P = Q)                                                          %- renewer [6]
  ) => issue(P,N,C,renew(header(Q,R),body(Id,U,T,Q,W,Y,A,D,X),S),Q,Id,U,T,W,Y,A,D))).

% Its end: the evidence of a ticket, shown by its audience or its actor. completed(id, by whom)
fof(kdc_completes, axiom, ![P,N,C,Q,R,S,Id,U,T,W,Y,A,D,X]: ((
  att(call_tag(start(P,N),C,complete(header(Q,R),body(Id,U,T,Q,W,Y,A,D,X),S)))
  & att(S)
  & S = sign(signing,leaf(header(Q,R),body(Id,U,T,Q,W,Y,A,D,X)))             %- evidence [4, Evidence]
  & (P = T | P = Q)                                                          %- party [6]
  ) => completed(Id,P))).

% Of what is issued everybody sees the ticket and its evidence; the session key,
% key(Id,P,C), goes to the caller alone. roll(Q): the KDC's rolling key for Q.
fof(kdc_shows_evidence, axiom, ![P,N,C,Op,Q,Id,U,T,W,Y,A,D]: (
  issue(P,N,C,Op,Q,Id,U,T,W,Y,A,D) => att(
  sign(signing,leaf(header(Q,pub(roll(Q))),body(Id,U,T,Q,W,Y,A,D,commit(key(Id,P,C)))))))).
fof(kdc_shows_ticket, axiom, ![P,N,C,Op,Q,Id,U,T,W,Y,A,D]: (
  issue(P,N,C,Op,Q,Id,U,T,W,Y,A,D) => att(
  seal(pair_key(shared(roll(Q),sk(Q)),Q), header(Q,pub(roll(Q))),
    plain(body(Id,U,T,Q,W,Y,A,D,commit(key(Id,P,C))), key(Id,P,C),
      sign(signing,leaf(header(Q,pub(roll(Q))),
                        body(Id,U,T,Q,W,Y,A,D,commit(key(Id,P,C)))))))))).
fof(kdc_answers, axiom, ![P,N,C,Op,Q,Id,U,T,W,Y,A,D]: (
  issue(P,N,C,Op,Q,Id,U,T,W,Y,A,D) => att(
  seal(reply_key(start(P,N),C,Op), reply, key(Id,P,C))))).

% --- The trigger has the session key -------------------------------------------------------------
% holder(queue, id, workflow, type, digest, session key): ta has a ticket for that. It seals what input
% it was given. The letter is an input that only carol and ta have, and for qa alone.
fof(trigger_learns_key, axiom, ![N,C,U,M,C1,Q,W,Y,A,D,K]: (
  att(seal(reply_key(start(ta,N),C,delegate(U,M,C1,Q,W,Y,A,D)), reply, K))
  => holder(Q,id(U,M,C1),W,Y,D,K))).
fof(trigger_learns_new_key, axiom, ![N,C,H,Id,U,Q,W,Y,A,D,X,S,K]: (
  att(seal(reply_key(start(ta,N),C,renew(H,body(Id,U,ta,Q,W,Y,A,D,X),S)), reply, K))
  => holder(Q,Id,W,Y,D,K))).
fof(trigger_seals_input, axiom, ![Q,Id,W,Y,I,K]: ((holder(Q,Id,W,Y,digest(I),K) & att(I))
  => att(seal(input_key(K,input_of(Q,Y,W)), input_of(Q,Y,W), I)))).
fof(trigger_seals_letter, axiom, ![Id,W,Y,K]: (holder(qa,Id,W,Y,digest(letter),K)
  => att(seal(input_key(K,input_of(qa,Y,W)), input_of(qa,Y,W), letter)))).

% believed(queue, id, workflow, result)
fof(trigger_believes_result, axiom, ![Q,Id,W,Y,D,K,R,X]: ((
  holder(Q,Id,W,Y,D,K)
  & att(seal(result_key(K,result_of(Id,W,R)), result_of(Id,W,R), X)))
  => believed(Q,Id,W,X))).

% --- The worker ----------------------------------------------------------------------------------
% It is handed a ticket, a sealed input and the engine's word on workflow and type (W1, Y1).
% accept(queue, id, user, trigger, workflow, type, action, input, session key)
fof(worker_accepts, axiom, ![Q,R,Id,U,T,Q1,W,Y,A,D,X,K,S,H,W1,Y1,I]: ((worker(Q)
  & att(seal(pair_key(shared(R,sk(Q)),Q), header(Q,pub(R)),
             plain(body(Id,U,T,Q1,W,Y,A,D,X),K,S)))
  & X = commit(K)                                                            %- session [4, check 7]
  & S = sign(signing,leaf(H,body(Id,U,T,Q1,W,Y,A,D,X)))                      %- proof [4, check 8]
  & H = header(Q,pub(R))                                                     %- addressed, session [4, checks 3, 7; 4, check 7]
  & Q1 = Q                                                                   %- addressed [4, checks 3, 7]
  & W1 = W                                                                   %- binding [4, check 10]
  & Y1 = Y                                                                   %- binding [4, check 10]
  & att(seal(input_key(K,input_of(Q,Y1,W1)), input_of(Q,Y1,W1), I))
  & D = digest(I)                                                            %- input_digest [4, check 10]
  ) => accept(Q,Id,U,T,W1,Y1,A,I,K))).
fof(worker_seals_result, axiom, ![Q,Id,U,T,W,Y,A,I,K,R]: (accept(Q,Id,U,T,W,Y,A,I,K) => att(
  seal(result_key(K,result_of(Id,W,R)), result_of(Id,W,R), outcome(Q,Id,R))))).

% --- Queries -------------------------------------------------------------------------------------

%? honest reached. Carol's work can be accepted by the worker that it is for.
fof(query, conjecture, ?[Id,W,K]: accept(qa,Id,carol,ta,W,invoice,pay,in2,K)).

%? renewed reached. A ticket can be renewed, and the renewed one is accepted.
fof(query, conjecture, ?[Id,W,C]:
  accept(qa,Id,carol,ta,W,invoice,pay,in2,key(Id,ta,again(ta,C)))).

%? answered reached. The trigger can get the worker's result.
fof(query, conjecture, ?[Id,W,R]: believed(qa,Id,W,outcome(qa,Id,R))).

%? authorised safe. What a worker accepts, the user authorised: that trigger, queue, workflow type,
%?   action, input and work, all in one delegation.
%? without: tag audience action queue type input work proof evidence addressed
fof(other_trigger, axiom, ![Q,Y,A,I,V]: authorised(carol,eve,Q,Y,A,I,V)).
fof(query, conjecture, ?[Id,K]: accept(qa,Id,carol,ta,w1,invoice,pay,in1,K)).

%? trigger safe. A compromised trigger cannot widen: the same, when the trigger is eve.
%? without: audience action queue type input work input_digest binding addressed
fof(other_trigger, axiom, ![Q,Y,A,I,V]: authorised(carol,ta,Q,Y,A,I,V)).
fof(eve_has_a_ceiling, axiom, ceiling(eve,qa)).
fof(query, conjecture, ?[Id,K]: accept(qa,Id,carol,eve,w1,invoice,pay,in1,K)).

%? silver safe. The key of a queue mints no ticket for it (no "silver ticket").
%? without: proof evidence
fof(other_trigger, axiom, ![Q,Y,A,I,V]: authorised(carol,eve,Q,Y,A,I,V)).
fof(qa_key_is_taken, axiom, att(sk(qa))).
fof(query, conjecture, ?[Id,K]: accept(qa,Id,carol,ta,w1,invoice,pay,in1,K)).

%? worker safe. A compromised worker gains nothing elsewhere: with the key and the logins of queue
%?   qb, and all that carol lets qb and eve do, he gets at qa nothing that she did not let qa do.
%? without: queue proof evidence addressed
fof(other_trigger, axiom, ![Q,Y,A,I,V]: authorised(carol,eve,Q,Y,A,I,V)).
fof(qb_is_taken, axiom, ![N]: (att(sk(qb)) & att(start(qb,N)))).
fof(query, conjecture, ?[Id,K]: accept(qa,Id,carol,ta,w1,invoice,pay,in1,K)).

%? worker_reads safe. Nor does he learn there what others send to qa.
%? without: pairwise renewer
fof(qb_is_taken, axiom, ![N]: (att(sk(qb)) & att(start(qb,N)))).
fof(query, conjecture, ?[Id,T,W,Y,A,I,K]: (accept(qa,Id,carol,ta,W,Y,A,I,K) & att(K))).

%? two_queues safe. No ticket is accepted at two queues, whatever trigger asked for it.
%? without: addressed queue
fof(any_trigger, axiom, ![T,Y,A,I,V]: authorised(carol,T,qa,Y,A,I,V)).
fof(another_worker, axiom, worker(qb)).
fof(eve_has_a_ceiling, axiom, ceiling(eve,qa) & ceiling(eve,qb)).
fof(query, conjecture, ?[Id,T1,W1,Y1,A1,I1,K1,T2,W2,Y2,A2,I2,K2]:
  (accept(qa,Id,carol,T1,W1,Y1,A1,I1,K1) & accept(qb,Id,carol,T2,W2,Y2,A2,I2,K2))).

%? granted safe. Nobody gets done at a queue what policy does not grant him there.
%? without: grant
fof(eve_has_a_ceiling, axiom, ceiling(eve,qa)).
fof(query, conjecture, ?[Id,T,W,Y,A,I,K]: accept(qa,Id,eve,T,W,Y,A,I,K)).

%? ceiling safe. A trigger reaches no queue beyond its ceiling, whoever delegates to it.
%? without: ceiling
fof(query, conjecture, ?[Id,U,W,Y,A,I,K]: accept(qa,Id,U,eve,W,Y,A,I,K)).

%? completed safe. Nobody ends another's ticket: what carol lets ta do at qa, eve does not.
%? without: evidence party
fof(query, conjecture, ?[M,D]: completed(id(carol,M,once(D,ta,qa)),eve)).

%? session_secret safe. The session key that a worker accepts, from honest user and trigger, is not
%?   the attacker's.
%? without: session renewer pairwise reply_key
fof(query, conjecture, ?[Id,W,Y,A,I,K]: (accept(qa,Id,carol,ta,W,Y,A,I,K) & att(K))).

%? key_secret safe. Nor is the one that the trigger got from the KDC.
%? without: pairwise reply_key
fof(query, conjecture, ?[Id,W,Y,D,K]: (holder(qa,Id,W,Y,D,K) & att(K))).

%? input_secret safe. What an honest user sends to qa through an honest trigger stays theirs.
%? without: pairwise reply_key
fof(query, conjecture, att(letter)).

%? result safe. A trigger believes no result that the queue did not make.
%? without: pairwise reply_key result_key
fof(query, conjecture, ?[Id,W]: believed(qa,Id,W,made_up)).
