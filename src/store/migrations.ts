/** Which migrations a database still needs, which may be taken back, and when to keep hands off it. Shared by the SQL adapters. */
import { createHash } from 'node:crypto'
import type { StoreFault } from './fault.ts'

/** Never edited once released: what was applied is held against the checksum of `sql`. Versions count from 1. */
export type Migration = {
  readonly version: number
  readonly name: string
  readonly sql: string
  /** Makes it undone, with the data that there is by then. */
  readonly down: string
  /** Taking it back takes data away. */
  readonly losesData?: true
}
export type AppliedMigration = { readonly version: number; readonly checksum: string }

export const checksum = (migration: Migration): string =>
  createHash('sha256').update(`${migration.version}\n${migration.sql}`).digest('hex')

export type MigrationPlan =
  | { readonly kind: 'apply'; readonly migrations: readonly Migration[] }
  | { readonly kind: 'refuse'; readonly fault: StoreFault }

const newestOf = (known: readonly { readonly version: number }[]): number =>
  known.reduce((most, { version }) => Math.max(most, version), 0)

export function planMigrations(known: readonly Migration[], applied: readonly AppliedMigration[]): MigrationPlan {
  const newest = newestOf(known)
  const found = newestOf(applied)
  if (found > newest) {
    const message = `the database has schema version ${found}, this drydock knows up to ${newest}: run a newer drydock on it, or take the schema back with the drydock that wrote it (drydock db rollback --to ${newest})`
    return { kind: 'refuse', fault: { code: 'STORE_NEWER_SCHEMA', message } }
  }
  for (const { version, checksum: text } of applied) {
    const ours = known.find((migration) => migration.version === version)
    if (!ours || checksum(ours) !== text) {
      const message = `schema version ${version} of the database is not the one this drydock knows: it was made by another build`
      return { kind: 'refuse', fault: { code: 'STORE_FOREIGN_SCHEMA', message } }
    }
  }
  const done = new Set(applied.map(({ version }) => version))
  return { kind: 'apply', migrations: known.filter(({ version }) => !done.has(version)) }
}

/** For those who may only look: what keeps the database from being used as it is, or `null`. */
export function unusable(known: readonly Migration[], applied: readonly AppliedMigration[]): StoreFault | null {
  const plan = planMigrations(known, applied)
  if (plan.kind === 'refuse') return plan.fault
  if (plan.migrations.length === 0) return null
  const message = `the database has schema version ${newestOf(applied)}, this drydock needs ${newestOf(known)}, and it may not migrate by itself: run drydock db migrate`
  return { code: 'STORE_OLD_SCHEMA', message }
}

/** The newest first. @param to the version to go back to */
export function planRollback(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
  { to, mayLoseData }: { readonly to: number; readonly mayLoseData: boolean },
): MigrationPlan {
  const plan = planMigrations(known, applied)
  if (plan.kind === 'refuse') return plan
  const migrations = known
    .filter(({ version }) => version > to && applied.some((one) => one.version === version))
    .toSorted((a, b) => b.version - a.version)
  const lossy = migrations.find(({ losesData }) => losesData)
  if (lossy && !mayLoseData) {
    const message = `taking back version ${lossy.version} (${lossy.name}) throws data away: make a backup and say --force`
    return { kind: 'refuse', fault: { code: 'STORE_CONFLICT', message } }
  }
  return { kind: 'apply', migrations }
}

/** Where a database stands, for people. */
export type MigrationState = {
  readonly version: number
  readonly name: string
  /** `foreign`: applied, and not what we know under the number. */
  readonly state: 'applied' | 'pending' | 'foreign'
}

export function migrationStates(
  known: readonly Migration[],
  applied: readonly (AppliedMigration & { readonly name?: string })[],
): readonly MigrationState[] {
  const states = new Map<number, MigrationState>()
  for (const { version, name } of known) states.set(version, { version, name, state: 'pending' })
  for (const { version, name = '', checksum: text } of applied) {
    const ours = known.find((migration) => migration.version === version)
    const isOurs = ours !== undefined && checksum(ours) === text
    states.set(version, { version, name: ours?.name ?? name, state: isOurs ? 'applied' : 'foreign' })
  }
  return [...states.values()].sort((a, b) => a.version - b.version)
}
