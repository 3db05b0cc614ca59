import { describe, expect, it } from 'vitest'
import type { Member } from '../../store/fleet.ts'
import { heirOf, ownerFor } from './placement.ts'

const engine = (id: string, labels: Readonly<Record<string, string>> = {}, isUp = true) => ({
  id,
  endpoint: '',
  labels,
  cpus: 2,
  memoryBytes: 1,
  containersMax: 10,
  isUp,
})
const member = (name: string, workflows: number, more: Partial<Member> = {}): Member => ({
  name,
  host: '',
  url: null,
  engines: [engine('one')],
  isDraining: false,
  isLive: true,
  goneForMs: 0,
  workflows,
  ...more,
})
const plain = { spec: {} }
const picky = { spec: { templates: [{ name: 'main', nodeSelector: { gpu: 'yes' } }] } }

describe('a new workflow', () => {
  it.each([
    ['to the one who has fewest', plain, [member('a', 3), member('b', 1)], 'b'],
    ['to the one who was asked, among equals', plain, [member('a', 1), member('b', 1)], 'a'],
    [
      'to nobody who leaves or has gone',
      plain,
      [member('a', 9), member('b', 0, { isDraining: true }), member('c', 0, { isLive: false })],
      'a',
    ],
    [
      'where its nodeSelector fits',
      picky,
      [member('a', 0), member('b', 9, { engines: [engine('two', { gpu: 'yes' })] })],
      'b',
    ],
    ['anywhere where it fits nobody', picky, [member('a', 0), member('b', 1)], 'a'],
    ['to an engine that is up', plain, [member('a', 0, { engines: [engine('one', {}, false)] }), member('b', 5)], 'b'],
  ])('goes %s', (_where, workflow, members, owner) => {
    expect(ownerFor(workflow, members, 'a')).toBe(owner)
  })

  it('counts what was given away since', () => {
    expect(ownerFor(plain, [member('a', 1), member('b', 0)], 'a', new Map([['b', 2]]))).toBe('a')
  })
})

describe('workflows of a member that has gone', () => {
  const gone = member('x', 5, { isLive: false, engines: [engine('one'), engine('two')] })
  it('go to the least loaded of those who reach all its engines', () => {
    const both = [engine('two'), engine('one'), engine('three')]
    expect(
      heirOf(gone, [gone, member('a', 0), member('b', 4, { engines: both }), member('c', 2, { engines: both })]),
    ).toBe('c')
  })
  it('stay where nobody does', () => {
    expect(heirOf(gone, [gone, member('a', 0)])).toBeNull()
  })
})
