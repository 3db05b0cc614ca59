/**
 * Starts that the engine did not live to write down. dockerd notes that a container runs a good while after its process
 * has begun; where it is killed or stopped in between, it takes the container, ever after, for one that was only created,
 * and would start it a second time. The process itself goes on. Of its end newer engines tell as of any other; Engine 20.10
 * does not, nor does any of what had ended before it was back. Where dockerd was killed yet earlier, the command was never
 * executed: what waits for that is ended, and the container is started.
 */
import { readFile, readdir } from 'node:fs/promises'
import type { EngineCalls } from './engine-calls.ts'
import { type Exit, unknownReason } from './exit.ts'
import type { InspectedContainer } from './wire.ts'

/** `begun`: it has run, or runs, though the engine does not know. */
export type Trace = 'none' | 'started' | 'begun'

/** What kubelet says of a container whose end nobody saw. */
export const statusUnknown: Exit = {
  exitCode: 137,
  reason: unknownReason,
  message:
    'ContainerStatusUnknown: the engine was stopped while it started the container, and does not know what became of it',
}

/** The engine's answer to a start of what runs already without its knowing. */
const isRunningAlready = /id already in use/i

/** @param isFirstRun whether it can only have run by the start that is asked about */
export async function traceOf(
  calls: Pick<EngineCalls, 'inspect' | 'hasBegun'>,
  id: string,
  isFirstRun: boolean,
): Promise<Trace> {
  const found = await calls.inspect(id)
  if (found === null) return 'none'
  if (found.error !== '' && !isRunningAlready.test(found.error)) return 'none'
  if (found.status === 'running' || found.status === 'paused') return 'started'
  if (!isFirstRun) return 'none'
  if (found.startedAt !== null || hasEndedUnseen(found)) return 'started'
  return found.status === 'created' && (await calls.hasBegun(id)) ? 'begun' : 'none'
}

/** The engine has heard of the end of a container of whose start it does not know. A start that failed has no end. */
export const hasEndedUnseen = ({ startedAt, finishedAt, error, status }: InspectedContainer): boolean =>
  startedAt === null && finishedAt !== null && status === 'exited' && (error === '' || isRunningAlready.test(error))

/**
 * Processes of a container on this machine; `null` where it cannot be told from here, as none of the containers that are
 * known to run can be seen.
 */
export async function processesOf(id: string, running: Iterable<string>): Promise<readonly number[] | null> {
  const groups = await cgroups()
  const own = groups.filter(({ text }) => text.includes(id)).map(({ pid }) => pid)
  if (own.length > 0) return own
  const others = [...running]
  return groups.some(({ text }) => others.some((other) => text.includes(other))) ? [] : null
}

/**
 * Whether all there is of a container is the program that was to become its command and still waits for the word to do so,
 * which nobody will give: nothing of it has run. Of runc; others are taken to have begun.
 */
export async function isStillborn(id: string): Promise<boolean> {
  const pids = (await processesOf(id, [])) ?? []
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')))
  return pids.length > 0 && names.every((name) => name.startsWith('runc:['))
}

/** Ends what the engine cannot end, since it does not know that it runs. */
export async function endProcesses(id: string): Promise<void> {
  for (const pid of (await processesOf(id, [])) ?? []) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has gone meanwhile, or we may not.
    }
  }
}

async function cgroups(): Promise<readonly { readonly pid: number; readonly text: string }[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')))
  return pids.map((pid, index) => ({ pid, text: texts[index] ?? '' }))
}
