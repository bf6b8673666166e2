package celcoin

// SearchParameters and Encode let a test walk every parameter there is.
type SearchParameters = searchParameters

// Encode is the query of parameters.
func Encode(p SearchParameters) (string, error) { return p.encode(), nil }

// EncodeReplay is the query of a replay.
func EncodeReplay(r ReplayRequest) string { return r.parameters().encode() }
