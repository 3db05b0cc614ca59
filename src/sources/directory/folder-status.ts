/** What is to be told of each file: its problems from admission, its workflows as they go on. */
import type { Problem } from '../../admission/index.ts'
import type { WatchEvent } from '../../controller/port.ts'
import type { Workflow } from '../../resources/index.ts'
import type { SourceController } from '../rules/admitting.ts'
import type { DocumentRecord, FileRecord } from '../rules/records.ts'
import { fileStatus, workflowStatus } from '../rules/status-text.ts'
import type { FileState, FileStatus, ObjectStatus } from '../rules/status-text.ts'

export type FileNote = {
  readonly problems: readonly Problem[]
  readonly notes: readonly string[]
  readonly waitsFor: readonly string[]
}

/** Workflows of one file that its status names, the newest. */
const shownMax = 50
const nothingToSay: FileNote = { problems: [], notes: [], waitsFor: [] }

export class FolderStatus {
  readonly #controller: SourceController
  readonly #recordOf: (path: string) => FileRecord | undefined
  readonly #onChange: (path: string) => void
  readonly #notes = new Map<string, FileNote>()
  readonly #known = new Set<string>()
  readonly #pathOf = new Map<string, string>()
  /** The newest news of workflows whose file's status was not written since. */
  readonly #news = new Map<string, WatchEvent>()

  constructor(
    controller: SourceController,
    recordOf: (path: string) => FileRecord | undefined,
    onChange: (path: string) => void,
  ) {
    this.#controller = controller
    this.#recordOf = recordOf
    this.#onChange = onChange
  }

  /** What admission said of the file; nothing, where it is as it was before a restart. */
  set(path: string, note: FileNote = nothingToSay): void {
    this.#known.add(path)
    if (note === nothingToSay) this.#notes.delete(path)
    else this.#notes.set(path, note)
    for (const { namespace, name } of this.#workflowsOf(path)) this.#pathOf.set(`${namespace}/${name}`, path)
    this.#onChange(path)
  }

  forget(path: string): void {
    this.#known.delete(path)
    this.#notes.delete(path)
    for (const [key, owner] of this.#pathOf) if (owner === path) this.#pathOf.delete(key)
    this.#onChange(path)
  }

  seen(event: WatchEvent): void {
    const key = `${event.namespace}/${event.name}`
    const path = this.#pathOf.get(key)
    if (path === undefined) return
    this.#news.set(key, event)
    this.#onChange(path)
  }

  async of(path: string): Promise<FileStatus | null> {
    if (!this.#known.has(path)) return null
    const note = this.#notes.get(path) ?? nothingToSay
    const documents = this.#recordOf(path)?.documents ?? []
    const others = documents
      .filter(({ kind }) => kind !== 'Workflow')
      .map(({ kind, namespace, name }) => ({ kind, namespace, name }))
    const workflows = await Promise.all(this.#workflowsOf(path).map((record) => this.#statusOf(record)))
    return fileStatus(path, { ...note, objects: [...others, ...workflows] })
  }

  /** Files that are refused or wait, with why. */
  unsettled(): readonly FileStatus[] {
    return [...this.#known].flatMap((path) => {
      const note = this.#notes.get(path) ?? nothingToSay
      return note.problems.length + note.waitsFor.length === 0 ? [] : [fileStatus(path, { ...note, objects: [] })]
    })
  }

  counts(): ReadonlyMap<FileState, number> {
    const counts = new Map<FileState, number>([
      ['Admitted', 0],
      ['Refused', 0],
      ['Waiting', 0],
    ])
    for (const path of this.#known) {
      const { problems, waitsFor } = this.#notes.get(path) ?? nothingToSay
      const state: FileState = waitsFor.length > 0 ? 'Waiting' : problems.length > 0 ? 'Refused' : 'Admitted'
      counts.set(state, (counts.get(state) ?? 0) + 1)
    }
    return counts
  }

  #workflowsOf(path: string): readonly DocumentRecord[] {
    const record = this.#recordOf(path)
    if (record === undefined) return []
    return [...record.documents.filter(({ kind }) => kind === 'Workflow'), ...record.ran.slice(-shownMax)]
  }

  async #statusOf({ namespace, name }: DocumentRecord): Promise<ObjectStatus> {
    const key = `${namespace}/${name}`
    const event = this.#news.get(key)
    this.#news.delete(key)
    if (event?.type === 'DELETED') return { ...workflowStatus(event.object() as Workflow), message: 'was deleted' }
    await event?.whenStored?.()
    const workflow =
      event === undefined
        ? await this.#controller.workflow(namespace, name, { nodes: false })
        : (event.object() as Workflow)
    return workflow === null ? { kind: 'Workflow', namespace, name, message: 'was deleted' } : workflowStatus(workflow)
  }
}
