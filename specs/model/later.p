% Forward secrecy of what tickets carry: rolling keys, epochs, versions of a queue's key
% (specs/protocol.md 2). ta is an honest trigger, qa an honest queue. Epochs are e1 and then e2,
% minutes m1 and then m2, versions of the queue's key v1 and then v2: what ends with the first of
% them is erased then.
%
% The thing to keep is the key of a ticket of e1, m1 and v1, called key(e1,m1,v1,C).

% att(M): the attacker has M while the protocol runs. late(M): he has it afterwards, when he takes
% keys that are still there and opens what he recorded. The honest act only before that. The rules
% between %{ and %} stand for both times: pick.awk repeats them with late for att.
%{
include('primitives.p').
fof(reply_key, axiom, ![T,C]: (att(T) => att(reply_key(T,C)))).
fof(pair_key, axiom, ![S]: (att(S) => att(pair_key(S)))).
fof(input_key, axiom, ![K]: (att(K) => att(input_key(K)))).
%}
fof(kept, axiom, ![M]: (att(M) => late(M))).

% ta's TGT, sealed under the TGT key of the epoch, is in every call.
fof(tgt, axiom, ![E,K]: (($true
  & K = tgt_key(E)                                                           %- epoch [2]
%+ epoch [2]: & K = tgt_key(e2)
  ) => att(seal(K,tgt,start(ta,E))))).

% The answer to its C-th call, if the attacker records calls, and the ticket in it, which he can
% always record: engines keep tickets.
fof(kdc_answers, axiom, ![E,M,V,C]: (recorded(calls) =>
  att(seal(reply_key(start(ta,E),C),reply,key(E,M,V,C))))).
fof(kdc_seals_ticket, axiom, ![E,M,V,C,R,S]: (($true
  & R = roll(M)                                                              %- rolling [2]
%+ rolling [2]: & R = roll(m2)
  & S = sk(qa,V)                                                             %- version [2]
%+ version [2]: & S = sk(qa,v2)
  ) => att(seal(pair_key(shared(R,S)),header(V),key(E,M,V,C))))).
fof(trigger_seals_input, axiom, ![E,M,V,C]:
  att(seal(input_key(key(E,M,V,C)),input,letter(E,M,V,C)))).

% --- A signing key, taken later (4, Proof) --------------------------------------------------------
% Months are d1, d2, d3. The key signing(e1) was in use in d1; that it is listed does not end before
% d2 has. The KDC's are stamp(batch time, issued at, run until).
fof(months, axiom, upto(d1,d1) & upto(d2,d2) & upto(d3,d3) & upto(d1,d2) & upto(d2,d3) & upto(d1,d3)).
fof(a_month, axiom, month(d1,d1) & month(d2,d2) & month(d3,d3) & month(d1,d2) & month(d2,d3)).
fof(in_use, axiom, in_use(e1,d1)).
% in_date(month): a worker takes a ticket for one of that month.
fof(worker_accepts, axiom, ![E,B,I,U,M]: ((late(sign(signing(E),stamp(B,I,U)))
  & in_use(E,B)                                                              %- signer [4, Proof]
  & I = B                                                                    %- batch_time [4, Proof]
  & month(I,U)                                                               %- longest_life [4, Proof]
  & upto(M,U)
  ) => in_date(M))).

% --- Queries -------------------------------------------------------------------------------------

%? honest reached. The queue's key, of the right version, opens ticket and input.
fof(qa_opens, axiom, late(sk(qa,v1))).
fof(query, conjecture, ?[C]: late(letter(e1,m1,v1,C))).

%? tickets safe. Who takes all keys of the KDC a minute later, of the same epoch too, opens no
%?   ticket and no input that he recorded.
%? without: rolling
fof(kdc_is_taken, axiom, late(tgt_key(e1)) & late(tgt_key(e2)) & late(epoch(e1))
  & late(epoch(e2)) & late(signing(e1)) & late(signing(e2)) & late(roll(m2))).
fof(query, conjecture, ?[C]: late(letter(e1,m1,v1,C))).

%? calls safe. In the next epoch that holds although he recorded calls to the KDC as well.
%? without: rolling epoch
fof(he_recorded_calls, axiom, recorded(calls)).
fof(kdc_is_taken, axiom, late(tgt_key(e2)) & late(epoch(e2)) & late(signing(e2))
  & late(roll(m2))).
fof(query, conjecture, ?[C]: late(letter(e1,m1,v1,C))).

%? calls_in_epoch reached. Not promised: with recorded calls and the TGT key of their own epoch, he
%?   opens them: TGT, answer, session key.
fof(he_recorded_calls, axiom, recorded(calls)).
fof(kdc_is_taken, axiom, late(tgt_key(e1))).
fof(query, conjecture, ?[C]: late(letter(e1,m1,v1,C))).

%? queue safe. A queue that has changed its key and erased the old one loses with the new one
%?   nothing that was sealed to the old.
%? without: version
fof(qa_is_taken, axiom, late(sk(qa,v2))).
fof(query, conjecture, ?[C]: late(letter(e1,m1,v1,C))).

%? retired safe. A signing key that is taken makes no ticket that is in date a month after the key
%?   retired.
%? without: signer batch_time longest_life
fof(key_is_taken, axiom, late(signing(e1))).
fof(query, conjecture, in_date(d3)).

%? retiring reached. Not promised: until then it does.
fof(key_is_taken, axiom, late(signing(e1))).
fof(query, conjecture, in_date(d2)).
