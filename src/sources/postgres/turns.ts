/** One turn: what was deleted goes, what is due is claimed, admitted and answered; in between, what workflows do is written. */
import type { WatchEvent } from '../../controller/port.ts'
import type { Log } from '../../controller/telemetry.ts'
import type { SourceController } from '../rules/admitting.ts'
import { levelOf } from '../log-level.ts'
import type { NameClaims } from '../rules/claims.ts'
import { eachAtOnce } from '../rules/each-at-once.ts'
import { rankOf, retireFile } from '../rules/file-admission.ts'
import type { FileRecord } from '../rules/records.ts'
import { admitRow } from './row-admission.ts'
import type { RowOutcome } from './row-admission.ts'
import { errorText, progressOf, rowErrors } from './row-answer.ts'
import type { Answer, RowState } from './row-answer.ts'
import { rowBytesMax, rowContent } from './row-content.ts'
import type { RowContent, RowText } from './row-content.ts'
import { isDesired } from './row.ts'
import type { ClaimedRow } from './row.ts'
import type { RowProgress } from './row-progress.ts'
import type { RowRecords } from './row-records.ts'
import { isTooBig } from './table.ts'
import type { ManifestTable } from './table.ts'

export type TurnParts = {
  readonly table: ManifestTable
  readonly controller: SourceController
  readonly records: RowRecords
  readonly claims: NameClaims
  readonly progress: RowProgress
  readonly log: Log
  readonly namespace: string
  /** Of the paths that stand for rows. */
  readonly prefix: string
  readonly templateWaitMs: number
  readonly onOutcome: (state: RowState) => void
  readonly wakeIn: (ms: number) => void
}

/** Rows claimed together, and of their texts those that are read together. */
const rowsAtOnce = 1000
const bytesAtOnce = 16 * 1024 * 1024
const admissionsAtOnce = 128
const writesAtOnce = 1000
const retryMs = 1000

type Answered = readonly [Prepared, RowOutcome]
type Prepared = { readonly row: ClaimedRow; readonly content: RowContent; readonly isNews: boolean }

export class TableTurns {
  readonly #parts: TurnParts
  /** When rows that wait, for a template or for better times, are worth another look. */
  readonly #notBefore = new Map<string, number>()
  readonly #waitingUntil = new Map<string, number>()
  readonly #again = new Set<string>()
  /** Answers to rows that somebody holds locked. */
  readonly #unwritten = new Map<string, Answered>()
  #writing: Promise<unknown> = Promise.resolve()

  constructor(parts: TurnParts) {
    this.#parts = parts
  }

  lookAgain(ids: Iterable<string>): void {
    for (const id of ids) this.#again.add(id)
  }
  mark(ids: Iterable<string>): void {
    this.#parts.progress.mark(ids)
  }
  seen(event: WatchEvent): void {
    this.#parts.progress.seen(event)
  }

