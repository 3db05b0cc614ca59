// Sprig's functions about emptiness, JSON, types and failure.

import type { Group } from './table.ts'
import { deepEqual, integerOf } from '../expr/operators.ts'
import {
  GoAnyMap,
  GoInt,
  GoMap,
  GoPanic,
  GoPointer,
  GoSlice,
  itemsOf,
  kindName,
  panic,
  stringMapOf,
  typeName,
  typeOf,
} from '../expr/values.ts'
import { decodeJson, encodeJson } from '../go-json.ts'
import type { JsonOptions } from '../go-json.ts'

/** Zero, false, no characters, no elements or nil; structures never are. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === 0 || value === false) return true
  const int = integerOf(value) ?? (value instanceof GoInt ? value.value : undefined)
  if (int !== undefined) return int === 0n
  if (value instanceof GoPointer) return value.target === null
  const items = itemsOf(value)
  if (items !== undefined) return items.length === 0
  if (value instanceof GoAnyMap) return value.entries.size === 0
  return typeOf(value)?.kind === 'map' && stringMapOf(value)?.size === 0
}

/** What Sprig's tolerant twins answer where the strict ones fail. */
function tolerant<T>(run: () => unknown, otherwise: T): unknown {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof GoPanic) return otherwise
    throw cause
  }
}

const json = (options: JsonOptions) => (value: unknown) => encodeJson(value, options)
const tolerantJson = (options: JsonOptions) => (value: unknown) => tolerant(() => encodeJson(value, options), '')

function deepCopy(value: unknown): unknown {
  if (value === null || value === undefined) return panic('reflect: call of reflect.Value.Type on zero Value')
  return copied(value, 0)
}

function copied(value: unknown, depth: number): unknown {
  if (depth > 1000) return panic('memory budget exceeded')
  const items = itemsOf(value)
  if (value instanceof Uint8Array) return value.slice()
  if (items !== undefined) {
    const copies = items.map((item) => copied(item, depth + 1))
    return value instanceof GoSlice ? new GoSlice(value.type, value.items === null ? null : copies) : copies
  }
  const map = typeOf(value)?.kind === 'map' ? stringMapOf(value) : undefined
  if (map === undefined) return value
  return new GoMap(new Map([...map.keys()].map((key) => [key, copied(map.get(key), depth + 1)])), map.type)
}

export const defaultFunctions: Group = () => ({
  default: [
    '(any, ...any) any',
    (otherwise: unknown, ...given: readonly unknown[]) =>
      given.length === 0 || isEmpty(given[0]) ? otherwise : given[0],
  ],
  empty: ['(any) bool', isEmpty],
  coalesce: ['(...any) any', (...values: readonly unknown[]) => values.find((v) => !isEmpty(v)) ?? null],
  all: ['(...any) bool', (...values: readonly unknown[]) => !values.some(isEmpty)],
  any: ['(...any) bool', (...values: readonly unknown[]) => values.some((v) => !isEmpty(v))],
  ternary: ['(any, any, bool) any', (yes: unknown, no: unknown, test: boolean) => (test ? yes : no)],
  fromJson: ['(string) any', (text: string) => tolerant(() => decodeJson(text), null)],
  toJson: ['(any) string', tolerantJson({})],
  toPrettyJson: ['(any) string', tolerantJson({ indent: 2 })],
  toRawJson: ['(any) string', json({ html: false })],
  mustFromJson: ['(string) (any, error)', decodeJson],
  mustToJson: ['(any) (string, error)', json({})],
  mustToPrettyJson: ['(any) (string, error)', json({ indent: 2 })],
  mustToRawJson: ['(any) (string, error)', json({ html: false })],
  deepCopy: ['(any) any', deepCopy],
  mustDeepCopy: ['(any) (any, error)', deepCopy],
  typeOf: ['(any) string', typeName],
  typeIs: ['(string, any) bool', (name: string, value: unknown) => typeName(value) === name],
  typeIsLike: [
    '(string, any) bool',
    (name: string, value: unknown) => typeName(value) === name || typeName(value) === `*${name}`,
  ],
  kindOf: ['(any) string', kindName],
  kindIs: ['(string, any) bool', (name: string, value: unknown) => kindName(value) === name],
  deepEqual: ['(any, any) bool', deepEqual],
  fail: ['(string) (string, error)', (message: string) => panic(message)],
})
