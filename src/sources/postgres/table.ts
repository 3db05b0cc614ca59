/** The statements on the table. Nothing here decides anything. */
import type { Client, Pool, QueryResultRow } from 'pg'
import type { Progress, Answer } from './row-answer.ts'
import { inSchema } from './install.ts'
import type { ClaimedRow } from './row.ts'
import { rowBytesMax } from './row-content.ts'
import type { RowText } from './row-content.ts'
import { jsonParameter } from './json-parameter.ts'

export type DeletedRow = { readonly no: string; readonly id: string }
export type Backlog = { readonly due: number; readonly oldestSeconds: number }

/** Beyond it a manifest in jsonb is read on one line: laid out it may be many times as big. */
const prettyBytesMax = 4 * 1024 * 1024

export class ManifestTable {
  readonly #pool: Pool
  readonly #schema: string
  readonly #claimant: string
  readonly #server: () => Client | null

  /**
   * @param claimant the store that this daemon works on: rows that another one claimed are left alone
   * @param server the session that holds the right to serve the table, while there is one. What is told of workflows is
   * written in it: where it was ended, and another daemon serves the table, nothing of ours can come after what that one tells
   */
  constructor(pool: Pool, schema: string, claimant: string, server: () => Client | null) {
    this.#pool = pool
    this.#schema = schema
    this.#claimant = claimant
    this.#server = server
  }

  /** Rows that are new or changed, in the order of their ids; they are ours from now on. Locked ones are passed over. */
  async claim(limit: number, except: readonly string[]): Promise<readonly ClaimedRow[]> {
    const rows = await this.#rows<ClaimedRow>(
      `WITH due AS (
         SELECT t.id FROM %S.workflow_manifests t
         WHERE t.observed_generation < t.generation AND (t.claimed_by IS NULL OR t.claimed_by = $1)
           AND t.id <> ALL ($2::bigint[])
           AND NOT EXISTS (SELECT FROM %S.workflow_manifests_deleted d WHERE d.id = t.id AND d.claimed_by = $1)
         ORDER BY t.id LIMIT $3 FOR UPDATE OF t SKIP LOCKED
       )
       UPDATE %S.workflow_manifests t SET claimed_by = $1 FROM due WHERE t.id = due.id RETURNING ${rowColumns}`,
      [this.#claimant, except, limit],
    )
    return rows.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  }

  /** Rows of ours that are settled, as they stand. */
  settled(ids: readonly string[]): Promise<readonly ClaimedRow[]> {
    return this.#rows<ClaimedRow>(
      `SELECT ${rowColumns} FROM %S.workflow_manifests t
       WHERE t.id = ANY ($2::bigint[]) AND t.claimed_by = $1 AND t.observed_generation >= t.generation ORDER BY t.id`,
      [this.#claimant, ids],
    )
  }

