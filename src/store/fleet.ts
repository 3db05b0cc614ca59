/**
 * The port to what several controllers on one store must know of each other: who is there, whose workflows are whose,
 * and what they share (locks, turns, capacity). A controller has a name; its name is its lease. Contract: fleet.contract.ts.
 *
 * Whose: each unfinished workflow has one owner, the lease under which its rows may be written; the store refuses every
 * other lease in the transaction of the commit (STORE_NOT_OWNER for that commit alone). One that has finished may be
 * written under any live lease; a commit that makes it unfinished again makes it the committer's (or its `owner`'s).
 * Objects and records may be written under any live lease. Once another has our lease everything here rejects with
 * STORE_LOCKED; while the store is away it waits.
 */
import type { WorkflowUid } from '../resources/index.ts'
import type { StoreEvent } from './port.ts'

/** The lease of a controller without a name: it has what no other owns. */
export const namelessLease = 'controller'
export const ownerOf = ({ owner = namelessLease }: { readonly owner?: string }): string => owner

/** A Docker Engine (or another runtime) that a member reaches. */
export type FleetEngine = {
  /** The engine's own id: two members with the same one share it. */
  readonly id: string
  readonly endpoint: string
  readonly labels: Readonly<Record<string, string>>
  readonly cpus: number
  readonly memoryBytes: number
  readonly containersMax: number
  readonly isUp: boolean
  /** Pods of the member wait for a larger share of it: others give back what they can do without. */
  readonly isWanted?: boolean
}

/** What a member tells the others about itself. */
export type FleetSelf = {
  /** For people: host and process. */
  readonly host: string
  /** Where its API answers the others; `null`: nowhere. */
  readonly url: string | null
  readonly engines: readonly FleetEngine[]
  /** It takes no new workflows. */
  readonly isDraining: boolean
}

/** Of a member that has told nothing. */
export const nobody: FleetSelf = { host: '', url: null, engines: [], isDraining: false }

export type Member = FleetSelf & {
  readonly name: string
  /** Somebody holds its lease now. */
  readonly isLive: boolean
  /** Milliseconds since the lease was seen to be held by nobody; 0 while it is live. By the store's clock. */
  readonly goneForMs: number
  /** Unfinished workflows that it owns. */
  readonly workflows: number
}

/** `limit`: as the one who asks reads it now; the newest word counts. */
export type WantedLock = { readonly name: string; readonly limit: number }

export type LockWish = {
  /** As in the engine's `LockRequest`. */
  readonly holder: string
  readonly workflowUid: WorkflowUid
  readonly workflowKey: string
  /** All or none are granted. */
  readonly locks: readonly WantedLock[]
  readonly priority: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

export type LockStanding = {
  readonly name: string
  readonly limit: number
  readonly holders: readonly string[]
  readonly waiting: number
}

export type LockGrant = {
  readonly holder: string
  readonly workflowUid: WorkflowUid
  readonly locks: readonly string[]
}

/** Names of the queues of workflows that wait to begin, and of those who wait in them, begin so. */
export const turnPrefix = 'turn/'
export const isTurn = (name: string): boolean => name.startsWith(turnPrefix)

/**
 * The queues are ordered by priority, then age of the workflow, then arrival. In a queue of turns one whose other locks
 * are taken does not stop those behind it.
 */
export interface FleetLocks {
  /**
   * Puts the wishes into their queues; what the holders have now is in the answer (all that they want, or nothing), what
   * is granted later comes over `follow`. Repeating one is fine, and keeps its place; locks no longer named are no longer
   * waited for. Wishes of one call are decided together. Those for an unfinished workflow that another owns by now (they
   * left before it was handed over) come to nothing.
   */
  ask(wishes: readonly LockWish[]): Promise<{
    readonly granted: readonly LockGrant[]
    /** Of each lock that was named. */
    readonly standing: readonly LockStanding[]
  }>
  /** Gives back what the holders have and takes them out of the queues; `locks`: only those. Whoever comes next is told. */
  leave(leaving: readonly { readonly holder: string; readonly locks?: readonly string[] }[]): Promise<void>
  /** A limit has changed: those who may go on now are told. */
  limits(changed: readonly WantedLock[]): Promise<void>
  /** What our workflows hold and wait for, after a start or a take-over; what finished ones left behind is given back. */
  ours(): Promise<{ readonly held: readonly LockGrant[]; readonly waiting: readonly string[] }>
  /** What is already on record as held (a status says so) is held, whatever the limit. */
  restore(held: readonly Omit<LockWish, 'priority' | 'createdAt'>[]): Promise<void>
  standing(): Promise<readonly LockStanding[]>
}

export type EngineShare = { readonly cpus: number; readonly memoryBytes: number; readonly containers: number }

/** Members that share an engine divide its capacity: each that lives has a share, and the sum never passes the budget. */
export interface FleetCapacity {
  /** Asks for a share of that size (in all, not in addition) and answers what it is now: as much of it as is free. */
  share(engine: string, wanted: EngineShare, budget: EngineShare): Promise<EngineShare>
}

/** What the owner of a workflow is asked to do by another member. `request` and `answer` are JSON. */
export type Command = {
  readonly id: string
  readonly from: string
  readonly workflowUid: WorkflowUid
  readonly request: unknown
}
export interface FleetCommands {
  /** Resolves with the owner's answer. @throws WorldError FLEET_UNANSWERED after `deadlineMs`, STORE_DOWN */
  send(uid: WorkflowUid, request: unknown, deadlineMs: number): Promise<unknown>
  answer(id: string, answer: unknown): Promise<void>
}

export type FleetEvent = StoreEvent & { readonly member: string }

/**
 * Each is told at least once and in order; after `lostTrack` what is known must be read anew. A follower that begins is
 * told what is so already: grants that are ours, commands that wait for us, workflows that became ours untold.
 */
export type FleetListener = {
  /** Committed by other members, in the order of versions. */
  readonly changes?: (events: readonly FleetEvent[]) => void
  /** Workflows that are ours now and were not: made for us by another, or handed over. */
  readonly owned?: (uids: readonly WorkflowUid[]) => void
  readonly granted?: (grants: readonly LockGrant[]) => void
  readonly commands?: (commands: readonly Command[]) => void
  /** Members came, went, or changed what they tell. */
  readonly members?: () => void
  /** The engine's shares changed: more may be free. */
  readonly capacity?: () => void
  readonly lostTrack?: (reason: string) => void
}

export interface Fleet {
  /** Ours. */
  readonly name: string
  /** Tells the others about us; again when something has changed. */
  present(self: FleetSelf): Promise<void>
  members(): Promise<readonly Member[]>
  /**
   * In one transaction: everything unfinished that a member owns whose lease nobody holds, and its shares and lock
   * claims, become ours; under its lease nothing can be committed any more, by an epoch of its own. Answers what came;
   * nothing where it lives or another was faster.
   */
  takeOver(member: string): Promise<readonly WorkflowUid[]>
  /**
   * Ours that another shall have from now on, with their locks: it is told by `owned`. Our commits to them are refused
   * from then on. Those that are not ours or have finished stay. @throws WorldError STORE_CONFLICT where nobody of that name lives
   */
  handOver(uids: readonly WorkflowUid[], to: string): Promise<void>
  /** One member at a time has the role (cron, expiry, …): `true` when it becomes ours, `false` when it is no longer. */
  role(name: string, onChange: (isOurs: boolean) => void): { readonly isOurs: boolean; close(): Promise<void> }
  follow(since: number, listener: FleetListener): { close(): void }
  readonly locks: FleetLocks
  readonly capacity: FleetCapacity
  readonly commands: FleetCommands
}
