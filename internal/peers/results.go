package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xsweep/xsweep/internal/lab"
)

// errNoTarget is what the parser of a line returns for one that holds none.
var errNoTarget = errors.New("no target")

// eachLine parses a result file line by line, and says where it is at fault.
func eachLine(r io.Reader, parse func(line string) (target, error)) ([]target, error) {
	var rows []target
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		row, err := parse(line)
		if errors.Is(err, errNoTarget) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

// seconds is a duration in the whole seconds that all three tools take.
func seconds(d time.Duration) string {
	return strconv.Itoa(int(d / time.Second))
}

// findings is what the rows of a result file are worth.
type findings struct {
	found      uint64 // open targets that are there
	duplicates uint64 // rows whose target is in an earlier one
	untrue     uint64 // rows whose target is not open
}

// check holds rows against the truth.
func check(rows []target, truth func(addr uint32, port uint16) lab.Outcome) findings {
	j := lab.NewJudge(truth)
	for _, row := range rows {
		j.Row(row.addr, row.port)
	}
	return findings{found: j.Right, duplicates: j.Twice, untrue: j.Wrong}
}
