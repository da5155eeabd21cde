// An independent peer for tests/peers/noise_test.cpp: Noise_IK_25519_ChaChaPoly_BLAKE2b by
// github.com/flynn/noise. It reads one command a line and answers each with one line, "ok" and what
// came out, or "refused". Words are hex; - is the empty one.
//
//	initiator SECRET PUBLIC PROLOGUE   begins: our static secret, the responder's static key
//	responder SECRET PROLOGUE          begins
//	write PAYLOAD                      gives the next message of the handshake
//	read MESSAGE                       gives its payload
//	peer                               gives the static key that the other side proved
//	hash                               gives the handshake hash
//	seal PLAINTEXT, open CIPHERTEXT    transport messages, after the handshake
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/flynn/noise"
	"golang.org/x/crypto/curve25519"
)

type session struct {
	handshake        *noise.HandshakeState
	initiator        bool
	sealing, opening *noise.CipherState
}

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "noise peer: error: "+format+"\n", arguments...)
	os.Exit(2)
}

func (s *session) begin(initiator bool, secret, peer, prologue []byte) {
	public, err := curve25519.X25519(secret, curve25519.Basepoint)
	if err != nil {
		fail("static key: %v", err)
	}
	suite := noise.NewCipherSuite(noise.DH25519, noise.CipherChaChaPoly, noise.HashBLAKE2b)
	handshake, err := noise.NewHandshakeState(noise.Config{
		CipherSuite:   suite,
		Pattern:       noise.HandshakeIK,
		Initiator:     initiator,
		Prologue:      prologue,
		StaticKeypair: noise.DHKey{Private: secret, Public: public},
		PeerStatic:    peer,
	})
	if err != nil {
		fail("handshake: %v", err)
	}
	*s = session{handshake: handshake, initiator: initiator}
}

// finish keeps the transport ciphers that the second message leaves: the initiator's first.
func (s *session) finish(first, second *noise.CipherState) {
	if first == nil {
		return
	}
	s.sealing, s.opening = first, second
	if !s.initiator {
		s.sealing, s.opening = second, first
	}
}

func (s *session) answer(command string, words [][]byte) ([]byte, error) {
	switch {
	case command == "initiator" && len(words) == 3:
		s.begin(true, words[0], words[1], words[2])
		return nil, nil
	case command == "responder" && len(words) == 2:
		s.begin(false, words[0], nil, words[1])
		return nil, nil
	case command == "write" && len(words) == 1:
		message, first, second, err := s.handshake.WriteMessage(nil, words[0])
		s.finish(first, second)
		return message, err
	case command == "read" && len(words) == 1:
		payload, first, second, err := s.handshake.ReadMessage(nil, words[0])
		s.finish(first, second)
		return payload, err
	case command == "peer" && len(words) == 0:
		return s.handshake.PeerStatic(), nil
	case command == "hash" && len(words) == 0:
		return s.handshake.ChannelBinding(), nil
	case command == "seal" && len(words) == 1:
		return s.sealing.Encrypt(nil, nil, words[0])
	case command == "open" && len(words) == 1:
		return s.opening.Decrypt(nil, nil, words[0])
	}
	fail("no command %q with %d words", command, len(words))
	return nil, nil
}

func main() {
	var current session
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	for input.Scan() {
		fields := strings.Fields(input.Text())
		if len(fields) == 0 {
			fail("an empty line")
		}
		words := make([][]byte, 0, 3)
		for _, field := range fields[1:] {
			word, err := hex.DecodeString(strings.TrimPrefix(field, "-"))
			if err != nil {
				fail("%q: %v", field, err)
			}
			words = append(words, word)
		}
		out, err := current.answer(fields[0], words)
		if err != nil {
			fmt.Println("refused")
			continue
		}
		fmt.Println("ok", hex.EncodeToString(out))
	}
}
