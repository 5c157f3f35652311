package preflight

import (
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/ethtool"
	"github.com/xsweep/xsweep/internal/nexthop"
	"github.com/xsweep/xsweep/internal/privilege"
	"github.com/xsweep/xsweep/xsk"
)

// readFiles copies a tree of files, so that a test can change it.
func readFiles(t testing.TB, dir string) fstest.MapFS {
	t.Helper()
	files := make(fstest.MapFS)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(dir + "/" + path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// machine is one where all is well: a server with four cores for the scan and a card that has everything.
func machine(t testing.TB) *Env {
	return &Env{
		Files: readFiles(t, "testdata/machine"), Release: "6.18.4-amd64", Program: "/usr/local/bin/xsweep",
		MemLock: unix.Rlimit{Cur: 8 << 20, Max: 8 << 20}, MaxFiles: unix.Rlimit{Cur: 1024, Max: 1 << 20},
		Cores: []int{0, 1, 2, 3}, PageSize: 4096, Landlock: 7,
		Path: &nexthop.Path{
			Interface: "eth7", Ifindex: 7, Source: []uint32{0xc6120001}, HasGateway: true, Gateway: 0xc6120002,
			NextHopMAC: [6]byte{2, 0, 0, 0, 0, 9}, Learned: "neighbour table",
			How: "eth7, source 198.18.0.1, gateway 198.18.0.2 at 02:00:00:00:00:09 (neighbour table)",
		},
		Device: &Device{
			Name: "eth7", Index: 7, Kind: "device", Encap: "ether", MTU: 1500, Up: true, Carrier: true, HasMAC: true, Driver: "ice",
			Features: answer[xsk.Features]{it: xsk.Features{
				Driver: "ice", XDP: xsk.Basic | xsk.Redirect | xsk.NdoXmit | xsk.XSKZeroCopy | xsk.RxSG,
			}},
			Channels: answer[ethtool.Channels]{it: ethtool.Channels{Combined: 4, MaxCombined: 64}},
			Rings:    answer[ethtool.Rings]{it: ethtool.Rings{RX: 2048, TX: 1024, MaxRX: 8160, MaxTX: 8160}},
			Table:    answer[[]int]{it: []int{0, 1, 2, 3, 0, 1, 2, 3}},
			Offloads: answer[map[string]bool]{it: map[string]bool{"rx-gro": true, "large-receive-offload": false}},
			Statistics: answer[map[string]uint64]{it: map[string]uint64{
				"rx_packets": 4711,
			}},
			HasFiles: true,
		},
	}
}

func (e *Env) file(path, text string) {
	e.Files.(fstest.MapFS)[path] = &fstest.MapFile{Data: []byte(text + "\n")}
}

func (e *Env) remove(path string) { delete(e.Files.(fstest.MapFS), path) }

// lacks takes capabilities away.
func (e *Env) lacks(names ...string) {
	for _, n := range privilege.ToOpen() {
		for _, name := range names {
			if n.String() == name {
				e.Missing = append(e.Missing, n)
			}
		}
	}
}

// drives gives the card another driver, with these features.
func (e *Env) drives(driver string, f xsk.XDPFeatures) {
	e.Device.Driver = driver
	e.Device.Features.it = xsk.Features{Driver: driver, XDP: f}
}

// forbidden is a machine whose files only root may read.
type forbidden struct{ fs.FS }

func (f forbidden) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: "/" + name, Err: unix.EACCES}
}
