package bpf

// The compiled objects are committed, so that building xsweep needs no clang; `make generate` makes them anew and
// `make check-generate` compares. clang-14 is the compiler they were made with: another one gives other bytes.
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel,bpfeb -output-stem steer_gen steer src/steer.c -- -O2 -g -Wall -Werror -I/usr/include/x86_64-linux-gnu

// They read fields of the kernel at places that its BTF tells when they are loaded.
//go:generate go tool bpf2go -cc clang-14 -strip llvm-strip-14 -target bpfel,bpfeb -output-stem emitwatch_gen emitwatch src/emitwatch.c -- -O2 -g -Wall -Werror -I/usr/include/x86_64-linux-gnu
