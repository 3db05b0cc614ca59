/** Keeps the controller and a folder in step: hints and sweeps make paths dirty, each turn brings the quiet ones in. */
import { realpath, stat } from 'node:fs/promises'
import type { Log } from '../../controller/telemetry.ts'
import type { Store } from '../../store/port.ts'
import type { SourceController } from '../rules/admitting.ts'
import { NameClaims } from '../rules/claims.ts'
import { admitFile, rankOf, recordKey, retireFile } from '../rules/file-admission.ts'
import type { FileOutcome } from '../rules/file-admission.ts'
import { eachAtOnce } from '../rules/each-at-once.ts'
import { levelOf } from '../log-level.ts'
import { FolderStatus } from './folder-status.ts'
import { FolderIntake } from './intake.ts'
import type { Intake } from './intake.ts'
import { isManifestPath } from './manifest-path.ts'
import { FileRecords } from '../rules/records.ts'
import type { FileRecord } from '../rules/records.ts'
import { StatusFiles } from './status-files.ts'
import { statusText } from '../rules/status-text.ts'
import type { FileState, FileStatus } from '../rules/status-text.ts'
import { look, sameSight, walk } from './walk.ts'
import type { Sight } from './walk.ts'
import { watchFolder } from './watching.ts'
import type { FolderWatch } from './watching.ts'

export type DirectorySourceOptions = {
  readonly folder: string
  readonly controller: SourceController
  readonly store: Store
  readonly log: Log
  readonly namespace: string
  /** How long a file written in place must be quiet before it is read. */
  readonly settleMs?: number
  /** How long a workflow waits for a template that is not there yet. */
  readonly templateWaitMs?: number
  /** Whether `.status/` files are written. */
  readonly status?: boolean
  readonly sweepMs?: number
  /** Name of the daemon where several share the store: the folder is its own. */
  readonly daemon?: string | null
  /**
   * Asked before what became of a file is written down; rejects with STORE_LOCKED where another daemon, which may have
   * stood by with the same folder, has gone on. Without it nobody else can.
   */
  readonly inCharge?: () => Promise<void>
}

const admissionsAtOnce = 128
/** Files whose records share a commit. */
const recordsAtOnce = 512
const retryMs = 1000

export class DirectorySource {
  readonly #options: DirectorySourceOptions
  readonly #root: string
  readonly #device: number
  readonly #records: FileRecords
  readonly #intake: FolderIntake
  readonly #status: FolderStatus
  readonly #statusFiles: StatusFiles
  readonly #claims = new NameClaims((path) => this.#hint(path, 0))
  readonly #sights = new Map<string, Sight>()
  /** When each path is due, in milliseconds of the wall clock. */
  readonly #due = new Map<string, number>()
  readonly #touched = new Set<string>()
  readonly #waitingUntil = new Map<string, number>()
  /** Of the batch in hand. */
  readonly #outcomes = new Map<string, FileOutcome>()
  readonly #closers: (() => Promise<void> | void)[] = []
  #timer: NodeJS.Timeout | null = null
  #turning: Promise<void> | null = null
  #idlers: (() => void)[] = []
  #closed = false

