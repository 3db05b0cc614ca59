/** Which migrations a database still needs, and when to keep hands off it. Shared by the SQL adapters. */
import { createHash } from 'node:crypto'
import type { StoreFault } from './fault.ts'

/** Never edited once released: what was applied is held against the checksum of `sql`. Versions count from 1. */
export type Migration = { readonly version: number; readonly name: string; readonly sql: string }
export type AppliedMigration = { readonly version: number; readonly checksum: string }

export const checksum = (migration: Migration): string =>
  createHash('sha256').update(`${migration.version}\n${migration.sql}`).digest('hex')

export type MigrationPlan =
  | { readonly kind: 'apply'; readonly migrations: readonly Migration[] }
  | { readonly kind: 'refuse'; readonly fault: StoreFault }

export function planMigrations(known: readonly Migration[], applied: readonly AppliedMigration[]): MigrationPlan {
  const newest = known.reduce((most, { version }) => Math.max(most, version), 0)
  for (const { version, checksum: found } of applied) {
    if (version > newest) {
      const message = `the database has schema version ${version}, this drydock knows up to ${newest}: use a newer drydock, or another data directory`
      return { kind: 'refuse', fault: { code: 'STORE_NEWER_SCHEMA', message } }
    }
    const ours = known.find((migration) => migration.version === version)
    if (!ours || checksum(ours) !== found) {
      const message = `schema version ${version} of the database is not the one this drydock knows: it was made by another build`
      return { kind: 'refuse', fault: { code: 'STORE_FOREIGN_SCHEMA', message } }
    }
  }
  const done = new Set(applied.map(({ version }) => version))
  return { kind: 'apply', migrations: known.filter(({ version }) => !done.has(version)) }
}
