/**
 * Node rows of a group that are too many for one statement, over which the server would be silent for too long: several
 * statements in one transaction. A workflow of a million nodes that comes out of the archive is such a group.
 */
import type { Client } from 'pg'
import { isConnectionFault } from '../../postgres/index.ts'
import { bigintArray, textArray } from './binary-array.ts'

export type NodeWrite = { readonly id: string; readonly node: string; readonly internal: string | null }
/** By row number, which is in one of them. */
export type NodeWrites = {
  readonly gone: Set<number>
  readonly added: Map<number, NodeWrite>
  readonly changed: Map<number, NodeWrite>
}
type Statement = { readonly text: string; readonly values: (Buffer | null)[] }

const rowsPerStatement = 10_000

export const areMany = ({ gone, added, changed }: NodeWrites): boolean =>
  gone.size + added.size + changed.size > rowsPerStatement

/**
 * Writes them, then what `last` asks for, all or nothing.
 * @param heard the server has answered what was asked then (monotonic milliseconds)
 * @throws what the server says; nothing is written then, or (a connection fault) nobody knows
 */
export async function inPortions<T>(
  client: Client,
  writes: NodeWrites,
  { last, heard }: { readonly last: () => Promise<T>; readonly heard: (askedAt: number) => void },
): Promise<T> {
  await client.query('BEGIN')
  try {
    for (const { text, values } of statements(writes)) {
      const askedAt = performance.now()
      await client.query(text, values)
      heard(askedAt)
    }
    for (const written of [writes.gone, writes.added, writes.changed]) written.clear()
    const result = await last()
    await client.query('COMMIT')
    return result
  } catch (error) {
    // A connection that is given up takes its transaction along.
    if (!isConnectionFault(error)) await client.query('ROLLBACK')
    throw error
  }
}

/** One after the other, so that their buffers are not in memory all at once. */
function* statements({ gone, added, changed }: NodeWrites): Generator<Statement> {
  for (const numbers of sliced([...gone])) yield { text: remove, values: [bigintArray(numbers)] }
  for (const rows of sliced([...added])) {
    const [no, node, internal] = columns(rows)
    yield { text: insert, values: [no, textArray(rows.map(([, { id }]) => id)), node, internal] }
  }
  for (const rows of sliced([...changed])) yield { text: update, values: [...columns(rows)] }
}

const columns = (rows: readonly (readonly [number, NodeWrite])[]) =>
  [
    bigintArray(rows.map(([no]) => no)),
    textArray(rows.map(([, { node }]) => node)),
    textArray(rows.map(([, { internal }]) => internal)),
  ] as const

function* sliced<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < values.length; from += rowsPerStatement) yield values.slice(from, from + rowsPerStatement)
}

const remove = 'DELETE FROM node WHERE no = ANY($1::bigint[])'
const insert = 'INSERT INTO node SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])'
const update = `UPDATE node n SET node = g.node, internal = g.internal
  FROM unnest($1::bigint[], $2::text[], $3::text[]) AS g (no, node, internal) WHERE n.no = g.no`
