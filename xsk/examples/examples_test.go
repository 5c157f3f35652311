// Package examples_test builds the examples and runs them in a lab, as users run them.
package examples_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"golang.org/x/sys/unix"

	"github.com/xsweep/xsweep/internal/lab"
	"github.com/xsweep/xsweep/internal/lab/labtest"
)

// TestExamplesAreShort holds them to what a reader takes in at once.
func TestExamplesAreShort(t *testing.T) {
	files, err := filepath.Glob("*/main.go")
	if err != nil || len(files) != 4 {
		t.Fatalf("found %v, %v; want four examples", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(text, []byte("\n")); n >= 80 {
			t.Errorf("%s has %d lines, want less than 80", file, n)
		}
	}
}

// example is a running example.
type example struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *bufio.Scanner
	stderr bytes.Buffer
}

// build compiles an example.
func build(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", file, "./"+name).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return file
}

// start starts an example on the host. What it prints is to be read to its end.
func start(t *testing.T, h *lab.Host, name string, args ...string) *example {
	t.Helper()
	e := &example{t: t, cmd: exec.Command(build(t, name), append([]string{"-i", h.Interface()}, args...)...)}
	e.cmd.Stderr = &e.stderr
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	e.out = bufio.NewScanner(out)
	if err := h.Start(e.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if e.cmd.ProcessState == nil {
			_ = e.cmd.Process.Kill()
			_ = e.cmd.Wait()
		}
	})
	return e
}

// line reads what the example prints next.
func (e *example) line() string {
	e.t.Helper()
	if !e.out.Scan() {
		e.t.Fatalf("%s printed no more: %v; %v; %s", e.cmd.Path, e.out.Err(), e.cmd.Wait(), &e.stderr)
	}
	return e.out.Text()
}

// interrupt sends what Ctrl-C sends, wants a clean end, and returns the last line that was printed.
func (e *example) interrupt() (last string) {
	e.t.Helper()
	if err := e.cmd.Process.Signal(os.Interrupt); err != nil {
		e.t.Fatal(err)
	}
	for e.out.Scan() {
		last = e.out.Text()
	}
	if err := e.cmd.Wait(); err != nil || e.stderr.Len() > 0 {
		e.t.Errorf("%s after SIGINT: %v, %s", e.cmd.Path, err, &e.stderr)
	}
	return last
}

// tap sends and receives whole frames on a host's interface.
type tap struct {
	t    *testing.T
	fd   int
	addr *unix.SockaddrLinklayer
}

func openTap(t *testing.T, h *lab.Host) *tap {
	t.Helper()
	p := &tap{t: t, addr: &unix.SockaddrLinklayer{
		Ifindex:  h.Ifindex(),
		Protocol: binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}), // network order
	}}
	err := h.Do(func() (err error) {
		// No protocol until it is bound, so that it never hears another interface.
		if p.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		return errors.Join(
			unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 256<<20),
			unix.SetsockoptTimeval(p.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 2}),
			unix.Bind(p.fd, p.addr))
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p.fd) })
	return p
}

