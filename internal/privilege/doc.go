// Package privilege knows which capabilities opening a scan takes.
package privilege
