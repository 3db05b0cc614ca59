/**
 * Assembles the pause program of the network sandboxes, without a compiler, and writes it for the runtime to load.
 *
 *     node deploy/pause/generate.ts     writes src/runtime/docker/pause-program.ts
 *
 * The program blocks INT, QUIT and TERM and waits for one of them, then exits with 0: blocked signals reach a first
 * process that would else ignore them. One read-and-execute segment, no libc, no stack. See pause.s for the listing.
 */
import { writeFileSync } from 'node:fs'

/** Signals 2, 3 and 15 as the kernel's mask. */
const signals = 0b100_0000_0000_0110n
const headerBytes = 64 + 56

function amd64(): Buffer {
  const set = 61 // the length of the code below
  const fromEnd = (end: number): number[] => [...u32(set - end)]
  const code = [
    ...[0xb8, ...u32(14)], // mov eax, rt_sigprocmask
    ...[0x31, 0xff], // xor edi, edi (SIG_BLOCK)
    ...[0x48, 0x8d, 0x35, ...fromEnd(14)], // lea rsi, [rip + set]
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x41, 0xba, ...u32(8)], // mov r10d, 8
    ...[0x0f, 0x05], // syscall
  ]
  const loop = code.length
  code.push(
    ...[0xb8, ...u32(128)], // loop: mov eax, rt_sigtimedwait
    ...[0x48, 0x8d, 0x3d, ...fromEnd(loop + 12)], // lea rdi, [rip + set]
    ...[0x31, 0xf6], // xor esi, esi
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x41, 0xba, ...u32(8)], // mov r10d, 8
    ...[0x0f, 0x05], // syscall
    ...[0x85, 0xc0], // test eax, eax
  )
  code.push(0x78, (loop - (code.length + 2)) & 0xff) // js loop (interrupted)
  code.push(
    ...[0xb8, ...u32(60)], // mov eax, exit
    ...[0x31, 0xff], // xor edi, edi
    ...[0x0f, 0x05], // syscall
  )
  return withSet(Buffer.from(code))
}

function arm64(): Buffer {
  const length = 16
  const words: number[] = []
  const move = (register: number, value: number): number => (0xd2800000 | (value << 5) | register) >>> 0
  const address = (register: number): number => (0x10000000 | ((length - words.length) << 5) | register) >>> 0
  const call = 0xd4000001
  words.push(move(0, 0)) // SIG_BLOCK
  words.push(address(1)) // adr x1, set
  words.push(move(2, 0), move(3, 8), move(8, 135), call) // rt_sigprocmask
  const loop = words.length
  words.push(address(0)) // loop: adr x0, set
  words.push(move(1, 0), move(2, 0), move(3, 8), move(8, 137), call) // rt_sigtimedwait
  words.push((0xb7000000 | (31 << 19) | (((loop - words.length) & 0x3fff) << 5)) >>> 0) // tbnz x0, #63, loop
  words.push(move(0, 0), move(8, 93), call) // exit
  return withSet(Buffer.concat(words.map((word) => u32(word))))
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function withSet(code: Buffer): Buffer {
  const set = Buffer.alloc(8)
  set.writeBigUInt64LE(signals)
  return Buffer.concat([code, set])
}

function elf(machine: number, code: Buffer): Buffer {
  const base = 0x400000n
  const header = Buffer.alloc(headerBytes)
  header.write('\x7fELF', 0, 'latin1')
  header.set([2, 1, 1], 4) // 64 bits, little endian, version 1
  header.writeUInt16LE(2, 16) // an executable
  header.writeUInt16LE(machine, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(base + BigInt(headerBytes), 24) // entry
  header.writeBigUInt64LE(64n, 32) // program headers
  header.writeUInt16LE(64, 52)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(1, 56)
  header.writeUInt32LE(1, 64) // load …
  header.writeUInt32LE(5, 68) // … read and execute
  header.writeBigUInt64LE(base, 80)
  header.writeBigUInt64LE(base, 88)
  header.writeBigUInt64LE(BigInt(headerBytes + code.length), 96)
  header.writeBigUInt64LE(BigInt(headerBytes + code.length), 104)
  header.writeBigUInt64LE(0x10000n, 112)
  return Buffer.concat([header, code])
}

const programs = { amd64: elf(62, amd64()), arm64: elf(183, arm64()) }
const text = `/** The pause program as bytes (base64 of a static ELF file); made by deploy/pause/generate.ts, do not edit. */
export const pauseProgram = {
  amd64:
    '${programs.amd64.toString('base64')}',
  arm64:
    '${programs.arm64.toString('base64')}',
} as const
`
writeFileSync(new URL('../../src/runtime/docker/pause-program.ts', import.meta.url), text)
