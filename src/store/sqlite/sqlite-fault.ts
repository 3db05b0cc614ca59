/** SQLite's and the file system's errors in the words of the port. */
import type { StoreFault } from '../fault.ts'
import type { StoreErrorCode } from '../port.ts'

/** A commit that contradicts what is stored; thrown inside a transaction, never leaves the writer. */
export class Conflict extends Error {}

/** Primary result codes, https://sqlite.org/rescode.html */
const codes: Readonly<Record<number, readonly [StoreErrorCode, string]>> = {
  3: ['STORE_READONLY', 'no permission to write it'],
  5: ['STORE_BUSY', 'another process has it locked'],
  6: ['STORE_BUSY', 'a table is locked'],
  7: ['STORE_DOWN', 'out of memory'],
  8: ['STORE_READONLY', 'it cannot be written: check its permissions and that the file system is not read-only'],
  10: ['STORE_DOWN', 'the disk failed to read or write'],
  11: ['STORE_CORRUPT', 'the file is damaged: restore it from a backup, or move it away to begin anew'],
  13: ['STORE_FULL', 'no space is left on the disk, or the size limit is reached'],
  14: ['STORE_READONLY', 'the file cannot be opened: check that the directory exists and can be written'],
  19: ['STORE_CONFLICT', 'a constraint does not hold'],
  26: ['STORE_CORRUPT', 'the file is no database: restore it from a backup, or move it away to begin anew'],
}

const systemCodes: Readonly<Record<string, StoreErrorCode>> = {
  ENOSPC: 'STORE_FULL',
  EDQUOT: 'STORE_FULL',
  EACCES: 'STORE_READONLY',
  EPERM: 'STORE_READONLY',
  EROFS: 'STORE_READONLY',
  ENOENT: 'STORE_READONLY',
  ENOTDIR: 'STORE_READONLY',
  EEXIST: 'STORE_READONLY',
}

export function sqliteFault(error: unknown, path: string): StoreFault {
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof Conflict) return { code: 'STORE_CONFLICT', message: text }
  const { errcode, code } = error as { readonly errcode?: unknown; readonly code?: unknown }
  const known = typeof errcode === 'number' ? codes[errcode & 0xff] : undefined
  if (known) return { code: known[0], message: `database ${path}: ${known[1]} (${text})` }
  const system = typeof code === 'string' ? systemCodes[code] : undefined
  return { code: system ?? 'STORE_DOWN', message: `database ${path}: ${text}` }
}
