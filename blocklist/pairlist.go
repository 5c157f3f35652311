package blocklist

import (
	"bytes"
	"errors"
)

// pairList is a list of targets with ports.
type pairList struct {
	loader *Loader
	keys   keyList // of pairKey
	begun  bool    // a line has been read
}

func (l *pairList) add(line []byte) (host hostEntry, text []byte, err error) {
	isFirst := !l.begun
	l.begun = true
	if addr, port, ok := plainPair(line); ok {
		l.keys.add(pairKey(addr, port))
		return hostEntry{}, nil, nil
	}
	text, err = trimLine(line)
	if err != nil || isFirst && isPairHeader(text) {
		return hostEntry{}, text, err
	}
	if !bytes.HasPrefix(text, []byte("{")) {
		text = uncomment(text)
	}
	if len(text) == 0 {
		return hostEntry{}, nil, nil
	}
	name, port, err := splitPair(text)
	if err != nil {
		return hostEntry{}, text, err
	}
	host, err = l.addPair(name, port)
	return host, text, err
}

// addPair adds the target unless it is a host, which it returns.
func (l *pairList) addPair(name string, port uint16) (hostEntry, error) {
	addr, err := parseAddr(name)
	switch {
	case err == nil:
		l.keys.add(pairKey(addr, port))
		return hostEntry{}, nil
	case !errors.Is(err, errNotEntry): // IPv6, a leading zero
		return hostEntry{}, err
	case !isHostName(name):
		return hostEntry{}, errPairAddr
	case l.loader.Lookup == nil:
		return hostEntry{}, errPairHost
	}
	return hostEntry{name: name, arg: int(port)}, nil
}

func (l *pairList) addHost(host hostEntry, addr uint32) {
	l.keys.add(pairKey(addr, uint16(host.arg)))
}
