package celcoin

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// LoadClientCertificate reads the certificate and the private key that Celcoin
// issued for production, for [WithClientCertificate].
//
// Each of cert and key is the path of a PEM file or PEM text, as a variable of
// the environment holds it; one file may hold both, and is then given twice.
// Line breaks that became a literal \n or a space are put back. Intermediate
// certificates in cert are sent along.
//
// The passphrase is for an encrypted PKCS#8 key ("BEGIN ENCRYPTED PRIVATE KEY");
// for a key that is not encrypted it is not looked at. Keys encrypted in the
// traditional form, .pfx and .p12 files and binary certificates are refused with
// the openssl command that converts them.
//
// It is an error if the key belongs to another certificate, or if the
// certificate has expired or is not valid yet by this machine's clock. No error
// shows anything of a key, a passphrase or PEM text; a path is shown only if it
// ends like that of a certificate or a key (.pem, .key, .crt and so on).
//
// https://developers.celcoin.com.br/docs/mtls
func LoadClientCertificate(cert, key, passphrase string) (tls.Certificate, error) {
	loaded, err := loadClientCertificate(cert, key, passphrase)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("celcoin: client certificate: %w", err)
	}
	return loaded, nil
}

func loadClientCertificate(cert, key, passphrase string) (tls.Certificate, error) {
	chain, err := readCertificates(cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	private, err := readPrivateKey(key, passphrase)
	if err != nil {
		return tls.Certificate{}, err
	}
	own := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
		public, ok := c.PublicKey.(interface {
			Equal(other crypto.PublicKey) bool
		})
		return ok && public.Equal(private.Public())
	})
	if own < 0 {
		return tls.Certificate{}, errors.New("the key belongs to another certificate; both change when a certificate is renewed, so give the two of one issue" +
			" (these print the same for a pair: openssl x509 -noout -pubkey -in cert.pem and openssl pkey -pubout -in key.pem)")
	}
	leaf := chain[own]
	if err := checkValidity(leaf, time.Now()); err != nil {
		return tls.Certificate{}, err
	}
	// TLS wants the client's own certificate first. Some bundles have it last.
	loaded := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: private, Leaf: leaf}
	for _, c := range slices.Delete(chain, own, own+1) {
		loaded.Certificate = append(loaded.Certificate, c.Raw)
	}
	return loaded, nil
}

// readCertificates reads the certificates of a chain, in their order.
func readCertificates(value string) ([]*x509.Certificate, error) {
	name, blocks, err := readPEM("certificate", value)
	if err != nil {
		return nil, err
	}
	var chain []*x509.Certificate
	for _, block := range blocks {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: its certificate number %d cannot be parsed; copy it again", name, len(chain)+1)
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("%s has no block BEGIN CERTIFICATE; give the certificate that Celcoin issued, not the key or the request (CSR)"+
			" (PKCS#7 is converted by openssl pkcs7 -print_certs -in client.p7b -out cert.pem)", name)
	}
	return chain, nil
}

// checkValidity refuses a certificate outside of its dates, and names them.
func checkValidity(c *x509.Certificate, now time.Time) error {
	const layout = "2006-01-02 15:04 UTC"
	dates := fmt.Sprintf("it is valid from %s to %s, and the clock of this machine says %s",
		c.NotBefore.UTC().Format(layout), c.NotAfter.UTC().Format(layout), now.UTC().Format(layout))
	switch {
	case now.After(c.NotAfter):
		return fmt.Errorf("the certificate has expired: %s; ask Celcoin for a new one", dates)
	case now.Before(c.NotBefore):
		return fmt.Errorf("the certificate is not valid yet: %s; check the clock, or use the previous certificate until then", dates)
	}
	return nil
}
