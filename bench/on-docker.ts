/** What Drydock takes on the same Docker Engine. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDaemon } from '../src/main.ts'
import type { Daemon } from '../src/main.ts'
import type { Workflow } from '../src/resources/index.ts'
import { image } from './docker-baseline.ts'

const container = { image, imagePullPolicy: 'IfNotPresent', command: ['true'] }

export const chainOf = (length: number): Workflow =>
  workflowOf('bench-chain-', [
    { name: 'main', steps: Array.from({ length }, (_, index) => [{ name: `s${index}`, template: 'true' }]) },
    { name: 'true', container },
  ])

export const fanOf = (width: number): Workflow =>
  workflowOf('bench-fan-', [
    { name: 'main', steps: [[{ name: 's', template: 'true', withSequence: { count: String(width) } }]] },
    { name: 'true', container },
  ])

export const workflowOf = (generateName: string, templates: readonly object[]): Workflow =>
  ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { generateName },
    spec: { entrypoint: 'main', templates },
  }) as unknown as Workflow

type DaemonOptions = Partial<Parameters<typeof startDaemon>[0]> & { readonly storeUrl?: string }

/** A daemon whose data is in the folder, without services unless they are asked for. */
export function daemonIn(base: string, { storeUrl, ...more }: DaemonOptions = {}): Promise<Daemon> {
  return startDaemon({
    services: false,
    ...more,
    sources: {
      base,
      flags: {
        data: base,
        log: { level: 'error' },
        capacity: { containersMax: 5000, cpus: 1000, memory: '10Ti' },
        ...(storeUrl === undefined ? {} : { store: { url: storeUrl } }),
      },
    },
  })
}

/** A daemon of its own in a scratch folder, ended and cleaned up afterwards. */
export async function withDaemon<T>(work: (daemon: Daemon) => Promise<T>, options: DaemonOptions = {}): Promise<T> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  const daemon = await daemonIn(base, options)
  try {
    return await work(daemon)
  } finally {
    await daemon.drain()
    await rm(base, { recursive: true, force: true })
  }
}

/** Seconds from the request to the end of the workflow. */
export async function secondsOf({ controller }: Daemon, workflow: Workflow): Promise<number> {
  const begun = performance.now()
  const names = new Set<string>()
  const ended = new Map<string, string>()
  let wake: () => void = () => {}
  const watching = controller.watch(null, (event) => {
    if (event.kind !== 'Workflow') return
    const phase = event.labels['workflows.argoproj.io/phase'] ?? ''
    if (['Succeeded', 'Failed', 'Error'].includes(phase)) ended.set(event.name, phase)
    wake()
  })
  const { metadata } = await controller.createWorkflow('default', workflow)
  const [namespace, name] = [metadata.namespace ?? '', metadata.name ?? '']
  names.add(name)
  while (!ended.has(name)) await new Promise<void>((resolve) => (wake = resolve))
  const seconds = (performance.now() - begun) / 1000
  watching.close()
  if (ended.get(name) !== 'Succeeded') throw new Error(`${name} ended ${ended.get(name) ?? ''}`)
  await controller.deleteWorkflow(namespace, name, { force: true })
  return seconds
}

/** Milliseconds from the report of a step's end to the call that starts the next one, of every step since. */
export function stepGaps({ metrics }: Daemon): readonly number[] {
  const gaps: number[] = []
  const record = metrics.stepFollowed
  metrics.stepFollowed = (ms) => {
    gaps.push(ms)
    record(ms)
  }
  return gaps
}

export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** However slow the machine is: by then it has started. */
const settledMsMost = 90_000

/** Resident megabytes of a daemon that has nothing to do, once they have not changed for a while. */
export async function idleMegabytes(settleMs: number): Promise<number> {
  const base = await mkdtemp(join(tmpdir(), 'drydock-bench-'))
  const program = join(import.meta.dirname, '..', 'bin', 'drydock.js')
  const words = [
    program,
    'up',
    join(base, 'drop'),
    '--data',
    join(base, 'data'),
    '--port',
    '0',
    '--metrics-port',
    '0',
    '--log-level',
    'error',
  ]
  const child = spawn(process.execPath, words, { stdio: 'ignore' })
  try {
    const begun = performance.now()
    let [settled, since] = [0, begun]
    while (performance.now() - since < settleMs && performance.now() - begun < settledMsMost) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      const status = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8')
      const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024
      if (Math.abs(megabytes - settled) < 1) continue
      settled = megabytes
      since = performance.now()
    }
    return settled
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await ended
    await rm(base, { recursive: true, force: true })
  }
}
