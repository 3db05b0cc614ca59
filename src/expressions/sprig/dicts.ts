// Sprig's functions on maps. A map made by the expression is changed in place; one from outside is copied first.

import { isEmpty } from './defaults.ts'
import { textOfValue } from './strings.ts'
import type { Group } from './table.ts'
import { asText } from '../expr/assert.ts'
import { ANY_MAP } from '../expr/go-types.ts'
import { GoMap, itemsOf, panic, stringMapOf, strings, typeName, typeOf } from '../expr/values.ts'
import type { StringMap } from '../expr/values.ts'

const mapOf = (value: unknown): StringMap => stringMapOf(value) ?? new GoMap(new Map())
const entriesOf = (map: StringMap): [string, unknown][] => [...map.keys()].map((key) => [key, map.get(key) ?? null])

/** A map that may be changed: the given one if the expression made it. */
function changeable(value: unknown): GoMap {
  return value instanceof GoMap && !value.isNil ? value : new GoMap(new Map(entriesOf(mapOf(value))))
}

function set(dict: unknown, key: string, value: unknown): GoMap {
  if (dict instanceof GoMap && dict.isNil) return panic('assignment to entry in nil map')
  const map = changeable(dict)
  map.entries.set(key, value)
  return map
}

function unset(dict: unknown, key: string): GoMap {
  const map = changeable(dict)
  map.entries.delete(key)
  return map
}

function dictOf(...items: readonly unknown[]): GoMap {
  const out = new Map<string, unknown>()
  for (let i = 0; i < items.length; i += 2)
    out.set(textOfValue(items[i] ?? null), i + 1 < items.length ? items[i + 1] : '')
  return new GoMap(out)
}

const isMap = (value: unknown): boolean => typeOf(value)?.kind === 'map'

/** `source` into `target`: what is missing or empty is filled; with `overwrite` what is there is replaced, but for maps and lists by others. */
function mergeInto(target: GoMap, source: StringMap, overwrite: boolean, depth: number): GoMap {
  if (depth > 1000) return panic('memory budget exceeded')
  for (const [key, value] of entriesOf(source)) {
    const before = target.get(key)
    if (value === null) {
      if (overwrite) target.entries.set(key, null)
      continue
    }
    if (isMap(value) && isMap(before))
      target.entries.set(key, mergeInto(changeable(before), mapOf(value), overwrite, depth + 1))
    else if (itemsOf(value) !== undefined && overwrite) target.entries.set(key, value)
    const isThere = before !== undefined && !isEmpty(before)
    if (isThere && (isMap(value) || itemsOf(value) !== undefined)) continue
    if (overwrite || !isThere) target.entries.set(key, value)
  }
  return target
}

const merge =
  (overwrite: boolean) =>
  (target: unknown, ...sources: readonly unknown[]) =>
    sources.reduce<GoMap>((map, source) => mergeInto(map, mapOf(source), overwrite, 0), changeable(target))

function dig(...args: readonly unknown[]): unknown {
  if (args.length < 3) return panic('dig needs at least three arguments')
  const otherwise = args.at(-2)
  const keys = args.slice(0, -2)
  let at = asMap(args.at(-1))
  const names = keys.map(asText)
  for (const [i, name] of names.entries()) {
    const step = at.get(name)
    if (step === undefined) return otherwise
    if (i === names.length - 1) return step
    at = asMap(step)
  }
  return otherwise
}

function asMap(value: unknown): StringMap {
  const map = stringMapOf(value)
  if (map !== undefined && map.type === ANY_MAP) return map
  return panic(`interface conversion: interface {} is ${value === null ? 'nil' : typeName(value)}, not ${ANY_MAP.name}`)
}

function keysOf(...dicts: readonly unknown[]): unknown {
  return strings(dicts.flatMap((dict) => [...mapOf(dict).keys()]))
}

const M = 'map[string]any'

export const dictFunctions: Group = () => ({
  dict: [`(...any) ${M}`, dictOf],
  get: [
    `(${M}, string) any`,
    (dict: unknown, key: string) => mapOf(dict).get(key) ?? (mapOf(dict).get(key) === null ? null : ''),
  ],
  set: [`(${M}, string, any) ${M}`, set],
  unset: [`(${M}, string) ${M}`, unset],
  hasKey: [`(${M}, string) bool`, (dict: unknown, key: string) => mapOf(dict).get(key) !== undefined],
  pluck: [
    `(string, ...${M}) []any`,
    (key: string, ...dicts: readonly unknown[]) => dicts.map((d) => mapOf(d).get(key)).filter((v) => v !== undefined),
  ],
  keys: [`(...${M}) []string`, keysOf],
  pick: [
    `(${M}, ...string) ${M}`,
    (dict: unknown, ...keys: readonly string[]) =>
      new GoMap(
        new Map(
          keys.flatMap((key) => (mapOf(dict).get(key) === undefined ? [] : [[key, mapOf(dict).get(key)] as const])),
        ),
      ),
  ],
  omit: [
    `(${M}, ...string) ${M}`,
    (dict: unknown, ...keys: readonly string[]) =>
      new GoMap(new Map(entriesOf(mapOf(dict)).filter(([key]) => !keys.includes(key)))),
  ],
  merge: [`(${M}, ...${M}) any`, merge(false)],
  mergeOverwrite: [`(${M}, ...${M}) any`, merge(true)],
  mustMerge: [`(${M}, ...${M}) (any, error)`, merge(false)],
  mustMergeOverwrite: [`(${M}, ...${M}) (any, error)`, merge(true)],
  values: [`(${M}) []any`, (dict: unknown) => entriesOf(mapOf(dict)).map(([, value]) => value)],
  dig: ['(...any) (any, error)', dig],
})
