package blocklist

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

var (
	errPairJSON = errors.New(`want a JSON object on one line with "ip" or "saddr" and "port" or "sport"`)
	errJSONPort = errors.New(`want a number from 0 to 65535 in "port" or "sport"`)
)

// jsonPair is a line of JSON. A json.Number is a number or a string that holds one.
type jsonPair struct {
	IP    string      `json:"ip"`
	Saddr string      `json:"saddr"`
	Port  json.Number `json:"port"`
	Sport json.Number `json:"sport"`
}

// splitJSONPair is splitPair for a line of JSON.
func splitJSONPair(text []byte) (name string, port uint16, err error) {
	var pair jsonPair
	if err := json.Unmarshal(text, &pair); err != nil {
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			return "", 0, fmt.Errorf("%w: %w", errPairJSON, err)
		}
		return "", 0, errPairJSON
	}
	name, portText := cmp.Or(pair.IP, pair.Saddr), cmp.Or(pair.Port, pair.Sport)
	if name == "" || portText == "" {
		return "", 0, errPairJSON
	}
	n, err := strconv.ParseUint(string(portText), 10, portBits)
	if err != nil {
		return "", 0, errJSONPort
	}
	if isIPv6(name) {
		return "", 0, ErrIPv6
	}
	return name, uint16(n), nil
}
