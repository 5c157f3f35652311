package lab

// The programs are compiled by clang-14 to objects that are committed, so that building needs no compiler. Headers are
// read as words while they are written as fields, which C allows only without strict aliasing.

//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -cflags "-O2 -mcpu=v3 -fno-strict-aliasing -Wall -Wextra -Werror" -target bpfel,bpfeb world bpf/world.c

// The forger knows the scanner's cookie, whose header wants the kernel's.
//
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -cflags "-O2 -mcpu=v3 -fno-strict-aliasing -Wall -Wextra -Werror -I../../bpf/src -I/usr/include/x86_64-linux-gnu" -target bpfel,bpfeb forge bpf/forge.c
