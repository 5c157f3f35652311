//go:build !amd64

package scan

// cookies hashes the messages of targets; there must be room for as many cookies.
func (s *source) cookies(cookies, messages []uint64) { s.cookiesEach(cookies, messages) }
