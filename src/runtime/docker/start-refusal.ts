/** What the engine’s refusal to start a container means, by its words. */
import type { EngineError } from './client.ts'

export type StartRefusal = {
  /** The network that it was to join is dead. */
  readonly isSandbox: boolean
  /** Somebody has removed it, or does so just now. */
  readonly mayBeGone: boolean
  /** How often the engine may refuse before the container never runs. */
  readonly triesMost: number
  /** It is no fault of the pod: made anew it would start. */
  readonly isOfThisContainer: boolean
}

export const startTries = 3
const clearedTries = 15

export function startRefusalOf({ status, message }: EngineError, id: string): StartRefusal {
  const isSandbox = /join network|network namespace|namespace path|No such container: drydock\./i.test(message)
  // Somebody removes it just now: the engine may know of it for another moment.
  const isVanishing = message.includes(`No such container: ${id}`) || /marked for removal/i.test(message)
  const isPassing = status === 0 || /temporarily unavailable|deadline exceeded|from pipe: EOF/i.test(message)
  // Of a start that the engine was killed in, before anything ran: containerd clears it up by and by.
  const isBeingCleared = /failed to start shim: mkdir .*: file exists|id already in use/i.test(message)
  // Where the engine was stopped with its containers, all sandboxes of the workflow may be dead.
  const triesMost = isBeingCleared || isSandbox || isVanishing ? clearedTries : isPassing ? startTries : 0
  // Whose network it was created to join has gone since: the engine never looks for another.
  const isOrphan = /No such container: [0-9a-f]{64}/i.test(message) && !isVanishing
  return {
    isSandbox,
    mayBeGone: status === 404 || isVanishing,
    triesMost,
    isOfThisContainer: isBeingCleared || isOrphan,
  }
}
