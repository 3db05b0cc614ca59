/** Identifiers and instants with a type of their own, so that one cannot be passed for another. */
declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** A workflow's UID: a lower-case UUID, as Kubernetes gives them. */
export type WorkflowUid = Brand<string, 'WorkflowUid'>
/** `<workflow>` for the root node, `<workflow>-<fnv32a of the node's name>` for the others. */
export type NodeId = Brand<string, 'NodeId'>
/** Unique for ever: `<workflow uid>.<hash of the node's name>.<generation>`; containers and labels are named after it. */
export type PodId = Brand<string, 'PodId'>
/** Milliseconds since 1970, UTC. */
export type Instant = Brand<number, 'Instant'>

export const workflowUid = (text: string): WorkflowUid => text as WorkflowUid
export const nodeIdOf = (text: string): NodeId => text as NodeId
export const podIdOf = (text: string): PodId => text as PodId
export const instant = (ms: number): Instant => ms as Instant

/** RFC 3339 in whole seconds, as Argo writes times: `2026-01-02T03:04:05Z`. */
export function rfc3339(at: Instant): string {
  const second = Math.floor(at / 1000)
  if (second !== lastWritten.second) lastWritten = { second, text: `${new Date(at).toISOString().slice(0, 19)}Z` }
  return lastWritten.text
}
/** Most times that are written are those of one moment. */
let lastWritten = { second: NaN, text: '' }

/** The instant of an RFC 3339 text, or `null` where there is none. */
export function instantOf(text: string | null | undefined): Instant | null {
  if (!text) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : instant(ms)
}