  private constructor(options: DirectorySourceOptions, root: string, device: number) {
    const { controller, store, log, namespace, folder } = options
    this.#options = options
    this.#root = root
    this.#device = device
    this.#records = new FileRecords(store, folder, options.daemon ?? null)
    this.#intake = new FolderIntake(root, namespace, options.settleMs ?? 250)
    this.#status = new FolderStatus(
      controller,
      (path) => this.#records.get(path),
      (path) => this.#statusFiles.changed(path),
    )
    const textOf = async (path: string) => {
      const status = await this.#status.of(path)
      return status === null ? null : statusText(status)
    }
    const { inCharge } = options
    this.#statusFiles = new StatusFiles(root, options.status ?? true, { textOf, inCharge, log })
  }

  /** Watching from the moment it resolves; what lies in the folder already is brought in at once (`idle` waits for it). */
  static async open(options: DirectorySourceOptions): Promise<DirectorySource> {
    const root = await realpath(options.folder)
    const source = new DirectorySource(options, root, (await stat(root)).dev)
    await source.#start()
    return source
  }

  async #start(): Promise<void> {
    const { controller, log, sweepMs = 30_000 } = this.#options
    await this.#records.load()
    for (const path of this.#records.paths())
      for (const record of this.#records.get(path)?.documents ?? []) this.#claims.claim(recordKey(record), path)
    const news = controller.watch(null, (event) => {
      if (event.kind === 'Workflow') this.#status.seen(event)
      else if (event.kind.endsWith('WorkflowTemplate') && event.type !== 'DELETED')
        for (const path of this.#waitingUntil.keys()) this.#hint(path, 0)
    })
    this.#closers.push(() => news.close())
    const watching: FolderWatch = await watchFolder(
      this.#root,
      (path) => {
        if (!isManifestPath(path)) return
        this.#touched.add(path)
        this.#hint(path, 0)
      },
      (error) =>
        log.warn({ folder: this.#root, error }, 'watching the folder failed; changes are found by looking again'),
    )
    this.#closers.push(() => watching.close())
    const sweeper = setInterval(() => void this.#sweep(), sweepMs)
    this.#closers.push(() => clearInterval(sweeper))
    const found = await this.#sweep()
    if (found !== null) this.#statusFiles.sweep((path) => found.has(path) || this.#isKept(path))
  }

  #isKept(path: string): boolean {
    const record = this.#records.get(path)
    return record !== undefined && record.gone !== true
  }

  /** Resolves when every file is admitted, refused or waits for a template. */
  async idle(): Promise<void> {
    while (this.#due.size > this.#waitingDue() || this.#turning !== null)
      await new Promise<void>((resolve) => this.#idlers.push(resolve))
    await this.#statusFiles.flush()
  }

  async status(path: string): Promise<FileStatus | null> {
    return this.#status.of(path)
  }
  /** As it was given. */
  get folder(): string {
    return this.#options.folder
  }
  /** Files that are refused or wait, with why. */
  unsettled(): readonly FileStatus[] {
    return this.#status.unsettled()
  }
  counts(): ReadonlyMap<FileState, number> {
    return this.#status.counts()
  }

  /** Finishes what was begun; nothing more is read. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const close of this.#closers) await close()
    await this.#turning
    await this.#statusFiles.flush()
  }

  /** Looks at everything, for changes that no hint told of. */
  async #sweep(): Promise<ReadonlyMap<string, Sight> | null> {
    const { log } = this.#options
    if (!(await this.#isThere())) return null
    const found = await walk(this.#root, (path, error) => log.warn({ path, error }, 'cannot look into a folder'))
    for (const [path, sight] of found) if (!sameSight(this.#sights.get(path), sight)) this.#hint(path, 0)
    const known = [...this.#records.paths()].filter((path) => this.#isKept(path))
    for (const path of [...known, ...this.#sights.keys()]) if (!found.has(path)) this.#hint(path, 0)
    return found
  }

  /** A folder that is away (not mounted, say) says nothing about its files. */
  async #isThere(): Promise<boolean> {
    const device = await stat(this.#root).then(
      ({ dev }) => dev,
      () => null,
    )
    if (device === this.#device) return true
    this.#options.log.error({ folder: this.#root }, 'the watched folder is away; nothing is removed until it is back')
    return false
  }

  #hint(path: string, inMs: number): void {
    if (this.#closed) return
    const at = Date.now() + inMs
    this.#due.set(path, Math.min(this.#due.get(path) ?? at, at))
    this.#schedule()
  }

  #schedule(): void {
    if (this.#turning !== null || this.#closed || this.#due.size === 0) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    let next = Infinity
    for (const at of this.#due.values()) next = Math.min(next, at)
    this.#timer = setTimeout(() => this.#turn(), Math.max(0, next - Date.now()))
  }

  #turn(): void {
    const work = this.#bringIn().catch((error: unknown) =>
      this.#options.log[levelOf(error)](
        { folder: this.#root, error },
        'a turn of the folder failed; it is tried again',
      ),
    )
    this.#turning = work.finally(() => {
      this.#turning = null
      this.#schedule()
      for (const resolve of this.#idlers.splice(0)) resolve()
    })
  }

  async #bringIn(): Promise<void> {
    const nowMs = Date.now()
    const due = [...this.#due].filter(([, at]) => at <= nowMs).map(([path]) => path)
    for (const path of due) this.#due.delete(path)
    if (!(await this.#isThere())) {
      for (const path of due) this.#hint(path, retryMs * 5)
      return
    }
    const intake = await this.#intake.take(due, nowMs, (path, hash) => this.#isAsBefore(path, hash))
    for (const [path, inMs] of intake.later) this.#hint(path, inMs)
    for (const [path, { sight, problem }] of intake.refused) {
      this.#sights.set(path, sight)
      this.#options.log.warn({ file: path }, problem.message)
      this.#status.set(path, { problems: [problem], notes: [], waitsFor: [] })
    }
    await this.#moveRecords(intake)
    await eachAtOnce(intake.vanished, 16, (path) => this.#guarded(path, () => this.#retire(path)))
    await this.#admitAll(intake)
  }

  /** A file that was renamed keeps what it came to. */
  async #moveRecords({ contents }: Intake): Promise<void> {
    const fresh = [...contents].filter(([path]) => this.#records.get(path) === undefined)
    if (fresh.length === 0) return
    const byHash = new Map<string, string>()
    for (const path of this.#records.paths()) byHash.set(this.#records.get(path)?.hash ?? '', path)
    const changes = new Map<string, FileRecord | null>()
    for (const [path, { content }] of fresh) {
      const from = byHash.get(content.hash)
      const record = from === undefined || changes.has(from) ? undefined : this.#records.get(from)
      if (from === undefined || record === undefined || (await look(this.#root, from)) !== null) continue
      changes.set(from, null).set(path, record)
      for (const document of record.documents) {
        this.#claims.release(recordKey(document), from)
        this.#claims.claim(recordKey(document), path)
      }
      this.#sights.delete(from)
      this.#status.forget(from)
    }
    await this.#records.put(changes)
  }

  async #retire(path: string): Promise<void> {
    const record = this.#records.get(path)
    if (record !== undefined && record.gone !== true) {
      const rest = await retireFile(this.#options.controller, this.#claims, path, record)
      await this.#records.put(new Map([[path, rest]]))
      this.#options.log.info({ file: path }, 'the file is gone')
    }
    this.#sights.delete(path)
    this.#waitingUntil.delete(path)
    this.#status.forget(path)
  }

  async #admitAll({ contents }: Intake): Promise<void> {
    const changed: string[] = []
    for (const [path, { sight, content }] of contents) {
      if (this.#isAsBefore(path, content.hash)) {
        this.#sights.set(path, sight)
        this.#status.set(path)
      } else changed.push(path)
    }
    // What others may refer to comes first: a batch may hold templates and the workflows that use them.
    const rank = (path: string): number => Math.min(99, ...(contents.get(path)?.content.documents ?? []).map(rankOf))
    const ranked = Map.groupBy(changed, rank)
    for (const [, paths] of [...ranked].sort(([a], [b]) => a - b)) {
      for (let start = 0; start < paths.length; start += recordsAtOnce) {
        const records = new Map<string, FileRecord | null>()
        await eachAtOnce(paths.slice(start, start + recordsAtOnce), admissionsAtOnce, (path) =>
          this.#guarded(path, () => this.#admit(path, contents, records)),
        )
        await this.#records.put(records)
        for (const path of records.keys()) this.#status.set(path, this.#outcomes.get(path))
      }
    }
    this.#outcomes.clear()
  }

  async #admit(path: string, contents: Intake['contents'], records: Map<string, FileRecord | null>): Promise<void> {
    const { controller, log, templateWaitMs = 5000 } = this.#options
    const found = contents.get(path)
    if (found === undefined) return
    const { sight, content } = found
    const nowMs = Date.now()
    const until = this.#waitingUntil.get(path) ?? nowMs + templateWaitMs
    const before = this.#records.get(path)
    const touched = this.#touched.delete(path)
    const outcome = await admitFile(controller, this.#claims, {
      path,
      content,
      before,
      mayWait: nowMs < until,
      touched,
    })
    if (outcome.waitsFor.length > 0) {
      this.#waitingUntil.set(path, until)
      this.#hint(path, Math.max(1, until - nowMs))
    } else this.#waitingUntil.delete(path)
    this.#sights.set(path, sight)
    this.#outcomes.set(path, outcome)
    records.set(path, outcome.record)
    for (const { message, at, path: place, rule } of outcome.problems)
      log.warn({ file: path, line: at?.line, column: at?.column, path: place, rule }, message)
  }

  /** What the world refuses for now is tried again later. */
  async #guarded(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.log[levelOf(error)]({ file: path, error }, 'could not bring the file in; it is tried again')
      this.#hint(path, retryMs)
    }
  }

  #isAsBefore(path: string, hash: string): boolean {
    const record = this.#records.get(path)
    return record !== undefined && record.settled && record.hash === hash
  }

  #waitingDue(): number {
    return [...this.#due.keys()].filter((path) => this.#waitingUntil.has(path)).length
  }
}
