/* SPDX-License-Identifier: Apache-2.0 */
/* For programs of the Linux payload, one file each, that use no library. */
#ifndef BULKHEAD_GUESTS_LINUX_CALL_H
#define BULKHEAD_GUESTS_LINUX_CALL_H

#include <stdint.h>
#include <sys/syscall.h>

enum { FAILED = 1 };

/*
 * What the program does: the name that it was called by and `count` - 1 arguments, NULL, and the
 * environment. Returns the exit status.
 */
int run_program(long count, char **arguments);

static inline long call(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return number;
}

static inline unsigned long number_of(const char *text)
{
    unsigned long number = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (unsigned long)(*text - '0');
    return number;
}

/* The stack as a process finds it: argument count, arguments, NULL, environment. */
__attribute__((used)) static _Noreturn void begin(long *stack)
{
    int status = run_program(stack[0], (char **)(stack + 1));
    for (;;)
        call(SYS_exit_group, status, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");

#endif
