package xsk

import (
	"errors"
	"fmt"
)

// ErrFrameLength is wrapped by SendBatch's error for a frame that is empty or longer than TxQueue.FrameSize.
var ErrFrameLength = errors.New("frame length out of range")

// SendBatch copies frames into slots, hands them to the kernel and kicks it, and returns how many frames it handed over:
// fewer than all where there was no room for more. The rest may be passed again after a pause. It is for senders that have
// their frames already; to build them in place, without a copy, use Reserve, Frame and Submit.
//
// It gives back a reservation that has not been submitted. The error is Kick's, or wraps ErrFrameLength for a frame that no
// slot takes, which is the first one not handed over.
func (q *TxQueue) SendBatch(frames [][]byte) (int, error) {
	n := q.Reserve(len(frames))
	for i, f := range frames[:n] {
		if len(f) == 0 || len(f) > int(q.frameSize) {
			err := fmt.Errorf("frame %d of %d bytes: %w, 1 to %d", i, len(f), ErrFrameLength, q.frameSize)
			q.Submit(i)
			_, kickErr := q.Kick()
			return i, errors.Join(err, kickErr)
		}
		q.SetLen(i, copy(q.Frame(i), f))
	}
	q.Submit(n)
	_, err := q.Kick()
	return n, err
}
