import { expect, it } from 'vitest'
import { parseFields, selectFields, wants } from './fields.ts'

const list = {
  metadata: { a: 1 },
  items: [{ metadata: { name: 'x', uid: 'u' }, status: { phase: 'p', phases: 1, nodes: { n: 1 } } }],
}

it.each([
  ['metadata', { metadata: { a: 1 } }],
  ['items.metadata.name', { items: [{ metadata: { name: 'x' } }] }],
  ['items.status.phases', { items: [{ status: { phase: 'p', phases: 1 } }] }],
  ['-items.status,metadata', { items: [{ metadata: { name: 'x', uid: 'u' } }] }],
  [
    '-items.status.nodes',
    { metadata: { a: 1 }, items: [{ metadata: { name: 'x', uid: 'u' }, status: { phase: 'p', phases: 1 } }] },
  ],
  ['', list],
])('%j keeps what Argo keeps', (text, kept) => {
  expect(selectFields(list, parseFields(text))).toEqual(kept)
})

it.each([
  ['', true],
  ['items.metadata,items.status.phase', false],
  ['items.status', true],
  ['items', true],
  ['items.status.nodes.x.phase', true],
  ['-items.status', false],
  ['-items.metadata', true],
])('%j says whether nodes are wanted: %s', (text, isWanted) => {
  expect(wants(parseFields(text), 'items.status.nodes')).toBe(isWanted)
})
