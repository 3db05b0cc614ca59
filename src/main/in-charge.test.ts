import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inChargeOf } from './in-charge.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A store that answers when it is told to. */
function storeWith() {
  const questions: PromiseWithResolvers<void>[] = []
  const confirm = vi.fn(() => {
    const question = Promise.withResolvers<void>()
    questions.push(question)
    return question.promise
  })
  const inCharge = inChargeOf({ confirm })
  if (inCharge === undefined) throw new Error('there is nothing to ask')
  return { questions, confirm, inCharge }
}
/** What became of it so far. */
function watched(promise: Promise<void>): { outcome: string } {
  const seen = { outcome: 'waits' }
  promise.then(
    () => (seen.outcome = 'shown'),
    (error: unknown) => (seen.outcome = String(error)),
  )
  return seen
}

it('asks nobody where nobody else can be in charge', () => {
  expect(inChargeOf({})).toBeUndefined()
})

it('shows nothing before the store has answered, and asks once for all who wait', async () => {
  const { questions, confirm, inCharge } = storeWith()
  const all = [watched(inCharge()), watched(inCharge())]
  await vi.advanceTimersByTimeAsync(1_500)
  expect(all.map(({ outcome }) => outcome)).toEqual(['waits', 'waits'])
  questions[0]?.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(all.map(({ outcome }) => outcome)).toEqual(['shown', 'shown'])
  expect(confirm).toHaveBeenCalledTimes(1)
  void inCharge()
  expect(confirm).toHaveBeenCalledTimes(2)
})

it('refuses what another daemon has gone on with', async () => {
  const { questions, inCharge } = storeWith()
  const seen = watched(inCharge())
  questions[0]?.reject(new Error('another has taken over'))
  await vi.advanceTimersByTimeAsync(0)
  expect(seen.outcome).toBe('Error: another has taken over')
  expect(vi.getTimerCount()).toBe(0)
})

it('shows what it has after two seconds, while the store is away, and at once from then on', async () => {
  const { questions, confirm, inCharge } = storeWith()
  const seen = watched(inCharge())
  await vi.advanceTimersByTimeAsync(2_200)
  expect(seen.outcome).toBe('shown')
  await inCharge()
  expect(confirm).toHaveBeenCalledTimes(1)
  questions[0]?.reject(new Error('another has taken over'))
  await vi.advanceTimersByTimeAsync(0)
  void inCharge().catch(() => undefined)
  expect(confirm).toHaveBeenCalledTimes(2)
})

it('does not take standing still for waiting', async () => {
  const { questions, inCharge } = storeWith()
  const seen = watched(inCharge())
  await vi.advanceTimersByTimeAsync(500)
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 60_000) // one look, a minute late
  await vi.advanceTimersByTimeAsync(100)
  expect(seen.outcome).toBe('waits')
  questions[0]?.reject(new Error('another has taken over'))
  await vi.advanceTimersByTimeAsync(0)
  expect(seen.outcome).toContain('another has taken over')
})
