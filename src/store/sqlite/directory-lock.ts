/**
 * One daemon a data directory. The lock is a transaction held open on a file of its own, so the kernel gives it back
 * when the process ends, however it ends; and it does not stand in the way of those who only read.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { storeError } from '../fault.ts'
import { sqliteFault } from './sqlite-fault.ts'

export type DirectoryLock = { readonly release: () => void }

export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, 'drydock.lock')
  const note = join(directory, 'drydock.pid')
  let db: DatabaseSync | null = null
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    db = new DatabaseSync(path, { timeout: 0 })
    db.exec('BEGIN EXCLUSIVE')
    writeFileSync(note, `${process.pid}\n`)
  } catch (error) {
    db?.close()
    const fault = sqliteFault(error, path)
    if (fault.code !== 'STORE_BUSY') throw storeError(fault, error)
    const message = `another drydock${holder(note)} works on the data directory ${directory}: stop it, or choose another with --data`
    throw storeError({ code: 'STORE_LOCKED', message }, error)
  }
  const held = db
  return {
    release: () => {
      held.close()
    },
  }
}

function holder(note: string): string {
  try {
    return ` (process ${readFileSync(note, 'utf8').trim()})`
  } catch {
    return ''
  }
}
