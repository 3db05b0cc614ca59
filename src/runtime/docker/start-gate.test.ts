import { expect, it } from 'vitest'
import { StartGate } from './start-gate.ts'

/** Starts that take `ms(active)` by their own account. */
async function drive(gate: StartGate, starts: number, ms: (active: number) => number): Promise<number> {
  let active = 0
  let most = 0
  const one = async (measure: (ms: number) => void): Promise<void> => {
    active += 1
    most = Math.max(most, active)
    const took = ms(active)
    await new Promise((resolve) => setTimeout(resolve, 1))
    measure(took)
    active -= 1
  }
  await Promise.all(Array.from({ length: starts }, () => gate.run(one)))
  return most
}

it('widens while starts are quick, never beyond its bound', async () => {
  const gate = new StartGate({ least: 1, most: 6, initial: 1 })
  expect(await drive(gate, 200, () => 10)).toBe(6)
  expect(gate.limit).toBe(6)
})

it('narrows when starts that run together become slow, never below its bound', async () => {
  const gate = new StartGate({ least: 2, most: 8, initial: 8 })
  await gate.run(async (measure) => measure(10))
  await drive(gate, 100, () => 200)
  expect(gate.limit).toBe(2)
})

it('lets a failed start make room for the next', async () => {
  const gate = new StartGate({ least: 1, most: 1, initial: 1 })
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.run(async () => 'yes')).toBe('yes')
})
