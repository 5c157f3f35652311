package main

import (
	"encoding/json"
	"errors"

	"github.com/spf13/pflag"
)

// noteOptions are what users have to say about a scan. It goes into its metadata.
type noteOptions struct {
	notes        string
	userMetadata string // JSON, or nothing
}

func (o *noteOptions) flags() *pflag.FlagSet {
	f := newFlagSet()
	f.StringVar(&o.notes, "notes", "", "put `TEXT` into the metadata")
	f.StringVar(&o.userMetadata, "user-metadata", "", "put `JSON` into the metadata, under user-metadata")
	return f
}

func (o *noteOptions) check(*settings) error {
	if o.userMetadata != "" && !json.Valid([]byte(o.userMetadata)) {
		return errors.New("--user-metadata is not JSON, such as {\"ticket\": 7}")
	}
	return nil
}
