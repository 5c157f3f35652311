package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// report is the subcommand.
func report(args []string) error {
	flags := flag.NewFlagSet("peers report", flag.ContinueOnError)
	rates := flags.String("rates", "docs/peers.csv", "take the rates from `FILE`")
	recall := flags.String("recall", "docs/recall.csv", "take the curve from `FILE`")
	picture := flags.String("plot", "docs/recall.png", "draw the curve in `FILE`")
	doc := flags.String("doc", "docs/performance.md", "put the tables between the markers of `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return errors.Join(
		reportTable(*doc, "rates", *rates, ratesTable),
		reportTable(*doc, "recall", *recall, recallTable),
		reportPlot(*picture, *recall),
	)
}

// reportTable writes the table of a file of records, if there are any, between the markers of a document.
func reportTable(doc, name, path string, table func([]record) string) error {
	records, err := loadRecords(path)
	if err != nil || len(records) == 0 {
		return err
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	changed, err := between(string(text), name, table(records))
	if err != nil {
		return fmt.Errorf("%s: %w", doc, err)
	}
	return os.WriteFile(doc, []byte(changed), 0o644)
}

func reportPlot(picture, path string) error {
	records, err := loadRecords(path)
	if err != nil || len(records) == 0 {
		return err
	}
	return drawRecall(picture, records)
}
