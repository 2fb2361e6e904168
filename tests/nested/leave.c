/* SPDX-License-Identifier: Apache-2.0 */
/* Ends Bochs: "Shutdown" to its port 0x8900. Needs no library. */
void _start(void);
void _start(void)
{
    static const char word[] = "Shutdown";
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(172L), "D"(3L) : "rcx", "r11", "memory");
    for (int i = 0; word[i]; i++)
        __asm__ volatile("outb %0, %1" : : "a"(word[i]), "d"((unsigned short)0x8900));
    for (;;)
        __asm__ volatile("syscall" : "=a"(result) : "a"(34L) : "rcx", "r11", "memory");
}