  /** Whether anybody waits for one. */
  templateCame(): boolean {
    for (const id of this.#waitingUntil.keys()) this.#notBefore.delete(id)
    return this.#waitingUntil.size > 0
  }

  /** True where there may be more to do at once. */
  async turn(): Promise<boolean> {
    const { table } = this.#parts
    const retired = await this.#retireDeleted()
    await this.#writeOverdue()
    const nowMs = Date.now()
    for (const [id, at] of this.#notBefore) if (at <= nowMs) this.#notBefore.delete(id)
    const claimed = await table.claim(rowsAtOnce, [...this.#notBefore.keys(), ...this.#unwritten.keys()])
    const again = [...this.#again].slice(0, rowsAtOnce)
    for (const id of again) this.#again.delete(id)
    const news = new Set(claimed.map(({ id }) => id))
    const rows = [...claimed, ...(again.length === 0 ? [] : await table.settled(again))]
    for (const batch of bySize(rows)) await this.#bringIn(batch, news)
    return retired > 0 || claimed.length === rowsAtOnce || this.#again.size > 0
  }

  async #retireDeleted(): Promise<number> {
    const { table, records, controller, claims, progress, log, prefix } = this.#parts
    const deleted = await table.deleted(rowsAtOnce)
    if (deleted.length === 0) return 0
    const known = await records.get(new Set(deleted.map(({ id }) => id)))
    const rest = new Map<string, FileRecord | null>()
    const failed = new Set<string>()
    await eachAtOnce(known, 16, async ([id, record]) => {
      if (record.gone === true) return
      try {
        rest.set(id, await retireFile(controller, claims, `${prefix}${id}`, record))
        log.info({ row: id }, 'the row is gone')
      } catch (error) {
        failed.add(id)
        log[levelOf(error)]({ row: id, reason: textOf(error) }, 'could not take the row back; it is tried again')
      }
    })
    await records.put(rest)
    for (const { id } of deleted) {
      progress.forget(id)
      this.#unwritten.delete(id)
      this.#waitingUntil.delete(id)
      this.#notBefore.delete(id)
    }
    await table.forgetDeleted(deleted.filter(({ id }) => !failed.has(id)).map(({ no }) => no))
    if (failed.size > 0) this.#parts.wakeIn(retryMs)
    return deleted.length - failed.size
  }

  async #bringIn(rows: readonly ClaimedRow[], news: ReadonlySet<string>): Promise<void> {
    const { table, records, namespace, prefix } = this.#parts
    const readable = rows.filter((row) => row.fault === null && !isTooBig(row))
    const texts = readable.length === 0 ? new Map<string, RowText>() : await table.texts(readable)
    const known = await records.get(rows.map(({ id }) => id))
    const prepared: Prepared[] = []
    for (const row of rows) {
      const text = isTooBig(row) ? { unreadable: tooBig(row) } : (texts.get(row.id) ?? null)
      if (text === null && row.fault === null) continue
      const content = rowContent(row, text ?? { unreadable: '' }, { path: `${prefix}${row.id}`, namespace })
      prepared.push({ row, content, isNews: news.has(row.id) })
    }
    // What others may refer to comes first: a batch may hold templates and the workflows that use them.
    const rank = ({ content }: Prepared) => Math.min(99, ...content.documents.map(rankOf))
    for (const [, group] of [...Map.groupBy(prepared, rank)].sort(([a], [b]) => a - b)) await this.#admit(group, known)
  }

  async #admit(group: readonly Prepared[], known: ReadonlyMap<string, FileRecord>): Promise<void> {
    const { records, progress } = this.#parts
    const done: Answered[] = []
    await eachAtOnce(group, admissionsAtOnce, async (prepared) => {
      const outcome = await this.#admitOne(prepared, known.get(prepared.row.id))
      if (outcome !== null) done.push([prepared, outcome])
    })
    // Remembered before it is told: a crash in between finds the row due, and its record says that it ran.
    await records.put(new Map(done.map(([{ row }, { record }]) => [row.id, record])))
    for (const [{ row }, { record, state }] of done) {
      if (record === null) progress.forget(row.id)
      else progress.follow(row.id, record)
      this.#parts.onOutcome(state)
    }
    await this.#write(done)
  }

  /** `null`: the world refuses for now, and the row is tried again later. */
  async #admitOne({ row, content, isNews }: Prepared, before: FileRecord | undefined): Promise<RowOutcome | null> {
    const { controller, claims, log, prefix, templateWaitMs, wakeIn } = this.#parts
    const nowMs = Date.now()
    const until = this.#waitingUntil.get(row.id) ?? nowMs + templateWaitMs
    const task = { row, path: `${prefix}${row.id}`, content, before, mayWait: nowMs < until, touched: isNews }
    try {
      const outcome = await admitRow(controller, claims, task)
      if (outcome.waitsFor.length > 0) {
        this.#waitingUntil.set(row.id, until)
        this.#notBefore.set(row.id, until)
        wakeIn(Math.max(1, until - nowMs))
      } else this.#waitingUntil.delete(row.id)
      for (const { message, at, path, rule } of outcome.problems)
        log.warn({ row: row.id, line: at?.line, column: at?.column, path, rule }, message)
      return outcome
    } catch (error) {
      const reason = content.clean({ message: textOf(error) }).message
      log[levelOf(error)]({ row: row.id, reason }, 'could not bring the row in; it is tried again')
      this.#notBefore.set(row.id, nowMs + retryMs)
      wakeIn(retryMs)
      return null
    }
  }

  async #answerOf({ row, content }: Prepared, { state, problems, notes, waitsFor }: RowOutcome): Promise<Answer> {
    const progress = (await this.#parts.progress.of(row.id)) ?? progressOf(row.id, { documents: [], ran: [] }, [])
    const errors = rowErrors(problems)
    const [first] = errors
    const waiting = waitsFor.length > 0 ? `waits for ${[...new Set(waitsFor)].join(', ')}` : null
    const isRead = content.kinds.length > 0 && !content.kinds.includes('')
    return {
      ...progress,
      message: waiting ?? (first === undefined ? (progress.message ?? notes[0] ?? null) : errorText(first)),
      phase: progress.phase ?? (first === undefined ? null : 'Error'),
      observed_generation: state === 'Waiting' ? null : row.generation,
      observed_state: state === 'Waiting' || !isDesired(row.desired) ? row.observedState : row.desired,
      state,
      kinds: isRead ? [...new Set(content.kinds)] : null,
      errors,
    }
  }

  async #write(done: readonly Answered[]): Promise<void> {
    for (let start = 0; start < done.length; start += writesAtOnce) {
      const part = done.slice(start, start + writesAtOnce)
      await this.#alone(() => this.#writePart(part))
    }
  }

