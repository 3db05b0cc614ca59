/**
 * The few facts about a pod that the engine does not keep, in one small file per pod: that it was stopped, that its
 * deadline passed, how often a container was started again, and what became of containers that never ran.
 * Written only when one of these comes up, never on the way of an ordinary pod.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PodId, WorkflowUid } from '../../resources/index.ts'
import { marksFolder } from './workflow-files.ts'

export type NeverRan = { readonly exitCode: number; readonly reason: string; readonly message: string }

export type Marks = {
  readonly stopped?: boolean
  readonly deadlineExceeded?: boolean
  readonly restarts?: Readonly<Record<string, number>>
  readonly neverRan?: Readonly<Record<string, NeverRan>>
  /** Why a container that ran was killed by us: `Liveness probe failed`. */
  readonly killed?: Readonly<Record<string, string>>
}

/** How long a file that found no room waits until it is tried again. */
const retryMs = 1_000

export class MarkFiles {
  private readonly directory: string
  /** Pods whose file lags behind. */
  private readonly unwritten = new Set<PodId>()
  private timer: NodeJS.Timeout | null = null
  private readonly known = new Map<PodId, Marks>()

  constructor(dataDir: string) {
    this.directory = marksFolder(dataDir)
    mkdirSync(this.directory, { recursive: true })
  }

  of(pod: PodId): Marks {
    return this.known.get(pod) ?? {}
  }

  /** What is on disk of a pod that is met for the first time: by this daemon before, or by another that shares the folder. */
  recall(pod: PodId): Marks {
    if (this.unwritten.has(pod)) return this.of(pod)
    const path = this.path(pod)
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      return this.of(pod)
    }
    try {
      this.known.set(pod, JSON.parse(text) as Marks)
    } catch {
      rmSync(path, { force: true })
    }
    return this.of(pod)
  }

  /**
   * On disk when it returns, whole or not at all; where there is no room, as soon as there is. What is to be done for the
   * pod does not wait for that: nobody could be stopped on a full disk.
   */
  add(pod: PodId, more: Marks): void {
    const before = this.of(pod)
    const marks: Marks = {
      ...before,
      ...more,
      restarts: { ...before.restarts, ...more.restarts },
      neverRan: { ...before.neverRan, ...more.neverRan },
      killed: { ...before.killed, ...more.killed },
    }
    this.known.set(pod, marks)
    this.write(pod)
  }

  drop(pod: PodId): void {
    this.unwritten.delete(pod)
    if (!this.known.delete(pod)) return
    for (const path of [this.path(pod), `${this.path(pod)}.part`]) rmSync(path, { force: true })
  }

  private write(pod: PodId): void {
    const path = this.path(pod)
    try {
      writeFileSync(`${path}.part`, JSON.stringify(this.of(pod)))
      renameSync(`${path}.part`, path)
      this.unwritten.delete(pod)
    } catch {
      this.unwritten.add(pod)
      this.timer ??= setTimeout(() => this.writeAgain(), retryMs).unref()
    }
  }

  private writeAgain(): void {
    this.timer = null
    for (const pod of [...this.unwritten]) this.write(pod)
  }

  /** Whoever takes away its files. */
  forget(workflow: WorkflowUid): void {
    for (const pod of [...this.known.keys()].filter((id) => id.startsWith(`${workflow}.`))) this.drop(pod)
  }

  private path(pod: PodId): string {
    return join(this.directory, `${pod}.json`)
  }
}
