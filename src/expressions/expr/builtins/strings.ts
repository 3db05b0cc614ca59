// Builtins on text.

import { asText } from '../assert.ts'
import { goType, STRING, STRING_SLICE } from '../go-types.ts'
import { joinedWith, TEXT_MAX } from '../meter.ts'
import { toInt } from '../operators.ts'
import { byteIndex, byteLength } from '../utf8.ts'
import { GoSlice, itemsOf, panic, strings, typeName } from '../values.ts'
import { lower, replaceText, splitText, trimAny, trimSpace, upper } from '../text.ts'
import type { BuiltinSpec } from './spec.ts'

const signatures = (...list: readonly string[]): BuiltinSpec['types'] => list.map((s) => goType(`func${s}`))

export const stringBuiltins: readonly BuiltinSpec[] = [
  {
    name: 'trim',
    types: signatures('(string) string', '(string, string) string'),
    run: ([text, cutset]) => (cutset === undefined ? trimSpace(asText(text)) : trimAny(asText(text), asText(cutset))),
  },
  {
    name: 'trimPrefix',
    types: signatures('(string, string) string', '(string) string'),
    run: ([text, prefix = ' ']) => {
      const [p, t] = [asText(prefix), asText(text)]
      return t.startsWith(p) ? t.slice(p.length) : t
    },
  },
  {
    name: 'trimSuffix',
    types: signatures('(string, string) string', '(string) string'),
    run: ([text, suffix = ' ']) => {
      const [s, t] = [asText(suffix), asText(text)]
      return t.endsWith(s) ? t.slice(0, t.length - s.length) : t
    },
  },
  { name: 'upper', types: signatures('(string) string'), run: ([text]) => upper(asText(text)) },
  { name: 'lower', types: signatures('(string) string'), run: ([text]) => lower(asText(text)) },
  splitter('split', false),
  splitter('splitAfter', true),
  {
    name: 'replace',
    types: signatures('(string, string, string, int) string', '(string, string, string) string'),
    run: ([text, old, by, count]) =>
      replaceText(asText(text), asText(old), asText(by), count === undefined ? -1 : Number(toInt(count))),
  },
  {
    name: 'repeat',
    types: signatures('(string, int) string'),
    run: ([text, count], { grow }) => {
      const t = asText(text)
      const n = toInt(count)
      if (n < 0n) panic(`invalid argument for repeat (expected positive integer, got ${n})`)
      if (n > 1_000_000n || t.length * Number(n) > TEXT_MAX) panic('memory budget exceeded')
      grow(byteLength(t) * Number(n))
      return t.repeat(Number(n))
    },
  },
  {
    name: 'join',
    types: signatures(
      '([]string, string) string',
      '([]any, string) string',
      '([]any) string',
      '([]string, string) string',
      '([]string) string',
    ),
    run: ([list, glue = '']) => {
      const g = asText(glue)
      const items =
        Array.isArray(list) || (list instanceof GoSlice && list.type === STRING_SLICE) ? itemsOf(list) : undefined
      if (items === undefined)
        return panic(`invalid argument for join (type ${list === null ? '%!s(<nil>)' : typeName(list)})`)
      return joinedWith(g, items.map(asText))
    },
  },
  {
    name: 'indexOf',
    types: signatures('(string, string) int'),
    run: ([text, piece]) => BigInt(byteIndex(asText(text), asText(piece))),
  },
  {
    name: 'lastIndexOf',
    types: signatures('(string, string) int'),
    run: ([text, piece]) => BigInt(byteIndex(asText(text), asText(piece), true)),
  },
  {
    name: 'hasPrefix',
    types: signatures('(string, string) bool'),
    run: ([text, piece]) => asText(text).startsWith(asText(piece)),
  },
  {
    name: 'hasSuffix',
    types: signatures('(string, string) bool'),
    run: ([text, piece]) => asText(text).endsWith(asText(piece)),
  },
]

function splitter(name: string, keep: boolean): BuiltinSpec {
  return {
    name,
    types: [
      goType(`func(${STRING.name}, ${STRING.name}) []string`),
      goType(`func(${STRING.name}, ${STRING.name}, int) []string`),
    ],
    run: ([text, separator, count]) => {
      const [t, s] = [asText(text), asText(separator)]
      return strings(splitText(t, s, { max: count === undefined ? -1 : Number(toInt(count)), keep }))
    },
  }
}
