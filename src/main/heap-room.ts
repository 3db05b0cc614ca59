/**
 * How much garbage may gather beside what lives: a lot while there is little, since collecting costs time; half as much
 * again once there are hundreds of megabytes, where V8 by itself would let the process grow to more than twice of it.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

const lookMs = 2_000
const largeBytes = 300 * 2 ** 20
const growthPercent = 40

export function watchHeapRoom(): { close(): void } {
  let isLarge = false
  const look = () => {
    const wasLarge = isLarge
    isLarge = getHeapStatistics().used_heap_size > (wasLarge ? largeBytes / 2 : largeBytes)
    // 0: as V8 sees fit. What is set counts from the next collection on.
    if (isLarge !== wasLarge) setFlagsFromString(`--heap-growing-percent=${isLarge ? growthPercent : 0}`)
  }
  const looking = setInterval(look, lookMs).unref()
  return { close: () => clearInterval(looking) }
}
