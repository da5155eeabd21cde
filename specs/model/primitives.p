% What anybody can compute. Shared by the models; README.md says how to read them.
%
% att(M): the attacker, who is the network, has M. A rule says what he can make from what he has,
% and he can do nothing else: that is what "perfect cryptography" means here. Only what is hard to
% get appears in att: keys, chain values, tags, signatures, seals, inputs. Names, ids, nonces,
% digests, headers and bodies are his from the start, without saying.

% Seal(Key, Ad, Message).
fof(seal, axiom, ![K,A,M]: ((att(K) & att(M)) => att(seal(K,A,M)))).
fof(open, axiom, ![K,A,M]: ((att(K) & att(seal(K,A,M))) => att(M))).

% Signatures: the message itself is no secret.
fof(sign, axiom, ![K,M]: (att(K) => att(sign(K,M)))).

% X25519: shared(X,Y) from one of the secret keys X and Y and the other's public key, which is
% public. The initiator (a rolling key, an ephemeral key) stands first.
fof(shared_first,  axiom, ![X,Y]: (att(X) => att(shared(X,Y)))).
fof(shared_second, axiom, ![X,Y]: (att(Y) => att(shared(X,Y)))).
