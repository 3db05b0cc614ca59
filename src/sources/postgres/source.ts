/** Keeps the controller and a table in step: news and polls start a turn, each turn brings in what is due. */
import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { WatchEvent } from '../../controller/port.ts'
import type { Log } from '../../controller/telemetry.ts'
import { isConnectionFault } from '../../postgres/index.ts'
import type { PostgresOptions } from '../../postgres/index.ts'
import type { Store } from '../../store/port.ts'
import type { SourceController } from '../rules/admitting.ts'
import { NameClaims } from '../rules/claims.ts'
import { recordKey } from '../rules/file-admission.ts'
import { TableLink } from './link.ts'
import { storeIdentity, RowRecords } from './row-records.ts'
import { RowProgress } from './row-progress.ts'
import { ManifestTable } from './table.ts'
import type { Backlog } from './table.ts'
import { TableTurns } from './turns.ts'
import type { RowState } from './row-answer.ts'

export type TableSourceOptions = {
  readonly postgres: PostgresOptions
  /** Where the table is. */
  readonly schema: string
  readonly controller: SourceController
  readonly store: Store
  readonly log: Log
  /** Of manifests that name none. */
  readonly namespace: string
  /** How often is looked for news that were not told. */
  readonly pollMs?: number
  /** How long a workflow waits for a template that is not there yet. */
  readonly templateWaitMs?: number
  readonly install?: boolean
  /** Milliseconds over which changes of workflows are gathered. */
  readonly gatherMs?: number
  /** Another daemon that serves the table and says nothing for so long is cut off. */
  readonly silentMs?: number
}

export type TableReadings = {
  readonly isUp: boolean
  readonly backlog: Backlog
  /** Rows looked at since the start, by what came of them. */
  readonly outcomes: ReadonlyMap<RowState, number>
}

const retryMs = 1000

export class TableSource {
  readonly #options: TableSourceOptions
  readonly #link: TableLink
  readonly #claimant: string
  readonly #outcomes = new Map<RowState, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #news: { close(): void }
  /** `null` until the table was there once. */
  #turns: TableTurns | null = null
  #table: ManifestTable | null = null
  #instance: string | null = null
  #backlog: Backlog = { due: 0, oldestSeconds: 0 }
  #wanted = false
  #running: Promise<void> | null = null
  #flushing: Promise<void> | null = null
  #closed = false
  #failed: string | null = null

  private constructor(options: TableSourceOptions, claimant: string) {
    this.#options = options
    this.#claimant = claimant
    const { postgres, schema, log, controller, install = true, silentMs } = options
    this.#news = controller.watch(null, (event) => this.#seen(event), 'heads')
    this.#link = new TableLink({
      postgres,
      schema,
      install,
      claimant,
      log,
      onUp: (pool, instance) => this.#up(pool, instance),
      onNews: () => this.#wake(),
      ...(silentMs === undefined ? {} : { silentMs }),
    })
  }

  /** Returns whether or not the table is there; it is served once it is. @throws UserError BAD_TABLE_SCHEMA, BAD_DATABASE_URL */
  static async open(options: TableSourceOptions): Promise<TableSource> {
    const source = new TableSource(options, await storeIdentity(options.store, randomUUID))
    source.#link.open()
    const { pollMs = 5000, gatherMs = 200 } = options
    source.#every(pollMs, () => source.#poll())
    source.#every(gatherMs, () => source.#flush())
    return source
  }

  /** Why it does not serve the table now. */
  reasons(): readonly string[] {
    return this.#link.reason === null ? [] : [this.#link.reason]
  }

  readings(): TableReadings {
    return { isUp: this.#link.reason === null, backlog: this.#backlog, outcomes: this.#outcomes }
  }

  /** Resolves when nothing is due that can be done now, and all of it is written back. */
  async idle(): Promise<void> {
    do {
      await this.#running
      if (this.#link.reason !== null) await new Promise((resolve) => setTimeout(resolve, 20))
      else if (this.#turns !== null) {
        this.#wake()
        await this.#running
        await this.#flush()
      }
    } while (this.#running !== null || this.#turns === null || this.#link.reason !== null)
  }

  /** Finishes what was begun; nothing more is read. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#news.close()
    await this.#running
    await this.#flush()
    await this.#link.close()
  }

  async #up(pool: Pool, instance: string): Promise<void> {
    if (this.#instance !== instance) {
      const { controller, store, schema, namespace, log, templateWaitMs = 5000 } = this.#options
      const records = new RowRecords(store, instance)
      const prefix = `table-${instance.slice(0, 8)}/`
      const claims = new NameClaims((path) => {
        this.#turns?.lookAgain([path.slice(prefix.length)])
        this.#wake()
      })
      for (const [id, record] of await records.all())
        for (const document of record.documents) claims.claim(recordKey(document), `${prefix}${id}`)
      this.#table = new ManifestTable(pool, schema, this.#claimant, () => this.#link.session)
      const progress = new RowProgress(controller, prefix)
      const onOutcome = (state: RowState) => this.#outcomes.set(state, (this.#outcomes.get(state) ?? 0) + 1)
      this.#turns = new TableTurns({
        table: this.#table,
        controller,
        records,
        claims,
        progress,
        log,
        namespace,
        prefix,
        templateWaitMs,
        onOutcome,
        wakeIn: (ms) => this.#wakeIn(ms),
      })
      this.#instance = instance
      this.#turns.lookAgain(await this.#table.refused())
    }
    // What ended while nobody could write it down.
    this.#turns?.mark((await this.#table?.unfinished()) ?? [])
    this.#wake()
  }

  #seen(event: WatchEvent): void {
    if (event.kind === 'Workflow') this.#turns?.seen(event)
    else if (event.kind.endsWith('WorkflowTemplate') && event.type !== 'DELETED' && this.#turns?.templateCame())
      this.#wake()
  }

  #wake(): void {
    if (this.#closed || this.#turns === null) return
    this.#wanted = true
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  async #run(): Promise<void> {
    while (this.#wanted && !this.#closed) {
      this.#wanted = false
      try {
        while (!this.#closed && (await this.#turns?.turn()) === true);
        this.#recovered()
      } catch (error) {
        this.#failedTurn(error)
        return
      }
    }
  }

  async #poll(): Promise<void> {
    if (this.#link.reason !== null || this.#table === null) return
    this.#wake()
    this.#backlog = await this.#table.backlog().catch(() => this.#backlog)
  }

  /** One at a time. */
  async #flush(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing
    if (this.#link.reason !== null || this.#turns === null) return
    this.#flushing = this.#turns
      .flush()
      .catch((error: unknown) => this.#failedTurn(error))
      .finally(() => {
        this.#flushing = null
      })
    await this.#flushing
  }

  /** Said once until it goes well again; a lost connection is the link's to tell. */
  #failedTurn(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    if (!isConnectionFault(error) && this.#failed !== text) {
      this.#failed = text
      this.#options.log.error({ reason: text }, 'a turn of the table failed; it is tried again')
    }
    this.#wakeIn(retryMs)
  }

  #recovered(): void {
    this.#failed = null
  }

  #wakeIn(ms: number): void {
    if (this.#closed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#wake()
    }, ms)
    this.#timers.add(timer)
  }

  #every(ms: number, work: () => Promise<void>): void {
    this.#timers.add(setInterval(() => void work(), ms))
  }
}
