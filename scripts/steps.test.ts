/** Commands that the scripts run, and what is told of them. */
import { expect, it } from 'vitest'
import { step } from './steps.ts'

it('a command may be limited to what is left of the time, to the last bit of it', async () => {
  const left = 60.123456789
  expect(await step(['echo', 'done'], { limitSeconds: left })).toMatchObject({ code: 0, output: 'done\n' })
})

it('a command that takes longer has failed', async () => {
  expect((await step(['sleep', '60'], { limitSeconds: 0.2 })).code).toBe(1)
})
