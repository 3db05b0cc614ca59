// The pause program, as generate.ts assembles it (amd64; arm64 does the same with calls 135, 137 and 93).
        mov     eax, 14                 // rt_sigprocmask(SIG_BLOCK, &set, NULL, 8)
        xor     edi, edi
        lea     rsi, [rip + set]
        xor     edx, edx
        mov     r10d, 8
        syscall
loop:   mov     eax, 128                // rt_sigtimedwait(&set, NULL, NULL, 8)
        lea     rdi, [rip + set]
        xor     esi, esi
        xor     edx, edx
        mov     r10d, 8
        syscall
        test    eax, eax
        js      loop                    // interrupted: wait again
        mov     eax, 60                 // exit(0)
        xor     edi, edi
        syscall
set:    .quad   0x4006                  // INT, QUIT, TERM
