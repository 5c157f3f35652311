package bench

// Published is a figure of somebody else's, on another machine: to see where one's own stand, and no more.
type Published struct {
	What   string  // what received, or dropped
	Method string  // of ours that it is nearest to; empty where there is none
	Mpps   float64 // per core
}

// PublishedSource says where the published figures come from, as far as we know: we have them at second hand. That repository has
// the scripts for just these five methods, and names the cards; the figures would be in its slides, which we have not read.
const PublishedSource = "quoted at second hand, most likely from SOSCON 2019 (github.com/DanielTimLee/soscon19_xdp: ConnectX-4, " +
	"and a Netronome Agilio for what is offloaded)"

// PublishedRX lists how many small packets a second one core was seen to receive or drop, by the method.
func PublishedRX() []Published {
	return []Published{
		{"UDP socket", "udp", 0.78},
		{"netfilter, iptables DROP", "", 1.27},
		{"tc ingress, drop", "", 4.08},
		{"XDP drop, native", "xdp-native", 9.94},
		{"XDP drop, offloaded to the NIC", "", 14.88},
	}
}
