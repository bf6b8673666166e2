package celcoin

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/reenvio/reenvio-go/internal/transport"
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

func loadClientCertificate(cert, key, passphrase string) (loaded tls.Certificate, err error) {
	chain, err := readPEM("certificate", cert)
	if err != nil {
		return loaded, err
	}
	for i, block := range chain.blocks {
		if block.Type == "CERTIFICATE" {
			if _, err := x509.ParseCertificate(block.Bytes); err != nil {
				return loaded, fmt.Errorf("%s is damaged: its block number %d is not a certificate; copy it again", chain.name, i+1)
			}
		}
	}
	private, err := readPEM("key", key)
	if err != nil {
		return loaded, err
	}
	if err := private.decrypt(passphrase); err != nil {
		return loaded, err
	}
	// TLS wants the client's own certificate first. Some bundles have it last.
	for range chain.blocks {
		if loaded, err = tls.X509KeyPair(chain.encode(), private.encode()); err == nil {
			return loaded, transport.CheckDates(loaded.Leaf, time.Now(), 0)
		}
		chain.blocks = append(chain.blocks[1:], chain.blocks[0])
	}
	return loaded, fmt.Errorf("%s and %s cannot be used: %w; give the two of one issue, as both change when a certificate is renewed"+
		" (these print the same for a pair: openssl x509 -noout -pubkey -in cert.pem and openssl pkey -pubout -in key.pem)",
		chain.name, private.name, err)
}
