import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instant, nodeIdOf, podIdOf } from '../resources/index.ts'
import { PodRecords } from './pod-records.ts'

const record = (pod: string, podName: string, containers: readonly string[] = ['main']) => ({
  pod: podIdOf(pod),
  podName,
  containers,
})

describe('what is known of pods', () => {
  it('comes back as it was put in', () => {
    const ids = fc.constantFrom('wf', 'wf-1', 'wf-12', 'wf-123', 'other')
    const texts = fc.stringMatching(/^[a-z1-3.-]{0,6}$/)
    const entries = fc.array(fc.tuple(ids, texts, texts, fc.array(texts, { maxLength: 2 })))
    fc.assert(
      fc.property(entries, (list) => {
        const records = new PodRecords('wf')
        const expected = new Map<string, unknown>()
        for (const [id, pod, name, containers] of list) {
          const text = id.slice(3)
          const one = record(`uid.${text}${pod}`, `${name}-${text}`, containers)
          records.set(nodeIdOf(id), one)
          expected.set(id, one)
        }
        expect(new Map(records)).toEqual(expected)
        for (const [id, one] of expected) expect(records.get(nodeIdOf(id))).toEqual(one)
      }),
    )
  })

  it('keeps a log that no container printed, and forgets what is deleted', () => {
    const id = nodeIdOf('wf-1')
    const log = { at: instant(1), lines: ['a'] }
    const records = new PodRecords('wf', [[id, { ...record('uid.1', 'wf-go-1'), log }]])
    expect(records.get(id)?.log).toEqual(log)
    records.delete(id)
    expect([...records.values()]).toEqual([])
  })
})
