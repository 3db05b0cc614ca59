import { getHeapStatistics } from 'node:v8'
import { expect, it } from 'vitest'
import { watchHeapRoom } from './heap-room.ts'

const mebibytes = (): number => getHeapStatistics().total_heap_size / 2 ** 20

it('is handed back once nothing happens any more, and not while somebody would notice', async () => {
  const asked: number[] = []
  let isBusy = true
  let garbage: object[] | null = Array.from({ length: 3_000_000 }, (_, index) => ({ index }))
  const grown = mebibytes()
  expect(garbage.length).toBe(3_000_000)
  garbage = null
  const room = watchHeapRoom(() => {
    asked.push(mebibytes())
    return isBusy
  })
  await expect.poll(() => asked.length, { timeout: 60_000 }).toBeGreaterThan(0)
  isBusy = false
  await expect.poll(mebibytes, { timeout: 60_000 }).toBeLessThan(grown - 60)
  room.close()
}, 130_000)
