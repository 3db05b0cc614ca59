import { expect, it } from 'vitest'
import type { WatchEvent } from '../../controller/port.ts'
import { PendingChanges } from './pending-changes.ts'
import type { ChangeType } from './pending-changes.ts'

const event = (resourceVersion: number): WatchEvent => ({
  type: 'MODIFIED',
  kind: 'Workflow',
  namespace: '',
  name: 'a',
  labels: {},
  resourceVersion,
  object: () => ({ metadata: {}, spec: {} }),
})

it.each<[readonly ChangeType[], readonly string[]]>([
  [['ADDED', 'MODIFIED', 'MODIFIED'], ['ADDED 3']],
  [['MODIFIED', 'MODIFIED'], ['MODIFIED 2']],
  [['ADDED', 'DELETED'], []],
  [['MODIFIED', 'DELETED'], ['DELETED 2']],
  [
    ['DELETED', 'ADDED', 'MODIFIED'],
    ['DELETED 1', 'ADDED 3'],
  ],
  [['DELETED', 'ADDED', 'DELETED'], ['DELETED 1']],
  [['ADDED', 'DELETED', 'ADDED'], ['ADDED 3']],
])('of %j a client that comes late is told %j', (types, told) => {
  const pending = new PendingChanges()
  types.forEach((type, index) => pending.add('a', { type, event: event(index + 1) }))
  const taken = Array.from({ length: pending.size }, () => pending.take())
  expect(taken.map((change) => `${change?.type ?? ''} ${String(change?.event.resourceVersion)}`)).toEqual(told)
})

it('starts anew with an object whose change was taken', () => {
  const pending = new PendingChanges()
  pending.add('a', { type: 'ADDED', event: event(1) })
  pending.add('b', { type: 'ADDED', event: event(2) })
  expect(pending.take()?.event.resourceVersion).toBe(1)
  pending.add('a', { type: 'MODIFIED', event: event(3) })
  pending.take()
  expect(pending.take()).toMatchObject({ type: 'MODIFIED', event: { resourceVersion: 3 } })
})
