% Logging in: Noise IK under the epoch key that the root signed, and the registration of keys
% (specs/protocol.md 2 and 3). carol is an honest user; eve is a principal of the attacker's.
%
% Scalars stand for themselves: eph(N) is the ephemeral key of carol's N-th login, kdc_eph(M) the
% KDC's in its M-th answer, epoch(E) the KDC's static key. What the transcript hashes is the ad.

% late(M): the attacker has M afterwards, as in later.p.

fof(eve_has_a_key, axiom, att(sk(eve))).
fof(name, axiom, ![U]: att(name(U))).

%{
include('primitives.p').

% The key after message 1 has es and ss in it, after message 2 also ee and se.
fof(key_one, axiom, ![ES,SS]: (($true
  & att(ES)                                                                  %- dh_ephemeral [3]
  & att(SS)                                                                  %- dh_static [3]
  ) => att(key_one(ES,SS)))).
fof(key_two, axiom, ![ES,SS,EE,SE]: (($true
  & att(ES)                                                                  %- dh_ephemeral [3]
  & att(SS)                                                                  %- dh_static [3]
  & att(EE)                                                                  %- dh_ee, dh_ephemeral [3]
  & att(SE)                                                                  %- dh_se, dh_static [3]
  ) => att(key_two(ES,SS,EE,SE)))).

fof(possession, axiom, ![S,U,X]: (att(S) => att(possession(S,U,X)))).
%}
fof(kept, axiom, ![M]: (att(M) => late(M))).

% --- Carol ---------------------------------------------------------------------------------------
% The realm document gives her the epoch key, pub(X). She knows the root's key, nothing else.
fof(root_signs, axiom, ![E]: att(sign(root,epoch_key(E,epoch(E))))).
fof(carol_starts, axiom, ![N,E,X]: (($true
  & att(sign(root,epoch_key(E,X)))                                           %- root [2]
  ) => att(seal(key_one(shared(eph(N),X),shared(sk(carol),X)),
                    one(E,pub(eph(N)),pub(sk(carol))), name(carol))))).

% believes(N,S): she takes S for the session key of her N-th login; F is the other ephemeral.
fof(carol_believes, axiom, ![N,E,X,F,S]: (($true
  & att(sign(root,epoch_key(E,X)))                                           %- root [2]
  & att(seal(key_two(shared(eph(N),X),shared(sk(carol),X),shared(eph(N),F),shared(sk(carol),F)),
                 two(E,pub(eph(N)),pub(sk(carol)),pub(F)), S))
  ) => believes(N,S))).

% --- The KDC -------------------------------------------------------------------------------------
% It answers every message 1, repeated ones too. U1 is the name in it, S the static key that it
% proved.
fof(kdc_answers, axiom, ![E,M,X,S,U,S1]: ((
  att(seal(key_one(shared(X,epoch(E)),shared(S,epoch(E))), one(E,pub(X),pub(S)), name(U)))
  & registered(U,S1)
  & S1 = S                                                                   %- static_key [3]
  ) => att(seal(key_two(shared(X,epoch(E)),shared(S,epoch(E)),
                            shared(X,kdc_eph(M)),shared(S,kdc_eph(M))),
                    two(E,pub(X),pub(S),pub(kdc_eph(M))), session(U,E,M,X))))).
fof(kdc_seals_tgt, axiom, ![U,E,M,X,K]: (($true
  & K = tgt_key(E)                                                           %- epoch [2]
%+ epoch [2]: & K = tgt_key(e2)
  ) => att(seal(K,tgt,session(U,E,M,X))))).

% --- Registration --------------------------------------------------------------------------------
% carol's key is registered; hers was the proof possession(...), which went over the wire.
fof(carol_registered, axiom, registered(carol,sk(carol))).
fof(carol_proved, axiom, ![E]:
  att(possession(shared(sk(carol),epoch(E)),carol,sk(carol)))).

% eve registers the public half of X as hers.
fof(eve_registers, axiom, ![E,U,X]: (($true
  & att(possession(shared(X,epoch(E)),U,X))                                  %- possession [2]
  & U = eve                                                                  %- possession_name [2]
  ) => registered(eve,X))).

% --- Queries -------------------------------------------------------------------------------------

%? honest reached. Carol can log in.
fof(query, conjecture, ?[N,M,X]: believes(N,session(carol,e1,M,X))).

%? eve_too reached. So can eve, and knows her session key.
fof(query, conjecture, ?[M,X]: att(session(eve,e1,M,X))).

%? client safe. The session key that carol gets is not the attacker's.
%? without: root
fof(query, conjecture, ?[N,S]: (believes(N,S) & att(S))).

%? client_kci safe. Who knows her password can log in as her, but not pose as the KDC to her.
%? without: root dh_ephemeral
fof(password_is_taken, axiom, att(sk(carol))).
fof(query, conjecture, ?[N,S]: (believes(N,S) & att(S))).

%? kdc safe. No session key that the KDC gave for carol is his: nobody logs in as her.
%? without: static_key dh_static
fof(query, conjecture, ?[E,M,X]: att(session(carol,E,M,X))).

%? kci safe. That holds against a thief of the KDC's own static key (though he can forge message 1).
%? without: static_key dh_se
fof(epoch_key_is_taken, axiom, ![E]: att(epoch(E))).
fof(query, conjecture, ?[E,M,X]: att(session(carol,E,M,X))).

%? password_later safe. Who learns her password later opens no login that he recorded.
%? without: dh_ephemeral
fof(password_is_taken, axiom, late(sk(carol))).
fof(query, conjecture, ?[E,M,X]: late(session(carol,E,M,X))).

%? both_later safe. Not even if he takes the static key that answered as well (and not the TGT key).
%? without: dh_ee
fof(password_is_taken, axiom, late(sk(carol))).
fof(epoch_key_is_taken, axiom, ![E]: late(epoch(E))).
fof(query, conjecture, ?[E,M,X]: late(session(carol,E,M,X))).

%? epochs safe. All keys of a later epoch open no session of an earlier one.
%? without: epoch
fof(kdc_is_taken, axiom, late(epoch(e2)) & late(tgt_key(e2)) & late(root)).
fof(query, conjecture, ?[M,X]: late(session(carol,e1,M,X))).

%? possession safe. Nobody registers a key that he does not hold.
%? without: possession possession_name
fof(query, conjecture, registered(eve,sk(carol))).