  async #writePart(done: readonly Answered[]): Promise<void> {
    const { table, progress } = this.#parts
    const answers: Answer[] = []
    for (const [prepared, outcome] of done) {
      if (outcome.record !== null && !progress.isFollowed(prepared.row.id))
        progress.follow(prepared.row.id, outcome.record)
      answers.push(await this.#answerOf(prepared, outcome))
    }
    const locked = new Set(await table.answer(answers))
    done.forEach(([{ row }, outcome], index) => {
      const answer = answers[index]
      if (locked.has(row.id)) this.#unwritten.set(row.id, done[index] as Answered)
      else {
        this.#unwritten.delete(row.id)
        if (answer !== undefined && outcome.record !== null) progress.written(answer)
      }
    })
    if (locked.size > 0) this.#parts.wakeIn(retryMs)
  }

  async #writeOverdue(): Promise<void> {
    if (this.#unwritten.size > 0) await this.#write([...this.#unwritten.values()])
  }

  /** Writes what workflows have become since. */
  async flush(): Promise<void> {
    while (this.#parts.progress.dirtyCount > 0 && (await this.#alone(() => this.#flushPart())));
  }

  async #flushPart(): Promise<boolean> {
    const { progress, records, table } = this.#parts
    const ids = progress.takeDirty(writesAtOnce)
    try {
      const strange = ids.filter((id) => !progress.isFollowed(id))
      for (const [id, record] of strange.length > 0 ? await records.get(strange) : []) progress.follow(id, record)
      const found = (await Promise.all(ids.map((id) => progress.of(id)))).filter((one) => one !== null)
      const locked = await table.progress(found)
      for (const one of found) if (!locked.includes(one.id)) progress.written(one)
      if (locked.length > 0) setTimeout(() => progress.mark(locked), retryMs).unref()
      return true
    } catch (error) {
      progress.mark(ids)
      throw error
    }
  }

  /** What is read of workflows and what is written of them belong together: nothing older overtakes something newer. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#writing.then(work, work)
    this.#writing = result.catch(() => undefined)
    return result
  }
}

/** Parts whose texts fit into memory together. */
function bySize(rows: readonly ClaimedRow[]): readonly (readonly ClaimedRow[])[] {
  const parts: ClaimedRow[][] = []
  let part: ClaimedRow[] = []
  let bytes = 0
  for (const row of rows) {
    const size = isTooBig(row) ? 0 : row.sizeBytes
    if (part.length > 0 && bytes + size > bytesAtOnce) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(row)
    bytes += size
  }
  if (part.length > 0) parts.push(part)
  return parts
}

const tooBig = ({ sizeBytes }: ClaimedRow): string =>
  `has ${sizeBytes} bytes, more than the ${rowBytesMax} that are read`
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
