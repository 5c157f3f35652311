package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
)

// Write writes m as one line to the file at path, or to standard output for "-". The file appears whole or not at all:
// it is made as path.partial, in the same directory, brought to disk, and renamed. What is neither there nor a regular
// file, such as a pipe, is written to directly. Errors name the file.
func (m *Metadata) Write(path string) error {
	line, err := m.line()
	if err != nil {
		return fmt.Errorf("write metadata: %w", err)
	}
	file, err := openPartial(path)
	if err != nil {
		return err
	}
	err = file.begin()
	if err == nil {
		err = file.writeWhole(line)
	}
	if err != nil {
		file.discard()
		return err
	}
	return file.publish()
}

// line returns m as JSON with a line end. Arrays that are nil become [], for those who loop over them.
func (m *Metadata) line() ([]byte, error) {
	full := *m
	full.TargetPorts = append([]uint16{}, m.TargetPorts...)
	full.CommandLine = append([]string{}, m.CommandLine...)
	full.SourceIPs = append([]netip.Addr{}, m.SourceIPs...)
	if full.Drops == nil {
		full.Drops = map[string]uint64{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // filters are full of < and &
	err := enc.Encode(&full)
	return out.Bytes(), err
}

// CheckPath finds out, before a scan, whether Metadata.Write could write to path after it: the directory is there and
// can be written to, and path is none itself. It makes path.partial and removes it again; path itself, if there, stays
// as it is. A pipe passes unseen, since opening one waits for its reader. The error names the file and wraps the errno.
func CheckPath(path string) error {
	final, err := replaceable(path)
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	if final == "" && path != "" {
		return nil
	}
	file, err := openPartial(path)
	if err != nil {
		return err
	}
	file.discard()
	return nil
}

// discard closes the file and removes it, if it is not in its final place.
func (p *partial) discard() {
	_ = p.Close() // whatever became of it
	if p.path != "" {
		_ = os.Remove(p.Name())
	}
}
