/** What a person does to a store from outside: look at its schema, bring it up to date, take it back. */
import type { Migration, MigrationState } from './migrations.ts'

/** A controller that has a lease, or owns unfinished workflows. */
export type LeaseStatus = {
  readonly name: string
  /** Host and process that have it or had it last. */
  readonly holder: string
  readonly isLive: boolean
  readonly workflows: number
  /** Locks that its workflows hold. */
  readonly locks: number
}

export interface StoreAdministration {
  /** For people; without a password. */
  readonly place: string
  /** Works while a daemon runs. Every version pending where nothing is there yet. */
  status(): Promise<readonly MigrationState[]>
  /** Who works on it, and whose the workflows are; nothing where a store has one daemon by nature. Works while they run. */
  controllers(): Promise<readonly LeaseStatus[]>
  /**
   * Answers what was applied, the oldest first.
   * @throws WorldError STORE_LOCKED while a daemon runs; STORE_NEWER_SCHEMA, STORE_FOREIGN_SCHEMA
   */
  migrate(): Promise<readonly Migration[]>
  /**
   * Answers what was taken back, the newest first. One step where `to` is null.
   * @throws WorldError as `migrate`; STORE_CONFLICT where data would be lost and may not
   */
  rollback(options: { readonly to: number | null; readonly mayLoseData: boolean }): Promise<readonly Migration[]>
  close(): Promise<void>
}

export const versionBefore = (states: readonly MigrationState[]): number => {
  const applied = states.filter(({ state }) => state !== 'pending').map(({ version }) => version)
  return applied.sort((a, b) => b - a)[1] ?? 0
}