  /**
   * What each row's manifest reads, in UTF-8; a row whose text cannot be had so does not hinder the others. Rows that
   * were changed or deleted since they were claimed are left out: their other columns would not belong to the text.
   */
  async texts(rows: readonly ClaimedRow[]): Promise<ReadonlyMap<string, RowText>> {
    try {
      const found = await this.#rows<{ id: string; text: Buffer | null }>(textsSql, [
        rows.map(({ id }) => id),
        rows.map(({ generation }) => generation),
      ])
      return new Map(found.map(({ id, text }) => [id, new Uint8Array(text ?? Buffer.alloc(0))]))
    } catch (error) {
      if (!isDataFault(error)) throw error
      const [row] = rows
      if (row !== undefined && rows.length === 1)
        return new Map([[row.id, { unreadable: `is no UTF-8 (${messageOf(error)})` }]])
      const parts = await Promise.all(rows.map((one) => this.texts([one])))
      return new Map(parts.flatMap((part) => [...part]))
    }
  }

  deleted(limit: number): Promise<readonly DeletedRow[]> {
    return this.#rows<DeletedRow>(
      'SELECT no::text, id::text FROM %S.workflow_manifests_deleted WHERE claimed_by = $1 ORDER BY no LIMIT $2',
      [this.#claimant, limit],
    )
  }
  async forgetDeleted(numbers: readonly string[]): Promise<void> {
    await this.#told('DELETE FROM %S.workflow_manifests_deleted WHERE no = ANY ($1::bigint[])', [numbers])
  }

  /** Ours that were refused, or wait: what was wrong may be right by now. */
  async refused(): Promise<readonly string[]> {
    return this.#ids("state IN ('Refused', 'Waiting') AND observed_generation >= generation")
  }
  /** Ours whose workflows had not ended when they were written of last. */
  async unfinished(): Promise<readonly string[]> {
    return this.#ids("phase IN ('Pending', 'Running')")
  }

  async backlog(): Promise<Backlog> {
    const [row] = await this.#rows<{ due: string; oldest: number | null }>(
      `SELECT count(*) AS due, extract(epoch FROM clock_timestamp() - min(updated_at))::float8 AS oldest
       FROM %S.workflow_manifests WHERE observed_generation < generation AND (claimed_by IS NULL OR claimed_by = $1)`,
      [this.#claimant],
    )
    return { due: Number(row?.due ?? 0), oldestSeconds: Math.max(0, row?.oldest ?? 0) }
  }

  /** @returns ids of rows that somebody holds locked: to be written later */
  answer(answers: readonly Answer[]): Promise<readonly string[]> {
    return this.#write(answers, answerSql)
  }
  /** Writes where something is different. @returns as `answer` */
  progress(progress: readonly Progress[]): Promise<readonly string[]> {
    return this.#write(progress, progressSql)
  }

  async #write(values: readonly Progress[], sql: string): Promise<readonly string[]> {
    if (values.length === 0) return []
    try {
      const rows = await this.#told<{ id: string }>(sql, [jsonParameter(values)])
      return rows.map(({ id }) => id)
    } catch (error) {
      if (!isDataFault(error)) throw error
      if (values.length > 1) {
        const locked: string[] = []
        for (const value of values) locked.push(...(await this.#write([value], sql)))
        return locked
      }
      // The database's own encoding has no place for some letter of it.
      const rows = await this.#told<{ id: string }>(sql, [jsonParameter(values, { isAscii: true })])
      return rows.map(({ id }) => id)
    }
  }

  async #ids(condition: string): Promise<readonly string[]> {
    const sql = `SELECT id::text FROM %S.workflow_manifests WHERE claimed_by = $1 AND ${condition} ORDER BY id`
    return (await this.#rows<{ id: string }>(sql, [this.#claimant])).map(({ id }) => id)
  }

  async #rows<T extends QueryResultRow>(
    sql: string,
    values: readonly unknown[],
    by: Pick<Client, 'query'> = this.#pool,
  ): Promise<readonly T[]> {
    return (await by.query<T>(inSchema(sql, this.#schema), [...values])).rows
  }

  #told<T extends QueryResultRow>(sql: string, values: readonly unknown[]): Promise<readonly T[]> {
    const server = this.#server()
    if (server === null) return Promise.reject(new Error('connection terminated'))
    return this.#rows(sql, values, server)
  }
}

const rowColumns = `t.id::text AS id, t.generation::text AS generation, t.desired_state AS desired,
  t.observed_state AS "observedState", t.name, t.parameters,
  coalesce(octet_length(t.manifest_yaml), octet_length(t.manifest::text), 0) AS "sizeBytes",
  CASE WHEN num_nonnulls(t.manifest, t.manifest_yaml) = 0 THEN 'none'
       WHEN num_nonnulls(t.manifest, t.manifest_yaml) = 2 THEN 'both' END AS fault`

const textsSql = `SELECT t.id::text AS id, CASE
    WHEN t.manifest_yaml IS NOT NULL THEN convert_to(t.manifest_yaml, 'UTF8')
    WHEN jsonb_typeof(t.manifest) = 'string' THEN convert_to(t.manifest #>> '{}', 'UTF8')
    WHEN octet_length(t.manifest::text) > ${prettyBytesMax} THEN convert_to(t.manifest::text, 'UTF8')
    ELSE convert_to(jsonb_pretty(t.manifest), 'UTF8') END AS text
  FROM %S.workflow_manifests t
  JOIN unnest($1::bigint[], $2::bigint[]) AS claimed(id, generation) USING (id, generation)`

const progressFields = `id bigint, workflow_namespace text, workflow_name text, workflow_uid text, phase text, message text,
  progress text, objects jsonb, started_at timestamptz, finished_at timestamptz, gone boolean`
const answerFields = `${progressFields}, observed_generation bigint, observed_state text, state text, kinds jsonb, errors jsonb`

/** Those that are free are locked, the others are named: a batch waits for nobody. */
const batch = (fields: string) => `WITH v AS MATERIALIZED (SELECT * FROM jsonb_to_recordset($1::jsonb) AS v(${fields})),
  free AS MATERIALIZED (
    SELECT t.id FROM %S.workflow_manifests t WHERE t.id IN (SELECT id FROM v) FOR NO KEY UPDATE OF t SKIP LOCKED
  )`

const over = "t.phase IN ('Succeeded', 'Failed', 'Error')"
/** Of a workflow that was deleted after its end, what was written stays. */
const kept = (column: string) => `${column} = CASE WHEN v.gone AND ${over} THEN t.${column} ELSE v.${column} END`
const progressSets = `workflow_namespace = v.workflow_namespace, workflow_name = v.workflow_name,
  workflow_uid = CASE WHEN v.gone THEN t.workflow_uid ELSE v.workflow_uid END,
  ${['phase', 'progress', 'started_at', 'finished_at'].map(kept).join(', ')}, objects = v.objects`

const held =
  'SELECT v.id::text FROM v JOIN %S.workflow_manifests t ON t.id = v.id WHERE v.id NOT IN (SELECT id FROM free)'

const answerSql = `${batch(answerFields)}, done AS (
  UPDATE %S.workflow_manifests t SET ${progressSets}, state = v.state, kinds = v.kinds, errors = v.errors,
    observed_generation = coalesce(v.observed_generation, t.observed_generation),
    observed_state = coalesce(v.observed_state, t.observed_state),
    message = CASE WHEN v.gone AND v.errors = '[]' AND ${over} THEN t.message ELSE v.message END,
    admitted_at = CASE WHEN v.state = 'Admitted' THEN coalesce(t.admitted_at, clock_timestamp()) ELSE t.admitted_at END,
    status_at = clock_timestamp()
  FROM v JOIN free ON free.id = v.id WHERE t.id = v.id
) ${held}`

const message = `CASE WHEN t.errors <> '[]' OR (v.gone AND ${over}) THEN t.message WHEN v.gone THEN 'was deleted' ELSE v.message END`
const compared = ['phase', 'progress', 'started_at', 'finished_at']
const progressSql = `${batch(progressFields)}, done AS (
  UPDATE %S.workflow_manifests t SET ${progressSets}, message = ${message}, status_at = clock_timestamp()
  FROM v JOIN free ON free.id = v.id WHERE t.id = v.id AND
    (t.workflow_name, t.workflow_uid, t.objects, t.message, ${compared.map((column) => `t.${column}`).join(', ')})
    IS DISTINCT FROM (v.workflow_name, CASE WHEN v.gone THEN t.workflow_uid ELSE v.workflow_uid END, v.objects, ${message},
      ${compared.map((column) => `CASE WHEN v.gone AND ${over} THEN t.${column} ELSE v.${column} END`).join(', ')})
) ${held}`

/** SQLSTATE class 22: the value, not the server, is what cannot be. */
const isDataFault = (error: unknown): boolean => ((error as { readonly code?: string }).code ?? '').startsWith('22')
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Whether the manifest is more than is read at all. */
export const isTooBig = ({ sizeBytes }: ClaimedRow): boolean => sizeBytes > rowBytesMax
