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

const atOnce = 1000

const wideFan = (width: number): Workflow => {
  const workflow = fanOf(width)
  return { ...workflow, spec: { ...workflow.spec, parallelism: atOnce } }
}

export type Large = {
  /** CPU per node against that of a small workflow. */
  readonly ratio: number
  readonly seconds: number
  /** Most resident memory. */
  readonly megabytes: number
  /** The longest of a reader who asks for it again and again, once it has too many nodes for an answer. */
  readonly getMs: number
  /** The longest before that: answers with all of its nodes. */
  readonly getNodesMs: number
  /** Until a daemon is up again that finds half of it done. */
  readonly restartSeconds: number
}

/** A fan-out of so many nodes, a thousand at once: its cost per node against that of a thousand, and what readers see of it. */
export async function largeWorkflow(nodes: number, small: number): Promise<Large> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  try {
    const first = await daemonIn(base, simulated)
    const whole = await measuredLarge(first, nodes, small).finally(() => first.drain())
    return { ...whole, restartSeconds: await restartHalfway({ base, nodes }) }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

async function measuredLarge(daemon: Daemon, nodes: number, small: number): Promise<Omit<Large, 'restartSeconds'>> {
  const cpuPerNode = async (width: number, repeats: number) => {
    const before = process.cpuUsage()
    for (let i = 0; i < repeats; i++) await secondsOf(daemon, wideFan(width))
    const { user, system } = process.cpuUsage(before)
    return (user + system) / width / repeats
  }
  await cpuPerNode(small, 10)
  const smallUs = await cpuPerNode(small, 10)
  let [megabytes, getMs, getNodesMs] = [0, 0, 0]
  let isOver = false
  const look = async () => {
    while (!isOver) {
      megabytes = Math.max(megabytes, process.memoryUsage.rss() / 2 ** 20)
      const begun = performance.now()
      const { items } = await daemon.controller.listWorkflows({ namespace: 'default', limit: 1, nodes: true })
      const ms = performance.now() - begun
      if (items.some(({ status }) => status?.conditions?.some(({ type }) => type === 'NodesLeftOut')))
        getMs = Math.max(getMs, ms)
      else getNodesMs = Math.max(getNodesMs, ms)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
  const looking = look()
  const begun = performance.now()
  const largeUs = await cpuPerNode(nodes, 1)
  isOver = true
  await looking
  return { ratio: largeUs / smallUs, seconds: (performance.now() - begun) / 1000, megabytes, getMs, getNodesMs }
}

/** The same restart with the nodes in Postgres. */
export async function restartSecondsInPostgres(nodes: number, storeUrl: string): Promise<number> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  try {
    return await restartHalfway({ base, nodes, storeUrl })
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}

type Halfway = { readonly base: string; readonly nodes: number; readonly storeUrl?: string }

async function restartHalfway({ base, nodes, ...store }: Halfway): Promise<number> {
  const options = { ...simulated, ...store }
  const first = await daemonIn(base, options)
  const { metadata } = await first.controller.createWorkflow('default', wideFan(nodes))
  const doneOf = async ({ controller }: Daemon): Promise<number> => {
    const workflow = await controller.workflow('default', metadata.name ?? '', { nodes: false })
    return Number((workflow?.status?.progress ?? '0/1').split('/')[0])
  }
  while ((await doneOf(first)) < nodes / 2) await new Promise((resolve) => setTimeout(resolve, 100))
  await first.drain()
  const begun = performance.now()
  const second = await daemonIn(base, options)
  const before = await doneOf(second) // all of it, where it is over sooner than one can look
  while (before < nodes && (await doneOf(second)) <= before) await new Promise((resolve) => setTimeout(resolve, 10))
  const seconds = (performance.now() - begun) / 1000
  await second.drain()
  return seconds
}
