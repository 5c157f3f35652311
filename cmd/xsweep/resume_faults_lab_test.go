package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/checkpoint"
	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestKillAndResumeInPasses kills a scan that probes each target three times, with time between, and remembers the last
// answers only. Rows come twice for probes that a kill has had repeated, and not for those of the later passes.
func TestKillAndResumeInPasses(t *testing.T) {
	c := newCutOff(t, "198.18.32.0/19", 81, "--probes", "3", "--probe-interval", "0.4", "--dedup-method", "window", "--dedup-window-size",
		"5000") // of some 3,300 that answer
	c.passes = 3
	r := rand.New(rand.NewPCG(81, 81))
	p := c.begin(t)
	const kills = 6
	for kill := range kills {
		c.awaitProbes(t)
		life := time.Duration(r.Int64N(int64(300 * time.Millisecond)))
		if kill%2 == 0 {
			life += 1200 * time.Millisecond // until a checkpoint counts on something
		}
		time.Sleep(life)
		p.cmd.Process.Kill()
		p.wait(t)
		p = c.goOn(t)
	}
	p.waitFor(t, exitDone)
	c.check(t, kills)
}

// TestKillAfterFullDisk has checkpoints find no room for a while, kills the scan soon after there is some again, and goes on:
// with rows on another disk, and on the same.
func TestKillAfterFullDisk(t *testing.T) {
	for name, onDisk := range map[string][]string{
		"checkpoint":          {"scan.ckpt"},
		"checkpoint and rows": {"scan.ckpt", "rows.csv", "rows.json.zst"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCutOff(t, "198.18.0.0/17", 82, "--keep-privileges") // without, the way to the disk is closed
			disk := labtest.SmallDisk(t, 2<<20)
			for i, arg := range c.args {
				for _, file := range onDisk {
					if arg == file {
						c.args[i] = filepath.Join(disk, file)
						must(t, os.Symlink(c.args[i], filepath.Join(c.dir, file))) // for who looks
					}
				}
			}
			p := c.begin(t)
			c.awaitProbes(t)
			filler := filepath.Join(disk, "filler")
			fillUp(t, filler, func() bool {
				return strings.Contains(p.stderr.String(), "checkpoint not written: the last one is as it was")
			})
			time.Sleep(300 * time.Millisecond) // more of them
			must(t, os.Remove(filler))
			awaitStderr(t, p, "checkpoints are written again")
			c.awaitProbes(t)
			time.Sleep(150 * time.Millisecond)
			p.cmd.Process.Kill()
			if code := p.wait(t); code != -1 {
				t.Fatalf("it ended by itself, %d:\n%s", code, &p.stderr)
			}
			p = c.goOn(t)
			p.waitFor(t, exitDone)
			c.check(t, 2) // for the time without checkpoints there is one more
		})
	}
}

// fillUp leaves no room on a disk, not even what others free meanwhile, until somebody has noticed.
func fillUp(t *testing.T, path string, isNoticed func() bool) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	page := make([]byte, 4096)
	for deadline := time.Now().Add(30 * time.Second); !isNoticed(); {
		if _, err := f.Write(page); err == nil {
			continue
		} else if !errors.Is(err, unix.ENOSPC) || time.Now().After(deadline) {
			t.Fatalf("the disk is full, and nobody says so in half a minute: %v", err)
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitStderr waits until a program says something.
func awaitStderr(t *testing.T, p *program, text string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(p.stderr.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing about %q in half a minute:\n%s", text, &p.stderr)
		}
	}
}

// TestResumeOnANewInterface takes the interface away, and goes on by another one of the same name: what had answered stays,
// and what was on its way is asked for again.
func TestResumeOnANewInterface(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			c := newCutOff(t, "198.18.64.0/18", 83, "--engine", engine)
			p := c.begin(t)
			c.awaitProbes(t)
			time.Sleep(300 * time.Millisecond)
			must(t, changeLink(c.l.Scanner, netlink.LinkDel))
			p.waitFor(t, exitFailed)
			if want := "scan0: the interface has gone"; !strings.Contains(p.stderr.String(), want) {
				t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
			}
			if f, err := checkpoint.Load(filepath.Join(c.dir, "scan.ckpt")); err != nil || f.Complete {
				t.Fatalf("the checkpoint: complete %v, %v", f.Complete, err)
			}
			p = c.goOn(t)
			p.waitFor(t, exitFailed) // there is none yet

			cover, err := c.world.Coverage()
			must(t, err)
			c.earlier = append(c.earlier, cover)
			c.l = labtest.New(t, lab.Config{NoLock: true})
			c.world = simulate(t, c.l, c.worldConfig(83))
			p = c.goOn(t)
			p.waitFor(t, exitDone)
			c.check(t, 1)
		})
	}
}

// TestResumeAfterLinkDown kills a scan whose targets wait for the interface to come up again. Going on while it is down is
// an error; once it is up, nothing is missing.
func TestResumeAfterLinkDown(t *testing.T) {
	for _, engine := range bothEngines {
		t.Run(engine, func(t *testing.T) {
			c := newCutOff(t, "198.18.64.0/18", 84, "--engine", engine, "-i", "scan0", "--gateway-mac", "02:00:c6:12:00:02") // routes go
			p := c.begin(t)
			c.awaitProbes(t)
			time.Sleep(300 * time.Millisecond)
			must(t, setUp(c.l.Scanner, false))
			awaitStderr(t, p, "sending is paused")
			time.Sleep(1500 * time.Millisecond) // until a checkpoint counts on all that was sent
			p.cmd.Process.Kill()
			p.wait(t)
			p = c.goOn(t)
			p.waitFor(t, exitFailed)
			if want := "ip link set NAME up"; !strings.Contains(p.stderr.String(), want) {
				t.Errorf("stderr does not say %q:\n%s", want, &p.stderr)
			}
			must(t, setUp(c.l.Scanner, true))
			p = c.goOn(t)
			p.waitFor(t, exitDone)
			c.check(t, 1)
		})
	}
}
