import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatValue, goText, goTextAsString } from './go-format.ts'
import { decodeJson, encodeJson } from './go-json.ts'
import { goQuote } from './go-quote.ts'
import { jsonProblem } from './json-problem.ts'

describe('JSON', () => {
  it('is written as Go writes it', () => {
    expect(encodeJson({ b: 1n, a: [1.5, true, null, '<&>\u2028'], '': 1e21 })).toBe(
      '{"":1e+21,"a":[1.5,true,null,"\\u003c\\u0026\\u003e\\u2028"],"b":1}',
    )
    expect(encodeJson({ a: [1n], b: [] }, { indent: 2 })).toBe('{\n  "a": [\n    1\n  ],\n  "b": []\n}')
    expect(() => encodeJson(Number.NaN)).toThrow('json: unsupported value: NaN')
  })

  it('comes back the same', () => {
    // JavaScript writes -0 as 0, Go does not: the values are such as JavaScript's own JSON brings back.
    const values = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))
    fc.assert(
      fc.property(values, (value) => {
        const text = encodeJson(value)
        expect(decodeJson(text)).toEqual(value)
        expect(encodeJson(decodeJson(text))).toBe(text)
      }),
    )
  })

  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['{a}', "invalid character 'a' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['1 2', "invalid character '2' after top-level value"],
    ['"\u0001"', "invalid character '\\x01' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['tru', 'unexpected end of JSON input'],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
  ])('%j is refused in the words of Go', (text, wanted) => {
    expect(jsonProblem(text)).toBe(wanted)
  })

  it('is found faulty exactly where JSON.parse finds it so', () => {
    const text = fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '1', '-', '.', 'e', 'true', 'null', ' ', '\\', 'a')).map((p) => p.join('')) // prettier-ignore
    fc.assert(
      fc.property(text, (source) => {
        let fails = false
        try {
          JSON.parse(source)
        } catch {
          fails = true
        }
        expect(jsonProblem(source) !== null).toBe(fails)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('texts of values', () => {
  it.each([
    [null, '<nil>', '%!s(<nil>)'],
    ['x', 'x', 'x'],
    [1n, '1', '%!s(int=1)'],
    [1e6, '1e+06', '%!s(float64=1e+06)'],
    [100000.5, '100000.5', '%!s(float64=100000.5)'],
    [true, 'true', '%!s(bool=true)'],
    [['a', null], '[a <nil>]', '[a <nil>]'],
    [{ b: 1n, a: 'x' }, 'map[a:x b:1]', 'map[a:x b:%!s(int=1)]'],
  ])('are printed as Go prints them: %#', (value, plain, asText) => {
    expect(goText(value)).toBe(plain)
    expect(goTextAsString(value)).toBe(asText)
  })

  it('come with the type of a result', () => {
    expect(formatValue(5n)).toEqual({ json: '5', type: 'int' })
    expect(formatValue(5)).toEqual({ json: '5', type: 'float' })
    expect(formatValue([])).toEqual({ json: '[]', type: 'array' })
  })

  it('are quoted as Go quotes them', () => {
    expect(goQuote('a"\\\n\u0001é\u200b🐳')).toBe('"a\\"\\\\\\n\\x01é\\u200b🐳"')
  })
})
