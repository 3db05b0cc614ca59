// Members, elements, slices and membership.

import { zeroValue } from './call.ts'
import { ANY, ANY_MAP, isAssignable } from './go-types.ts'
import type { GoType } from './go-types.ts'
import { methodOf } from './methods.ts'
import { equal, toInt } from './operators.ts'
import { byteLength, byteSlice, bytesOf } from './utf8.ts'
import {
  GoAnyMap,
  GoInt,
  GoPointer,
  GoSlice,
  itemsOf,
  panic,
  stringMapOf,
  strings,
  typeName,
  typeOf,
  uint8,
} from './values.ts'
import { goText } from '../go-format.ts'

/** `from[key]` and `from.key`. */
export function fetch(from: unknown, key: unknown): unknown {
  if (from === null || from === undefined) return panic(`cannot fetch ${goText(key)} from <nil>`)
  if (typeof key === 'string') {
    const map = stringMapOf(from)
    if (map !== undefined) {
      if (map.type !== ANY_MAP) {
        const method = methodOf(from, key)
        if (method !== undefined) return method
      }
      const value = map.get(key)
      return value === undefined ? zeroOf(map.type.elem?.name) : value
    }
    const method = methodOf(from, key)
    if (method !== undefined) return method
  }
  const base = from instanceof GoPointer ? from.target : from
  const items = typeof base === 'string' ? bytesOf(base) : itemsOf(base)
  if (items !== undefined) return element(items, key)
  if (base instanceof GoAnyMap) return base.entries.get(mapKeyId(key))?.value ?? null
  const map = stringMapOf(base)
  if (map !== undefined)
    return key === null
      ? (map.get('') ?? zeroOf(map.type.elem?.name))
      : notAssignable(key, map.type.key?.name ?? 'string')
  return panic(`cannot fetch ${goText(key)} from ${typeName(from)}`)
}

function element(items: readonly unknown[] | Uint8Array, key: unknown): unknown {
  const wanted = toInt(key)
  const index = wanted < 0n ? BigInt(items.length) + wanted : wanted
  if (index < 0n || index >= BigInt(items.length))
    panic(`index out of range: ${index} (array length is ${items.length})`)
  const value = items[Number(index)]
  return typeof value === 'number' && items instanceof Uint8Array ? uint8(value) : (value ?? null)
}

function notAssignable(key: unknown, wanted: string): never {
  return panic(`reflect.Value.MapIndex: value of type ${typeName(key)} is not assignable to type ${wanted}`)
}

/** What Go answers for a key that is not there. */
export function zeroOf(elemType: string | undefined): unknown {
  if (elemType === 'string') return ''
  if (elemType === '[]string') return strings(null)
  return null
}

/** The identity of a key of a map with keys of any type. */
export function mapKeyId(key: unknown): string {
  const type = typeOf(key)
  if (type === null) return 'nil'
  if (type.kind === 'slice' || type.kind === 'map' || type.kind === 'func')
    panic(`hash of unhashable type: ${type.name}`)
  if (key instanceof GoInt) return `${type.name}:${key.value}`
  return `${type.name}:${goText(key)}`
}

/** `from[low:high]`: bounds beyond the ends are cut, strings by bytes. */
export function slice(from: unknown, low: unknown, high: unknown): unknown {
  const length = typeof from === 'string' ? byteLength(from) : itemsOf(from)?.length
  if (length === undefined) return panic(`cannot slice ${goText(low)}`)
  const [a, b] = bounds(low, high, length)
  if (typeof from === 'string') return byteSlice(from, a, b)
  if (from instanceof Uint8Array) return from.slice(a, b)
  const items = (itemsOf(from) ?? []).slice(a, b)
  return from instanceof GoSlice ? new GoSlice(from.type, from.items === null ? null : items) : items
}

function bounds(low: unknown, high: unknown, length: number): readonly [number, number] {
  const cut = (value: unknown): number => {
    const wanted = toInt(value)
    const from = wanted < 0n ? BigInt(length) + wanted : wanted
    return from < 0n ? 0 : from > BigInt(length) ? length : Number(from)
  }
  const b = cut(high)
  return [Math.min(cut(low), b), b]
}

/** A key for a map whose keys have that type; nil is its zero value. */
function asKey(key: unknown, wanted: GoType): unknown {
  const type = typeOf(key)
  if (type === null) return zeroValue(wanted)
  return isAssignable(type, wanted) ? key : notAssignable(key, wanted.name)
}

/** `needle in haystack`. */
export function isIn(needle: unknown, haystack: unknown): boolean {
  if (haystack === null || haystack === undefined) return false
  const items = itemsOf(haystack)
  if (items !== undefined) return items.some((item) => equal(item, needle))
  if (haystack instanceof GoAnyMap) return haystack.entries.has(mapKeyId(asKey(needle, haystack.type.key ?? ANY)))
  const map = stringMapOf(haystack)
  if (map !== undefined) {
    if (needle !== null && typeof needle !== 'string') notAssignable(needle, map.type.key?.name ?? 'string')
    return map.get(needle ?? '') !== undefined
  }
  if (haystack instanceof GoPointer) return haystack.target !== null && isIn(needle, haystack.target)
  const type = typeOf(haystack)
  if (type?.kind === 'struct') {
    if (typeof needle !== 'string') panic(`cannot use ${typeName(needle)} as field name of ${type.name}`)
    return false
  }
  return panic(`operator "in" not defined on ${typeName(haystack)}`)
}
