//go:build !amd64

package packet

// patchMany writes as many frames as it can, from the first one on, and returns how many: none on this architecture.
func (t *Template) patchMany([]byte, []uint64, []Probe) (done int) { return 0 }
