package bench

import (
	"context"
	"fmt"
	"time"
)

// Settings are common to all cases.
type Settings struct {
	Time time.Duration // of a run, about
	Runs int           // of each case

	// Progress, if not nil, is told of each run before it begins.
	Progress func(round, rounds int, what string)
}

// Case is one thing to measure.
type Case struct {
	result Result
	run    func(ctx context.Context, s *Settings, r *Result) (sample, error) // fills in what it learns about r
}

// sample is what one run came to.
type sample map[Figure]float64

// Name says what is measured, in few words.
func (c *Case) Name() string { return c.result.name() }

func (r *Result) name() string {
	switch {
	case r.Method != "":
		return fmt.Sprintf("%s, %s", r.Kind, r.Method)
	case r.Engine == "":
		return string(r.Kind)
	case r.Queues == 1:
		return fmt.Sprintf("%s, engine %s, 1 queue", r.Kind, r.Engine)
	}
	return fmt.Sprintf("%s, engine %s, %d queues", r.Kind, r.Engine, r.Queues)
}

// Measure runs all cases Runs times, in turn. When ctx is done, it ends as soon as the run under way can be ended, and the
// error is that of ctx; so does the first error of a run, which names the case.
func Measure(ctx context.Context, s Settings, cases []Case) ([]Result, error) {
	samples := make([][]sample, len(cases))
	for round := range s.Runs {
		for i := range cases {
			c := &cases[i]
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if s.Progress != nil {
				s.Progress(round+1, s.Runs, c.Name())
			}
			if round == 0 {
				c.result.Began, c.result.Machine = time.Now().UTC().Truncate(time.Second), ThisMachine()
			}
			got, err := c.run(ctx, &s, &c.result)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name(), err)
			}
			samples[i] = append(samples[i], got)
		}
	}
	results := make([]Result, len(cases))
	for i := range cases {
		results[i] = cases[i].result
		results[i].Runs, results[i].Seconds = s.Runs, s.Time.Seconds()
		results[i].Figures = figures(samples[i])
	}
	return results, nil
}

// figures keeps those that every run has.
func figures(runs []sample) map[Figure]Spread {
	all := make(map[Figure]Spread)
	for f := range runs[0] {
		var values []float64
		for _, run := range runs {
			if v, ok := run[f]; ok {
				values = append(values, v)
			}
		}
		if len(values) == len(runs) {
			all[f] = spread(values)
		}
	}
	return all
}
