import { expect, it } from 'vitest'
import { NodeNumbers } from './node-numbers.ts'

it('tells ids apart, whatever they look like', () => {
  const ids = [
    ...['wf', 'wf-12', 'wf-4294967295', 'wf-2147483648', 'wf-0', 'wf-00', 'wf-012', 'wf-4294967296', 'wf-1.5', 'wf--1'],
    ...['wf-', 'wf- 12', 'wf-1e3', 'wf-1000', 'wf-0x10', 'wf-16', 'wg-12', 'wf-12/children/0', 'wf-wf-12', '12'],
  ]
  const numbers = new NodeNumbers()
  for (const [place, id] of ids.entries()) numbers.set(id, place)
  expect(ids.map((id) => numbers.get(id))).toEqual(ids.map((_, place) => place))
  numbers.delete('wf-12')
  numbers.delete('wf-012')
  numbers.set('wf-16', 99)
  expect(ids.filter((id) => numbers.get(id) === undefined)).toEqual(['wf-12', 'wf-012'])
  expect(numbers.get('wf-16')).toBe(99)
  expect(numbers.get('wf-17')).toBeUndefined()
})

it('is the same in whichever order they come', () => {
  const numbers = new NodeNumbers()
  numbers.set('late', 0)
  numbers.set('late-7', 1)
  numbers.set('late-7-7', 2)
  expect([numbers.get('late'), numbers.get('late-7'), numbers.get('late-7-7')]).toEqual([0, 1, 2])
})
