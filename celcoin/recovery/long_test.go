package recovery_test

import "os"

// long tells whether the tests are to take their time, as before a release: with
// REENVIO_LONG=1 in the environment.
func long() bool { return os.Getenv("REENVIO_LONG") != "" }
