/** The real clock and real chance. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { instant } from '../resources/index.ts'
import type { Clock, Random } from '../resources/index.ts'

/** Node's timers take no more than this. */
const longestMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  async sleep(ms, signal) {
    for (let rest = ms; ; rest -= longestMs) {
      try {
        await sleep(Math.max(0, Math.min(rest, longestMs)), undefined, signal === undefined ? {} : { signal })
      } catch (error) {
        signal?.throwIfAborted()
        throw error
      }
      if (rest <= longestMs) return
    }
  },
}

export const systemRandom: Random = { next: () => Math.random(), uuid: () => randomUUID() }
