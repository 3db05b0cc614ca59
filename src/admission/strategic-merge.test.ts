import { describe, expect, it } from 'vitest'
import { podSpecMerge, strategicMerge } from './strategic-merge.ts'

const patched = (patch: object) =>
  strategicMerge<Record<string, unknown>>(
    {
      containers: [
        { name: 'main', image: 'a', env: [{ name: 'A', value: '1' }], args: ['x'] },
        { name: 'side', image: 'b' },
      ],
      tolerations: [{ key: 'k' }],
      nodeSelector: { a: '1' },
    },
    patch,
    podSpecMerge,
  )

describe('a patch of a pod', () => {
  it.each([
    [
      'finds a container by its name',
      { containers: [{ name: 'main', resources: { limits: { memory: '1Gi' } } }] },
      {
        containers: [
          {
            name: 'main',
            image: 'a',
            env: [{ name: 'A', value: '1' }],
            args: ['x'],
            resources: { limits: { memory: '1Gi' } },
          },
          { name: 'side', image: 'b' },
        ],
      },
    ],
    [
      'merges variables by name and replaces other lists',
      { containers: [{ name: 'main', env: [{ name: 'B', value: '2' }], args: ['y'] }] },
      {
        containers: [
          {
            name: 'main',
            image: 'a',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            args: ['y'],
          },
          { name: 'side', image: 'b' },
        ],
      },
    ],
    ['adds what is new', { containers: [{ name: 'new' }], hostname: 'h' }, { hostname: 'h' }],
    ['replaces a list that has no key', { tolerations: [{ key: 'other' }] }, { tolerations: [{ key: 'other' }] }],
    ['removes with null', { nodeSelector: { a: null, b: '2' } }, { nodeSelector: { b: '2' } }],
    [
      'removes an item by directive',
      { containers: [{ name: 'side', $patch: 'delete' }] },
      { containers: [{ name: 'main', image: 'a', env: [{ name: 'A', value: '1' }], args: ['x'] }] },
    ],
    ['replaces a map by directive', { nodeSelector: { $patch: 'replace', c: '3' } }, { nodeSelector: { c: '3' } }],
  ])('%s', (_, patch, expected) => {
    expect(patched(patch)).toMatchObject(expected)
  })

  it('keeps the order of the original, and appends', () => {
    const { containers } = patched({ containers: [{ name: 'new' }, { name: 'side', image: 'c' }] })
    expect(containers).toMatchObject([{ name: 'main' }, { name: 'new' }, { name: 'side', image: 'c' }])
  })

  it('leaves the original alone and refuses what is no map', () => {
    const original = { a: { b: 1 } }
    strategicMerge(original, { a: { b: 2 } }, {})
    expect(original).toEqual({ a: { b: 1 } })
    expect(() => strategicMerge(original, [], {})).toThrow('a patch must be a map of fields')
  })
})
