package output

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFileFor(t *testing.T) {
	tests := []struct {
		path        string
		format      Format
		compression Compression
	}{
		{"a.csv", CSV, Uncompressed},
		{"a.json", JSON, Uncompressed},
		{"a.jsonl", JSON, Uncompressed},
		{"a.ndjson", JSON, Uncompressed},
		{"a.parquet", Parquet, Uncompressed},
		{"a.csv.gz", CSV, Gzip},
		{"a.json.zst", JSON, Zstd},
		{"a.parquet.gz", Parquet, Gzip}, // which CheckFiles refuses
		{"A.JSON.GZ", JSON, Gzip},
		{"a.gz", CSV, Gzip},
		{"a.json.bak", CSV, Uncompressed},
		{"results", CSV, Uncompressed},
		{"json", CSV, Uncompressed},
		{"a.json/b", CSV, Uncompressed},
		{"-", CSV, Uncompressed},
		{"", CSV, Uncompressed},
	}
	for _, tt := range tests {
		if got, want := FileFor(tt.path), (File{tt.path, tt.format, tt.compression}); got != want {
			t.Errorf("FileFor(%q) = %v, want %v", tt.path, got, want)
		}
	}
}

func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, err := range []error{os.WriteFile("old.csv", nil, 0o600), os.Link("old.csv", "hard.csv"),
		os.Symlink("old.csv", "soft.csv"), os.Symlink(os.DevNull, "null.csv")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	abs := filepath.Join(dir, "a.csv")
	tests := []struct {
		name  string
		paths []string
		want  string // "" for none
	}{
		{"one of each", []string{"-", "a.csv", "a.json", "a.csv.gz", "a.parquet"}, ""},
		{"none", nil, "no output file"},
		{"no name", []string{"a.csv", ""}, "create output file: empty file name"},
		{"twice", []string{"a.csv", "a.csv"}, "output file given twice: a.csv"},
		{"standard output twice", []string{"-", "a.csv", "-"}, "output file given twice: standard output"},
		{"twice by two names", []string{"a.csv", "./b/../a.csv"}, "output files a.csv and ./b/../a.csv are the same"},
		{"twice by its full name", []string{"a.csv", abs}, "output files a.csv and " + abs + " are the same"},
		{"hard link", []string{"old.csv", "hard.csv"}, "output files old.csv and hard.csv are the same"},
		{"symbolic link", []string{"soft.csv", "old.csv"}, "output files soft.csv and old.csv are the same"},
		{"two ways to nowhere", []string{os.DevNull, "null.csv"}, ""},
		{"twice to nowhere", []string{os.DevNull, "a.csv", os.DevNull}, ""},
		{"the name parquet needs", []string{"a.parquet.partial", "a.parquet"},
			"output files a.parquet.partial and a.parquet are the same"},
		{"compressed parquet", []string{"a.parquet.zst"},
			"output file a.parquet.zst: parquet compresses inside, zstd around it makes it unreadable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var files []File
			for _, path := range tt.paths {
				files = append(files, FileFor(path))
			}
			err := CheckFiles(files)
			if got := message(err); got != tt.want {
				t.Errorf("CheckFiles(%q): %q, want %q", tt.paths, got, tt.want)
			}
			if _, opened := OpenGroup(files, Config{Fields: Fields()}); err != nil && message(opened) != tt.want {
				t.Errorf("OpenGroup(%q): %v, want the same", tt.paths, opened)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// redirect makes a file at path standard output until the test ends.
func redirect(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = f
	t.Cleanup(func() { os.Stdout = before; f.Close() })
}

func TestCheckFilesKnowsRedirectedOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	redirect(t, path)
	want := "output files standard output and " + path + " are the same"
	if err := CheckFiles([]File{FileFor("-"), FileFor(path)}); err == nil || err.Error() != want {
		t.Errorf("CheckFiles: %v, want %s", err, want)
	}
}
