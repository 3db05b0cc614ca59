/** Objects that two controllers change at once, each with what it knows of them. */
import { expect, it } from 'vitest'
import type { Change } from '../store/port.ts'
import { MemoryDisk, openMemoryStore } from '../store/index.ts'
import { silentTelemetry } from './telemetry.ts'
import { ObjectTable } from './objects.ts'
import type { StoredObject } from './port.ts'

const key = { kind: 'ConfigMap', namespace: 'n', name: 'm' } as const
const holding = (text: string): StoredObject => ({ metadata: { namespace: 'n', name: 'm' }, data: { text } })
const along: Change = { kind: 'putRecord', collection: 'c', key: 'along', value: 1 }

it('a step is stored with what goes along only where the object is as it is known, and known to be as is expected', async () => {
  const store = openMemoryStore({ disk: new MemoryDisk() })
  const tableOf = () =>
    new ObjectTable({
      store,
      telemetry: silentTelemetry,
      publish: () => {},
      isShared: true,
      revisions: { changesFor: () => [], apply: () => {} },
    })
  const [a, b] = [tableOf(), tableOf()]
  const first = await a.update(key, () => holding('first'))
  await b.load()
  const resourceVersion = Number(first?.metadata?.resourceVersion)
  const step = (table: ObjectTable, version: number, text: string) =>
    table.step({ ...key, resourceVersion: version }, (now) => ({ ...now, ...holding(text) }), [along])
  await b.update(key, () => holding('second'))

  await expect(step(a, resourceVersion, 'third')).rejects.toMatchObject({ code: 'STORE_CONFLICT' })
  expect(a.get('ConfigMap', 'n', 'm')).toMatchObject({ data: { text: 'second' } })
  await expect(step(a, resourceVersion, 'third')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
  expect(await store.record('c', 'along')).toBeNull()

  const versions = await step(b, Number(b.get('ConfigMap', 'n', 'm')?.metadata?.resourceVersion), 'third')
  expect((await store.object('ConfigMap', 'n', 'm'))?.resourceVersion).toBe(versions.get('ConfigMap/n/m'))
  expect(b.get('ConfigMap', 'n', 'm')).toMatchObject({ data: { text: 'third' } })
  expect(await store.record('c', 'along')).toBe(1)
})
