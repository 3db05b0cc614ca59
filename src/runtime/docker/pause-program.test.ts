import { expect, it } from 'vitest'
import { pauseProgram } from './pause-program.ts'

it.each([
  ['amd64', 62],
  ['arm64', 183],
] as const)('is a small static program for %s', (architecture, machine) => {
  const bytes = Buffer.from(pauseProgram[architecture], 'base64')
  expect(bytes.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
  expect(bytes.readUInt16LE(18)).toBe(machine)
  expect(bytes.length).toBeLessThan(300)
  // The last eight bytes are the signals it waits for: INT, QUIT, TERM.
  expect(bytes.readBigUInt64LE(bytes.length - 8)).toBe(0x4006n)
})
