package engine

import "context"

func (s *session) pull(context.Context) error { return nil }
