/**
 * Records are no objects and make no events. Those that others keep in memory too (memo entries, limits, who belongs to
 * whom) are stored together with a bulletin: an empty object that says which record has changed.
 */
import type { Change } from '../../store/port.ts'
import type { FleetEvent } from '../../store/fleet.ts'
import type { Core } from '../core.ts'

export const bulletinKind = 'Bulletin'
/** Collections that are followed. */
type Topic = 'memo' | 'sync-limit' | 'owned'
const topics: readonly Topic[] = ['memo', 'sync-limit', 'owned']

type RecordChange = Extract<Change, { kind: 'putRecord' }>
const isFollowed = (change: Change): change is RecordChange =>
  change.kind === 'putRecord' && (topics as readonly string[]).includes(change.collection)

/** The changes, and with each record that others follow its bulletin. */
export function withBulletins(changes: readonly Change[]): readonly Change[] {
  const told = changes.filter(isFollowed).map(({ collection, key, value }): Change => {
    const where = { namespace: collection, name: key }
    return value === null
      ? { kind: 'deleteObject', objectKind: bulletinKind, ...where }
      : { kind: 'putObject', row: { kind: bulletinKind, ...where, body: {} } }
  })
  return told.length === 0 ? changes : [...changes, ...told]
}

export async function hearBulletin(core: Core, { namespace: topic, name: key }: FleetEvent): Promise<void> {
  const value = await core.store.record(topic, key)
  if (topic === 'memo') core.memos.heard(key, value)
  else if (topic === 'sync-limit') core.limits.heard(key, value)
  else if (topic === 'owned') core.owners.heard(key, value)
}
