/** Texts that are made to break their reader: each gets its place, within seconds. */
import { describe, expect, it } from 'vitest'
import { processorMs } from '../../test/processor-time.ts'
import { lintFiles } from './lint-files.ts'

const good =
  'kind: Workflow\nmetadata: {name: w}\nspec: {entrypoint: a, templates: [{name: a, container: {image: b}}]}\n'
const repeated = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, i) => line(i))
const bomb = (levels: number) =>
  [
    'kind: Workflow',
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...repeated(levels, (i) => `a${i + 1}: &a${i + 1} [${repeated(9, () => `*a${i}`).join(', ')}]`),
    '',
  ].join('\n')

const rows: readonly (readonly [what: string, text: string | Uint8Array, place: string, message: string])[] = [
  ['a bomb of aliases', bomb(30), '5:20', 'excessive aliasing'],
  ['an anchor within itself', 'kind: Workflow\nspec: &a {b: *a}\n', '2:14', "anchor 'a' value contains itself"],
  ['an unknown anchor', 'kind: Workflow\nspec: *nope\n', '2:7', "unknown anchor 'nope'"],
  ['a key that stands twice', good.replace('spec:', 'metadata: {}\nspec:'), '3:1', 'key "metadata" already set'],
  ['brackets without end', `kind: Workflow\nspec: ${'['.repeat(20_000)}\n`, '2:207', 'nested too deeply'],
  ['maps in maps', `kind: Workflow\nspec: ${'{a: '.repeat(3000)}${'}'.repeat(3000)}\n`, '2:807', 'nested too deeply'],
  ['lists in lists', `kind: Workflow\nspec:\n  ${'- '.repeat(5000)}x\n`, '3:399', 'nested too deeply'],
  [
    'lines ever deeper',
    `kind: Workflow\nspec:\n${repeated(2000, (i) => `${' '.repeat(i + 1)}a:`).join('\n')}\n`,
    '203:1',
    'nested too deeply',
  ],
  [
    'deep JSON',
    `{"kind": "Workflow",\n"spec": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    '2:209',
    'nested deeper than 200 levels',
  ],
  ['a NUL', good.replace('image: b', 'image: "b\0"'), '3:66', 'control characters'],
  ['what is not UTF-8', Buffer.concat([Buffer.from(`${good}# \uFFFD `), Buffer.from([0xc3, 0x28])]), '4:5', 'UTF-8'],
  ['a tab as indentation', 'kind: Workflow\nspec:\n\tentrypoint: a\n', '3:1', 'Tabs are not allowed'],
  ['a quote without end', 'kind: Workflow\nspec: "abc\n', '3:1', 'Missing closing "quote'],
  ['a variable without quotes', 'kind: Workflow\nspec: {{x}}\n', '2:8', 'a key must be a text'],
  ['a huge file', `${good}# ${'x'.repeat(17 * 1024 * 1024)}`, '1:1', 'is larger than 16777216 bytes'],
  ['too many documents', `${good}---\n`.repeat(10_001), '1:1', 'holds more than 10000 documents'],
  [
    'very many unknown fields',
    `${good.replace('spec: {', `spec: {${repeated(20_000, (i) => `x${i}: 1, `).join('')}`)}`,
    '3:8',
    'unknown field "spec.x0"',
  ],
]

describe('a text made to break its reader', () => {
  it.each(rows)('as %s is refused with its place, soon', async (_, text, place, message) => {
    let linted = lintFiles([])
    const tookMs = await processorMs(() => (linted = lintFiles([{ file: 'f.yaml', text }])))
    const { results, success } = linted
    const [first] = results.flatMap(({ findings, warnings }) => [...findings, ...warnings])
    expect(success).toBe(false)
    expect(first?.message).toContain(message)
    expect(`${first?.at?.file}:${first?.at?.line}:${first?.at?.column}`).toBe(`f.yaml:${place}`)
    expect(tookMs).toBeLessThan(15_000)
  })

  it('breaks nothing for the other files of the call', () => {
    const texts = [bomb(30), good]
    const { results } = lintFiles(texts.map((text, i) => ({ file: `${i}.yaml`, text })))
    expect(results.map(({ findings }) => findings.length)).toEqual([1, 0])
  })
})
