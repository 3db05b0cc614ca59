/** What a simulated container does, written into the manifest as JSON, so that a workflow carries its own behaviour. */
import type { PodRequest } from '../../src/resources/index.ts'
import type { ContainerScript, PodScript } from '../../src/runtime/simulated/index.ts'

export type Deed = {
  readonly ms?: number
  /** By attempt of a retried node; the last one counts for all that follow. */
  readonly exits?: readonly number[]
  readonly out?: string
  readonly files?: Readonly<Record<string, string>>
  /** Runs until it is stopped. */
  readonly forEver?: boolean
  readonly readyAfterMs?: number
  readonly ignoresTerm?: boolean
  /** Stands in its file system when it starts, or it fails. */
  readonly needs?: string
  /** From this retry of the workflow on, it exits with 0. */
  readonly mends?: number
  /** How often the image cannot be pulled. */
  readonly badPulls?: number
}

export const container = (deed: Deed, more: object = {}) => ({
  image: 'busybox',
  command: ['sim'],
  args: [JSON.stringify(deed)],
  ...more,
})

export function scriptOf(pod: PodRequest): PodScript {
  const attempt = Number(/\((\d+)\)$/.exec(pod.identity.nodeName)?.[1] ?? 0)
  const turn = { attempt, retries: Number(pod.identity.id.split('.')[2] ?? 0) }
  const deeds = pod.containers.map((one) => [one.name, deedIn(one.args?.[0])] as const)
  const badPulls = Math.max(0, ...deeds.map(([, deed]) => deed?.badPulls ?? 0))
  return {
    containers: Object.fromEntries(
      pod.containers.map((one) => {
        const deed = deedIn(one.args?.[0])
        return [one.name, deed === null ? fromFile(one.args?.at(-1) ?? '', turn) : performed(deed, turn)]
      }),
    ),
    ...(badPulls > 0 ? { imageErrors: { times: badPulls, text: 'ErrImagePull: the registry is away' } } : {}),
  }
}

/** A script template: what to do stands in the file that was put into the container before its start. */
const fromFile = (path: string, turn: Turn): ContainerScript => ({
  run: (read) => {
    const deed = deedIn(new TextDecoder().decode(read(path) ?? new Uint8Array()))
    return deed === null ? { exitCode: 64, message: `no script at ${path}` } : performed(deed, turn)
  },
})

/** Which of its retryStrategy, and which of people. */
type Turn = { readonly attempt: number; readonly retries: number }

function performed(deed: Deed, turn: Turn): ContainerScript {
  const { needs, ...rest } = deed
  if (needs !== undefined)
    return {
      run: (read) => (read(needs) === null ? { exitCode: 65, message: `no ${needs}` } : performed(rest, turn)),
    }
  const { attempt, retries } = turn
  const exits = retries >= (deed.mends ?? Infinity) ? [0] : (deed.exits ?? [0])
  return {
    durationMs: deed.forEver === true ? Infinity : (deed.ms ?? 0),
    exitCode: exits[Math.min(attempt, exits.length - 1)] ?? 0,
    ...(deed.out === undefined ? {} : { stdout: `${deed.out}\n` }),
    ...(deed.files === undefined ? {} : { files: deed.files }),
    ...(deed.readyAfterMs === undefined ? {} : { readyAfterMs: deed.readyAfterMs }),
    ...(deed.ignoresTerm === undefined ? {} : { ignoresTerm: deed.ignoresTerm }),
  }
}

function deedIn(text: string | undefined): Deed | null {
  if (text === undefined) return {}
  if (read.text === text) return read.deed
  try {
    read = { text, deed: JSON.parse(text) as Deed }
  } catch {
    read = { text, deed: null }
  }
  return read.deed
}

/** The last one: it is mostly asked for several times. */
let read: { readonly text: string; readonly deed: Deed | null } = { text: '{}', deed: {} }
