package bench

// The programs are compiled by clang-14 to objects that are committed, so that building needs no compiler. They share the
// headers of the lab's programs.

//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -cflags "-O2 -mcpu=v3 -fno-strict-aliasing -Wall -Wextra -Werror -Wno-unused-parameter -I../lab/bpf" -target bpfel,bpfeb frames bpf/frames.c
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -cflags "-O2 -mcpu=v3 -fno-strict-aliasing -Wall -Wextra -Werror -Wno-unused-parameter -I../lab/bpf" -target bpfel,bpfeb syscalls bpf/syscalls.c