func (p *tap) send(frame []byte) {
	p.t.Helper()
	err := unix.Sendto(p.fd, frame, 0, p.addr)
	for ; errors.Is(err, unix.ENOBUFS); err = unix.Sendto(p.fd, frame, 0, p.addr) {
		time.Sleep(time.Millisecond) // the far end is behind
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// receive returns the next frame that came in and is wanted, or nil if nothing comes for two seconds.
func (p *tap) receive(wanted func([]byte) bool) []byte {
	p.t.Helper()
	buf := make([]byte, 2048)
	for {
		n, from, err := unix.Recvfrom(p.fd, buf, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return nil
		case err != nil:
			p.t.Fatal(err)
		}
		if from.(*unix.SockaddrLinklayer).Pkttype != unix.PACKET_OUTGOING && wanted(buf[:n]) {
			return buf[:n]
		}
	}
}

// datagram is a UDP datagram from the world to a port of the scanner.
func datagram(t *testing.T, l *lab.Lab, port uint16, payload string) []byte {
	t.Helper()
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP,
		SrcIP: net.IP{198, 18, 0, 2}, DstIP: net.IP{198, 18, 0, 1}}
	udp := &layers.UDP{SrcPort: 4000, DstPort: layers.UDPPort(port)}
	buf := gopacket.NewSerializeBuffer()
	err := errors.Join(udp.SetNetworkLayerForChecksum(ip), gopacket.SerializeLayers(buf,
		gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: l.World.MAC(), DstMAC: l.Scanner.MAC(), EthernetType: layers.EthernetTypeIPv4},
		ip, udp, gopacket.Payload(payload)))
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func isUDP(b []byte) bool {
	return len(b) >= 42 && b[12] == 0x08 && b[13] == 0x00 && b[23] == unix.IPPROTO_UDP
}

// TestFlood receives as many queries as were sent and not reported as dropped, each once, and decodes them.
func TestFlood(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	far := openTap(t, l.World)
	const queries = 20_000
	e := start(t, l.Scanner, "flood", "-mac", l.World.MAC().String(), "-n", strconv.Itoa(queries), "-gap", "20us")
	seen := make(map[uint16]bool)
	for range queries {
		b := far.receive(isUDP)
		if b == nil {
			break
		}
		p := gopacket.NewPacket(b, layers.LayerTypeEthernet, gopacket.Default)
		dns, ok := p.Layer(layers.LayerTypeDNS).(*layers.DNS)
		if !ok || len(dns.Questions) != 1 || string(dns.Questions[0].Name) != "example.com" {
			t.Fatalf("not a query for example.com: %v", p)
		}
		if seen[dns.ID] {
			t.Fatalf("query %d came twice", dns.ID)
		}
		seen[dns.ID] = true
	}
	var sent, dropped, left int
	line := e.line()
	_, err := fmt.Sscanf(line, "%d queries sent, %d dropped by the device, %d not completed", &sent, &dropped, &left)
	if err != nil || sent != queries || left != 0 || len(seen) == 0 || len(seen)+dropped != queries {
		t.Errorf("%d queries of %d arrived, and flood says %q", len(seen), queries, line)
	}
	if err := e.cmd.Wait(); err != nil {
		t.Errorf("flood: %v, %s", err, &e.stderr)
	}
}

// TestFloodInterrupted stops a flood without end, at full speed.
func TestFloodInterrupted(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	far := openTap(t, l.World)
	e := start(t, l.Scanner, "flood", "-mac", l.World.MAC().String(), "-n", "1000000000")
	if far.receive(isUDP) == nil {
		t.Fatal("nothing arrived")
	}
	if last := e.interrupt(); !strings.Contains(last, "queries sent") {
		t.Errorf("flood says %q in the end", last)
	}
}

// TestReflect gets each frame back once, with its addresses swapped and nothing else changed.
func TestReflect(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	far := openTap(t, l.World)
	e := start(t, l.Scanner, "reflect")
	if got := e.line(); !strings.HasSuffix(got, "XDP mode native") {
		t.Errorf("reflect says %q, want native mode", got)
	}
	const frames = 1000
	for i := range frames {
		b := datagram(t, l, 9, strings.Repeat(strconv.Itoa(i), 1+i%300))
		far.send(b)
		want := string(b[6:12]) + string(b[:6]) + string(b[12:26]) + string(b[30:34]) + string(b[26:30]) + string(b[34:])
		if got := far.receive(isUDP); string(got) != want {
			t.Fatalf("frame %d came back as\n%x, want\n%x", i, got, want)
		}
	}
	e.interrupt()
	if _, attached, err := l.Scanner.XDPAttached(); attached || err != nil {
		t.Errorf("after the end a program is attached: %v, %v", attached, err)
	}
}

// TestCapture counts what was sent, over the queues.
func TestCapture(t *testing.T) {
	for _, mode := range []string{"native", "generic"} {
		t.Run(mode, func(t *testing.T) {
			l := labtest.New(t, lab.Config{Queues: 2})
			far := openTap(t, l.World)
			e := start(t, l.Scanner, "capture", "-xdp", mode)
			if got, want := e.line(), "capturing on 2 queues, XDP mode "+mode; got != want {
				t.Errorf("capture says %q, want %q", got, want)
			}
			var sum [2]int
			report := regexp.MustCompile(`^queue ([01]): \d+ new, (\d+) in all, 0 lost$`)
			read := func() {
				line := e.line()
				m := report.FindStringSubmatch(line)
				if m == nil {
					t.Fatalf("capture says %q", line)
				}
				queue, _ := strconv.Atoi(m[1])
				sum[queue], _ = strconv.Atoi(m[2])
			}
			// Frames of the hosts' own, if there are any, come before ours.
			read()
			read()
			before := sum[0] + sum[1]
			const frames = 2000
			for range frames {
				far.send(datagram(t, l, 9, "count me"))
			}
			for deadline := time.Now().Add(30 * time.Second); sum[0]+sum[1] < before+frames && time.Now().Before(deadline); {
				read()
			}
			if got := sum[0] + sum[1] - before; got != frames {
				t.Errorf("%d frames counted, want %d", got, frames)
			}
			if last := e.interrupt(); !strings.HasPrefix(last, "queue 1: ") {
				t.Errorf("capture says %q in the end", last)
			}
		})
	}
}

// TestApply is told who sent what, for the port asked for and no other.
func TestApply(t *testing.T) {
	l := labtest.New(t, lab.Config{Queues: 1})
	far := openTap(t, l.World)
	e := start(t, l.Scanner, "apply", "-port", "5353")
	if got, want := e.line(), "receiving port 5353 on queue 0, XDP mode native"; got != want {
		t.Errorf("apply says %q, want %q", got, want)
	}
	const datagrams = 200
	for i := range datagrams {
		text := "hello " + strconv.Itoa(i)
		far.send(datagram(t, l, 5354, "not "+text))
		far.send(datagram(t, l, 5353, text))
		if got, want := e.line(), fmt.Sprintf("198.18.0.2 > 198.18.0.1: %q", text); got != want {
			t.Fatalf("apply says %q, want %q", got, want)
		}
	}
	want := fmt.Sprintf("%d datagrams, of which 0 lost; 0 more went to the host, by other queues", datagrams)
	if last := e.interrupt(); last != want {
		t.Errorf("apply says %q in the end, want %q", last, want)
	}
}

// TestErrors wants a line that names what is wrong, and a failure.
func TestErrors(t *testing.T) {
	l := labtest.New(t, lab.Config{})
	if _, err := l.AttachPass(l.Scanner); err != nil {
		t.Fatal(err)
	}
	mac := l.World.MAC().String()
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"flood", []string{"-i", "nowhere0", "-mac", mac}, `flood: interface "nowhere0": .*no such network interface`},
		{"flood", []string{"-i", "scan0"}, `flood: .*invalid MAC address`},
		{"flood", []string{"-i", "scan0", "-mac", mac, "-dst", "::1"}, `flood: .*IP`},
		{"flood", []string{"-i", "scan0", "-mac", mac, "-dst", "198.18"}, `invalid value "198.18" for flag -dst`},
		{"reflect", []string{"-i", "nowhere0"}, `reflect: interface "nowhere0": `},
		{"reflect", []string{"-i", "scan0"}, `reflect: interface scan0 has an XDP program of another owner: id \d+, name "lab_pass"`},
		{"capture", []string{}, `capture: interface "": `},
		{"capture", []string{"-i", "scan0", "-xdp", "fast"}, `capture: XDP mode "fast": not auto, native or generic`},
		{"capture", []string{"-i", "scan0"}, `capture: interface scan0 has an XDP program of another owner`},
		{"apply", []string{"-i", "nowhere0"}, `apply: interface "nowhere0": `},
		{"apply", []string{"-i", "scan0", "-port", "65536"}, `apply: port 65536`},
		{"apply", []string{"-i", "scan0"}, `apply: interface scan0 has an XDP program of another owner`},
	}
	files := make(map[string]string)
	for _, tt := range tests {
		if files[tt.name] == "" {
			files[tt.name] = build(t, tt.name)
		}
		var stderr bytes.Buffer
		cmd := exec.Command(files[tt.name], tt.args...)
		cmd.Stderr = &stderr
		err := l.Scanner.Run(cmd)
		if _, failed := errors.AsType[*exec.ExitError](err); !failed || !regexp.MustCompile(tt.want).MatchString(stderr.String()) {
			t.Errorf("%s %s: %v\n%s\nwant %s", tt.name, tt.args, err, &stderr, tt.want)
		}
	}
}
