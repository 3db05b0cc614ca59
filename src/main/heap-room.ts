/**
 * How much garbage may gather beside what lives: a lot while there is little, since collecting costs time; half as much
 * again once there are hundreds of megabytes, where V8 by itself would let the process grow to more than twice of it.
 * And what starting up, or a large workflow, has left is handed back to the system once nothing happens any more: V8
 * collects when it needs room, and who does nothing needs none.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const lookMs = 1_000
const largeBytes = 300 * 2 ** 20
const growthPercent = 40
/** Of what lies scattered among garbage, megabytes that one collection moves together; V8's own choice is 4. */
const [movedMiB, movedMiBLarge] = [4, 64]
/** So much more in use than after the last time makes it worth while. */
const returnedBytesLeast = 8 * 2 ** 20
/** One look in which so much was made is no rest. */
const restBytesMost = 4 * 2 ** 20

/** @param isBusy whether somebody would notice a pause of some tens of milliseconds */
export function watchHeapRoom(isBusy: () => boolean): { close(): void } {
  let isLarge = false
  let usedBefore = getHeapStatistics().used_heap_size
  let committedAfter = 0
  const look = () => {
    const { used_heap_size: used, total_heap_size: committed } = getHeapStatistics()
    isLarge = used > (isLarge ? largeBytes / 2 : largeBytes)
    const isAtRest = Math.abs(used - usedBefore) < restBytesMost
    usedBefore = used
    if (!isAtRest || committed < committedAfter + returnedBytesLeast || isBusy()) return
    collect()
    const after = getHeapStatistics()
    usedBefore = after.used_heap_size
    committedAfter = after.total_heap_size
  }
  const looking = setInterval(() => {
    const wasLarge = isLarge
    look()
    // 0: as V8 sees fit. What is set counts from the next collection on.
    if (isLarge === wasLarge) return
    setFlagsFromString(`--heap-growing-percent=${isLarge ? growthPercent : 0}`)
    setFlagsFromString(`--compaction-max-evacuated-bytes-mb=${isLarge ? movedMiBLarge : movedMiB}`)
  }, lookMs).unref()
  return { close: () => clearInterval(looking) }
}

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void

/** Everything, pages that have become empty included. */
function collect(): void {
  setFlagsFromString('--expose-gc')
  const run = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  run({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
