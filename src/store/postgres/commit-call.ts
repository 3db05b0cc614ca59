/** One statement for each kind of commit: the functions that it needs, one after the other, in one transaction. */
import { archiveParameters } from './archive-schema.ts'
import type { Batch } from './batch.ts'
import { commitCall, commitParameters } from './commit-function.ts'
import { enterParameters, settleParameters } from './fleet-functions.ts'

type Value = string | number | Buffer | null
export type CommitQuery = { readonly name: string; readonly text: string; readonly values: Value[] }
export type Committing = { readonly lease: string; readonly epoch: number; readonly commitNo: number }

/** @param isMember there may be other controllers, who are told */
export function commitQuery(batch: Batch, { lease, epoch, commitNo }: Committing, isMember: boolean): CommitQuery {
  const values = batch.values(lease, epoch, commitNo)
  const enters = !batch.fleet.isEmpty
  const archives = !batch.archive.isEmpty
  if (!enters && !archives && !isMember) return { name: 'commit', text: commitCall, values: [...values] }
  const shape = `${enters ? '1' : '0'}${archives ? '1' : '0'}${isMember ? '1' : '0'}`
  return {
    name: `commit-${shape}`,
    text: texts.get(shape) ?? remember(shape, textOf({ enters, archives, isMember })),
    values: [
      ...(enters ? [lease, epoch, ...batch.fleet.enterValues()] : []),
      ...(archives ? batch.archive.values(lease).slice(enters ? 1 : 0) : []),
      ...values.slice(enters || archives ? 1 : 0),
      ...(isMember ? [lease, ...batch.fleet.settleValues()] : []),
    ],
  }
}

const texts = new Map<string, string>()
function remember(shape: string, text: string): string {
  texts.set(shape, text)
  return text
}

type Shape = { readonly enters: boolean; readonly archives: boolean; readonly isMember: boolean }
type Parameters = readonly (readonly [string, string])[]

/** What comes first is innermost: each hands the name of the lease to the one after it. */
function textOf({ enters, archives, isMember }: Shape): string {
  let count = 0
  const put = (parameters: Parameters): string => parameters.map(([, type]) => `$${++count}::${type}`).join(', ')
  const call = (name: string, parameters: Parameters, before: string | null): string =>
    before === null
      ? `SELECT ${name}(${put(parameters)}) AS lease OFFSET 0`
      : `SELECT ${name}(a.lease, ${put(parameters.slice(1))}) AS lease FROM (${before}) AS a OFFSET 0`
  const entered = enters ? call('drydock_enter', enterParameters, null) : null
  const before = archives ? call('drydock_archive', archiveParameters, entered) : entered
  const commit =
    before === null
      ? `drydock_commit(${put(commitParameters)})`
      : `drydock_commit(b.lease, ${put(commitParameters.slice(1))})`
  const all = isMember ? `drydock_settle(${commit}, ${put(settleParameters.slice(1))})` : commit
  return `SELECT ${all} AS base${before === null ? '' : ` FROM (${before}) AS b`}`
}
