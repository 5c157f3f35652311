// Package preflight looks at a machine and an interface before a scan, and says what will work, what will be slow and what
// will fail, with the command that mends it.
//
//	Look ─► Env, all that is known ─► Check ─► Report: findings, each ok, warning, fatal or unknown
//
// Look only reads: it attaches nothing, opens no AF_XDP socket, sends nothing and changes nothing. What cannot be read
// without a privilege, or on this kernel, is unknown, which is a finding like another, and never guessed. Check is a
// function of Env alone.
//
// What a scan would do is asked of the packages that do it: the engine of package scan, the way of internal/nexthop, the
// capabilities of internal/privilege.
package preflight
