/** Postgres' errors in the words of the port. */
import { storeError } from '../fault.ts'
import type { StoreFault } from '../fault.ts'
import type { StoreErrorCode } from '../port.ts'
import { contradiction } from './archive-schema.ts'
import { notOwner, unexpected } from './fleet-functions.ts'

/** Beginnings of SQLSTATE codes, the longest first. */
const codes: readonly (readonly [string, StoreErrorCode, string])[] = [
  [notOwner, 'STORE_NOT_OWNER', 'it is not ours'],
  [unexpected, 'STORE_CONFLICT', 'not the version expected'],
  [contradiction, 'STORE_CONFLICT', 'the commit contradicts what is stored'],
  ['25006', 'STORE_READONLY', 'it takes no writes (a standby?)'],
  ['42501', 'STORE_READONLY', 'the user lacks a privilege'],
  ['3F000', 'STORE_READONLY', 'the schema is not there and may not be made'],
  ['53100', 'STORE_FULL', 'its disk is full'],
  ['55P03', 'STORE_BUSY', 'a lock is held'],
  ['57014', 'STORE_BUSY', 'a statement took too long'],
  ['53300', 'STORE_BUSY', 'it has too many connections'],
  ['28', 'STORE_READONLY', 'it refuses the user or password'],
  ['40', 'STORE_BUSY', 'transactions stood in each other’s way'],
  ['23', 'STORE_CONFLICT', 'a constraint does not hold'],
  ['XX', 'STORE_CORRUPT', 'it reports damage'],
]

export function postgresFault(error: unknown): StoreFault {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const code = (error as { readonly code?: unknown }).code
  const known = typeof code === 'string' ? codes.find(([start]) => code.startsWith(start)) : undefined
  if (known) return { code: known[1], message: `postgres: ${known[2]} (${text})` }
  return { code: 'STORE_DOWN', message: `postgres: ${text}` }
}

/** What a person did wrong stays as it is. */
export const asStoreError = (error: unknown): unknown =>
  error instanceof Error && (error.name === 'WorldError' || error.name === 'UserError')
    ? error
    : storeError(postgresFault(error), error)
