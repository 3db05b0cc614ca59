import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appendArtifactKey, cleanArtifactPath, defaultArtifactKey } from './artifact-keys.ts'
import { formatGoDuration, humanizeDuration, parseArgoDuration, parseDurationMs, parseGoDuration } from './duration.ts'
import { compareText, formatFloat, jsonFloat } from './go-text.ts'
import { nodeId, podName } from './node-ids.ts'
import { parseQuantity } from './quantity.ts'
import { creationTimestampTags, strftime } from './strftime.ts'

describe('durations', () => {
  it('count a bare whole number as seconds', () => {
    expect(parseDurationMs('20')).toEqual({ ok: true, value: 20_000 })
    expect(parseDurationMs('1m30.5s')).toEqual({ ok: true, value: 90_500 })
    expect(parseArgoDuration('1d')).toEqual({
      ok: false,
      error: 'unable to parse 1d as a duration: time: unknown unit "d" in duration "1d"',
    })
  })

  it('come back the same from the text Go prints', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (ns) => {
        expect(parseGoDuration(formatGoDuration(ns))).toEqual({ ok: true, value: ns })
      }),
    )
  })

  it.each([
    [500, '0 seconds'],
    [1000, '1 second'],
    [90_000, '1 minute 30 seconds'],
    [3_661_000, '1 hour 1 minutes'],
    [100 * 3_600_000, '4 days 4 hours'],
  ])('of %i ms are humanized as %s', (ms, text) => {
    expect(humanizeDuration(ms)).toBe(text)
  })
})

describe('quantities', () => {
  it.each([
    ['0.1Gi', '107374182400m', 107374183n],
    ['2048Ki', '2Mi', 2097152n],
    ['1.5', '1500m', 2n],
    ['1e3', '1e3', 1000n],
    ['-0.5', '-500m', -1n],
  ])('%s is canonically %s', (text, canonical, value) => {
    expect(parseQuantity(text)).toMatchObject({ ok: true, value: { canonical, value } })
  })

  it('keep their value in the canonical form', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), suffix, (number, unit) => {
        const first = parseQuantity(`${String(number)}${unit}`)
        const again = first.ok ? parseQuantity(first.value.canonical) : first
        expect(first.ok && again.ok && first.value.milli === again.value.milli).toBe(true)
      }),
    )
  })

  it('are refused with an unknown suffix', () => {
    expect(parseQuantity('1K')).toEqual({ ok: false, error: "unable to parse quantity's suffix" })
  })
})

describe('the creation timestamp', () => {
  const at = new Date('2024-05-06T07:08:09Z')

  it('has all its tags, in the zone of the controller', () => {
    expect(creationTimestampTags(at, 'Europe/Berlin')).toMatchObject({
      '': '2024-05-06T09:08:09+02:00',
      Z: 'CEST',
      I: '09',
    })
  })

  it('leaves unknown directives alone', () => {
    expect(strftime('%Y-%m-%d %q 100%', at)).toBe('2024-05-06 %q 100%')
  })
})

describe('names and keys', () => {
  it('hash the full name of a node', () => {
    expect(nodeId('hello-x', 'hello-x[0].a')).toBe('hello-x-427062481')
    expect(podName('hello-x', 'hello-x[0].a', 'tpl')).toBe('hello-x-tpl-427062481')
    expect(podName('w', 'w', 'tpl')).toBe('w')
    expect(podName('w'.repeat(300), 'n', '', 'v2')).toHaveLength(253)
  })

  it('append to a key and clean a path', () => {
    expect(appendArtifactKey('a/b/', '../c')).toBe('a/c')
    expect(cleanArtifactPath('x', '/tmp//a')).toEqual({ ok: true, value: '/tmp/a' })
    expect(cleanArtifactPath('x', '/tmp/a/../b')).toMatchObject({ ok: false })
    expect(defaultArtifactKey({ provider: 'artifactory', repoURL: 'http://h/repo' })).toBe(
      '/repo/{{workflow.name}}/{{pod.name}}',
    )
  })
})

describe('Go texts', () => {
  it('print floats as fmt and encoding/json do', () => {
    expect([1704067200, 0.00001, 100000, 1e21].map(formatFloat)).toEqual(['1.7040672e+09', '1e-05', '100000', '1e+21'])
    expect([1e-7, 1e21, 0.1, -0].map(jsonFloat)).toEqual(['1e-7', '1e+21', '0.1', '-0'])
  })

  it('compare by bytes', () => {
    expect(compareText('\u{1f600}', '\uffff')).toBe(1)
    expect(compareText('a', 'ab')).toBe(-1)
  })
})
