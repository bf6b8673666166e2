package rows

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"fmt"
	"math/big"

	"github.com/reenvio/reenvio-go/internal/bench/internal/measure"
	"github.com/reenvio/reenvio-go/internal/bench/internal/report"
	"github.com/reenvio/reenvio-go/internal/signer"
)

// signing is rows 8 and 9.
func (b *Bench) signing(context.Context) ([]report.Row, error) {
	key, err := signer.Parse(b.target.Secret)
	if err != nil {
		return nil, err
	}
	body := []byte(`{"webhookId":"1721442311151521794","eventType":"1","resendFromDateTime":1794130200000,"timestamp":1794130200000}`)
	parsed := signer.FromKey(key)
	// It hashes, too. Half a microsecond in a thousand is nothing, but without it
	// the very same signature was seen to take 9 % longer, on amd64: a floor that
	// flatters.
	bare := func() error {
		digest := sha512.Sum512(body)
		_, err := rsa.SignPKCS1v15(nil, key, crypto.SHA512, digest[:])
		return err
	}
	sign := func(s *signer.Signer) measure.Op {
		return func() error { _, err := s.Sign(body); return err }
	}

	weight, err := measure.Weigh(b.Runs, sign(parsed))
	if err != nil {
		return nil, err
	}
	timed, err := report.Timed("", 1.03, func() (measure.Ratio, error) { return b.compare(b.Rounds, bare, sign(parsed)) })
	if err != nil {
		return nil, err
	}
	rows := []report.Row{{
		What: "signer (SHA-512, RSA-2048, base64): allocs, bytes, time / bare rsa.SignPKCS1v15",
		Checks: []report.Check{
			report.Counted("", report.Allocs, weight.Allocs, 5),
			report.Counted("", report.Bytes, weight.Bytes, 1300),
			timed,
		},
	}}

	byHand := assembled(key)
	made, err := signer.FromSigner(byHand)
	if err != nil {
		return nil, err
	}
	timed, err = report.Timed("", 1.03, func() (measure.Ratio, error) { return b.compare(b.Rounds, bare, sign(made)) })
	if err != nil {
		return nil, err
	}
	asItIs, err := b.compare(max(b.Rounds/5, 1), bare, func() error {
		digest := sha512.Sum512(body)
		_, err := rsa.SignPKCS1v15(nil, byHand, crypto.SHA512, digest[:])
		return err
	})
	return append(rows, report.Row{
		What:   "a key assembled by hand, after New: time / bare rsa.SignPKCS1v15",
		Checks: []report.Check{timed},
		Note:   fmt.Sprintf("used as it is: %.2f", asItIs.Median),
	}), err
}

// assembled is a key as a program has it that read its numbers one by one: the
// values that make it fast are not there.
func assembled(key *rsa.PrivateKey) *rsa.PrivateKey {
	byHand := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E},
		D:         new(big.Int).Set(key.D),
	}
	for _, prime := range key.Primes {
		byHand.Primes = append(byHand.Primes, new(big.Int).Set(prime))
	}
	return byHand
}
