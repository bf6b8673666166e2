package celcoin

// Parameters and Encode let a test walk every parameter there is.
type Parameters = parameters

// Encode is the query of parameters.
func Encode(p Parameters) (string, error) { return p.encode() }
