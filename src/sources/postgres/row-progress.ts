/** Follows the workflows of rows and says which rows are to be written of; rows that have ended are forgotten. */
import type { WatchEvent } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import { isFinished, sourceAnnotation } from '../rules/admitting.ts'
import type { SourceController } from '../rules/admitting.ts'
import type { FileRecord } from '../rules/records.ts'
import { finishedPhases, progressOf, recordsShown } from './row-answer.ts'
import type { Progress } from './row-answer.ts'

type Shown = Pick<FileRecord, 'documents' | 'ran'>

/** Workflows remembered as somebody else's, so that they are not asked again. */
const foreignMax = 50_000

export class RowProgress {
  readonly #controller: Pick<SourceController, 'workflow'>
  readonly #prefix: string
  readonly #records = new Map<string, Shown>()
  readonly #rowOf = new Map<string, string>()
  readonly #news = new Map<string, WatchEvent>()
  readonly #foreign = new Set<string>()
  #dirty = new Set<string>()

  /** @param prefix of the paths of this table's rows */
  constructor(controller: Pick<SourceController, 'workflow'>, prefix: string) {
    this.#controller = controller
    this.#prefix = prefix
  }

  get dirtyCount(): number {
    return this.#dirty.size
  }

  seen(event: WatchEvent): void {
    const key = `${event.namespace}/${event.name}`
    const id = this.#rowOf.get(key) ?? this.#rowByAnnotation(key, event)
    if (event.type === 'DELETED') this.#foreign.delete(key)
    if (id === null) return
    this.#news.set(key, event)
    this.#dirty.add(id)
  }

  /** A workflow that had ended, and was retried perhaps, says itself whose it is. */
  #rowByAnnotation(key: string, event: WatchEvent): string | null {
    if (this.#foreign.has(key)) return null
    const path = event.object().metadata?.annotations?.[sourceAnnotation]
    if (path?.startsWith(this.#prefix)) return path.slice(this.#prefix.length)
    if (this.#foreign.size >= foreignMax) this.#foreign.clear()
    this.#foreign.add(key)
    return null
  }

  follow(id: string, record: Shown): void {
    this.#records.set(id, record)
    for (const { namespace, name } of recordsShown(record)) {
      this.#rowOf.set(`${namespace}/${name}`, id)
      this.#foreign.delete(`${namespace}/${name}`)
    }
  }

  forget(id: string): void {
    this.#forgetNews(id)
    for (const key of this.#keysOf(id)) this.#rowOf.delete(key)
    this.#records.delete(id)
    this.#dirty.delete(id)
  }

  #forgetNews(id: string): void {
    for (const key of this.#keysOf(id)) this.#news.delete(key)
  }
  #keysOf(id: string): readonly string[] {
    const record = this.#records.get(id)
    return record === undefined ? [] : recordsShown(record).map(({ namespace, name }) => `${namespace}/${name}`)
  }

  mark(ids: Iterable<string>): void {
    for (const id of ids) this.#dirty.add(id)
  }
  takeDirty(most: number): readonly string[] {
    const taken = [...this.#dirty].slice(0, most)
    for (const id of taken) this.#dirty.delete(id)
    return taken
  }
  isFollowed(id: string): boolean {
    return this.#records.has(id)
  }

  async of(id: string): Promise<Progress | null> {
    const record = this.#records.get(id)
    if (record === undefined) return null
    const workflows = await Promise.all(
      recordsShown(record).map(({ namespace, name }) => this.#workflow(namespace, name)),
    )
    return progressOf(id, record, workflows)
  }

  /** Written; where all has ended there is nothing more to come. */
  written(progress: Progress): void {
    if (this.#dirty.has(progress.id)) return
    const isOver = progress.gone || progress.phase === null || finishedPhases.has(progress.phase)
    if (isOver) this.forget(progress.id)
    else this.#forgetNews(progress.id)
  }

  async #workflow(namespace: string, name: string): Promise<Workflow | null> {
    const key = `${namespace}/${name}`
    const event = this.#news.get(key)
    if (event === undefined) return this.#controller.workflow(namespace, name, { nodes: false })
    await event.whenStored?.()
    const workflow = event.object() as Workflow
    return event.type === 'DELETED' && !isFinished(workflow) ? null : workflow
  }
}
