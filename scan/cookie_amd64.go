package scan

import "golang.org/x/sys/cpu"

// cookiesAVX2 hashes n messages, eight at a time; n must be a multiple of 8 and not 0.
//
//go:noescape
func cookiesAVX2(state *sip, cookies, messages *uint64, n int)

// cookies hashes the messages of targets; there must be room for as many cookies. With AVX2 it takes a quarter of the
// time that it takes for each of them alone (BenchmarkCookies).
func (s *source) cookies(cookies, messages []uint64) {
	if whole := len(messages) &^ 7; whole > 0 && cpu.X86.HasAVX2 {
		cookies = cookies[:len(messages)]
		cookiesAVX2(&s.state, &cookies[0], &messages[0], whole)
		cookies, messages = cookies[whole:], messages[whole:]
	}
	s.cookiesEach(cookies, messages)
}
