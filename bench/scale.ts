/** Many workflows at once, a restart with them, and one workflow that is very large: containers are simulated, commits are real. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Daemon } from '../src/main.ts'
import type { Workflow } from '../src/resources/index.ts'
import { daemonIn, fanOf, secondsOf, withDaemon, workflowOf } from './on-docker.ts'
import { simulated } from './simulated.ts'

/** Of so many made-up names some would be the same. */
const numbered = (workflow: Workflow, index: number): Workflow => ({
  ...workflow,
  metadata: { name: `bench-${index}` },
})
const single = workflowOf('', [{ name: 'main', container: { image: 'busybox', command: ['true'] } }])
const suspended = workflowOf('', [{ name: 'main', suspend: {} }])

const endedPhases: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Error'])

/** One-node workflows per second, from the first request to the last end, and the most that lived at one moment. */
export function workflowsAtOnce(count: number): Promise<{ readonly rate: number; readonly mostLive: number }> {
  return withDaemon(async (daemon) => {
    await secondsOf(daemon, fanOf(10))
    const begun = performance.now()
    const { mostLive } = await allEnded(daemon, count)
    return { rate: count / ((performance.now() - begun) / 1000), mostLive }
  }, simulated)
}

async function createAll(controller: Daemon['controller'], workflow: Workflow, count: number): Promise<void> {
  const create = (index: number) => controller.createWorkflow('default', numbered(workflow, index))
  await Promise.all(Array.from({ length: count }, (_, index) => create(index)))
}

async function allEnded({ controller }: Daemon, count: number): Promise<{ readonly mostLive: number }> {
  const ended = new Set<string>()
  const all = Promise.withResolvers<void>()
  let mostLive = 0
  let begun = 0
  const watching = controller.watch(null, (event) => {
    if (event.kind !== 'Workflow') return
    if (event.type === 'ADDED') begun += 1
    if (endedPhases.has(event.labels['workflows.argoproj.io/phase'] ?? '')) ended.add(event.name)
    mostLive = Math.max(mostLive, begun - ended.size)
    if (ended.size === count) all.resolve()
  })
  await createAll(controller, single, count)
  await all.promise
  watching.close()
  return { mostLive }
}

/** Seconds until a daemon is up again whose folder holds so many workflows that have not ended. */
export async function restartSeconds(count: number): Promise<number> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  try {
    const first = await daemonIn(base, simulated)
    await createAll(first.controller, suspended, count)
    await first.drain()
    const begun = performance.now()
    const second = await daemonIn(base, simulated)
    const seconds = (performance.now() - begun) / 1000
    const { liveWorkflows } = second.controller.snapshot()
    await second.drain()
    if (liveWorkflows !== count) throw new Error(`${liveWorkflows} of ${count} workflows live after the restart`)
    return seconds
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

/** A fan-out of so many nodes, a thousand at once: its cost per node against that of a thousand, and the most memory. */
export function largeWorkflow(
  nodes: number,
  small: number,
): Promise<{ readonly ratio: number; readonly perSecond: number; readonly megabytes: number }> {
  const fan = (width: number): Workflow => {
    const workflow = fanOf(width)
    return { ...workflow, spec: { ...workflow.spec, parallelism: 1000 } }
  }
  return withDaemon(async (daemon) => {
    await secondsOf(daemon, fan(small))
    const cpuPerNode = async (width: number, repeats: number) => {
      const before = process.cpuUsage()
      for (let i = 0; i < repeats; i++) await secondsOf(daemon, fan(width))
      const { user, system } = process.cpuUsage(before)
      return (user + system) / width / repeats
    }
    const smallUs = await cpuPerNode(small, 5)
    let megabytes = 0
    const looking = setInterval(() => (megabytes = Math.max(megabytes, process.memoryUsage.rss() / 2 ** 20)), 200)
    const begun = performance.now()
    const largeUs = await cpuPerNode(nodes, 1)
    clearInterval(looking)
    return { ratio: largeUs / smallUs, perSecond: nodes / ((performance.now() - begun) / 1000), megabytes }
  }, simulated)
}
