/** What an explanation is made from, and the words for times and names that all of its sentences share. */
import { humanizeDuration } from '../../expressions/index.ts'
import type { Instant, NodeStatus, Workflow, WorkflowSpec } from '../../resources/index.ts'
import { instantOf, rfc3339 } from '../../resources/index.ts'
import type { HistoryEntry, Wait } from '../port.ts'

export type LockFacts = {
  /** Whom to name, such as `workflow other` or `node build of workflow other`. */
  readonly holders: readonly string[]
  readonly pending: number
  /** `null`: a mutex, or a semaphore whose limit cannot be read. */
  readonly limit: number | null
}

/** Of an unfinished workflow: what its status does not say. */
export type LiveFacts = {
  /** The parallelism of the daemon does not let it begin yet. */
  readonly isHeld: boolean
  readonly limits: {
    readonly all: number
    readonly allBegun: number
    readonly namespace: number
    readonly namespaceBegun: number
  }
  /** Why the container engine, or the store, cannot be asked; `null` where it can. */
  readonly engineAway: string | null
  readonly storeDown: string | null
  readonly lock: (name: string) => LockFacts
  readonly dueOf: (nodeId: string) => Instant | null
  /** Cores, bytes and containers that run now, and how many pods wait for room. */
  readonly capacity: {
    readonly used: Amounts
    readonly budget: Amounts
    readonly waiting: number
    /** Empty where there is one engine. */
    readonly endpoints: readonly EndpointAmounts[]
  }
  /** Why the endpoint of that name does not answer; `null` where it does, or where there is none. */
  readonly endpointAway: (name: string) => string | null
}
export type EndpointAmounts = {
  readonly name: string
  readonly ok: boolean
  readonly schedulable: boolean
  readonly used: Amounts
  readonly budget: Amounts
}
export type Amounts = { readonly cpus: number; readonly memoryBytes: number; readonly containers: number }

export type Facts = {
  readonly workflow: Workflow
  readonly name: string
  /** As it is executed: with what its WorkflowTemplate and the defaults bring. */
  readonly spec: WorkflowSpec
  readonly nodes: Readonly<Record<string, NodeStatus>>
  readonly now: Instant
  readonly history: readonly HistoryEntry[]
  /** `null`: it has ended, or nobody runs it. */
  readonly live: LiveFacts | null
}

/** Sentences about one thing, and what of them is a wait. */
export type Told = { readonly sentences: readonly string[]; readonly waits: readonly Wait[] }

export const nothing: Told = { sentences: [], waits: [] }
export const said = (...sentences: readonly string[]): Told => ({ sentences, waits: [] })

/** @param node in the words of a person; absent: the workflow */
export function waiting(sentence: string, wait: Omit<Wait, 'text'>): Told {
  return { sentences: [sentence], waits: [{ ...wait, text: sentence }] }
}

export const together = (...parts: readonly Told[]): Told => ({
  sentences: parts.flatMap(({ sentences }) => sentences),
  waits: parts.flatMap(({ waits }) => waits),
})

export const nameOf = ({ displayName, name, id }: NodeStatus): string => displayName || name || id

export const timeText = (at: Instant): string => rfc3339(at)

/** `for 5 minutes 2 seconds`, or an empty text where a time is missing. */
export function spanText(from: string | null | undefined, to: string | null | undefined | Instant): string {
  const [begun, ended] = [instantOf(from), typeof to === 'number' ? to : instantOf(to)]
  return begun === null || ended === null ? '' : durationText(ended - begun)
}

export const durationText = (ms: number): string => humanizeDuration(Math.max(0, Math.round(ms / 1000) * 1000))

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(names: readonly string[], most = 5): string {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

/** A message as the end of a sentence. */
export const ending = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`)
