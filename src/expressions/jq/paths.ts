/** Reading, setting and deleting what a path leads to. A path is a list of keys, indices and `{start, end}`. */
import { JqError, expected, failedOn, notApplicable } from './errors.ts'
import {
  type JqObject,
  type JqValue,
  compareValues,
  isArray,
  isNumber,
  isObject,
  plainNumber,
  toInt,
} from './values.ts'

const indexMax = 0x2000_0000n
/** Setting far beyond an array's end fills it with nulls, which costs memory. */
const fillMax = 10_000_000n

/** `.[key]`. */
export function indexValue(value: JqValue, key: JqValue): JqValue {
  if (typeof key === 'string') {
    if (value === null) return null
    if (isObject(value)) return value.get(key) ?? null
    throw expected('an object', value)
  }
  if (isNumber(key)) return value === null ? null : indexList(value, toInt(key) ?? 0n)
  if (isArray(key)) {
    if (value === null) return null
    if (isArray(value)) return indicesOf(value, key)
    throw expected('an array', value)
  }
  if (isObject(key)) {
    if (value === null) return null
    const { start, end } = boundsOf(key)
    return sliceValue(value, start, end)
  }
  if (isArray(value)) throw expected('a number for indexing an array', key)
  if (typeof value === 'string') throw expected('a number for indexing a string', key)
  throw expected('a string for object key', key)
}

function indexList(value: JqValue, index: bigint): JqValue {
  const list = typeof value === 'string' ? [...value] : value
  if (!isArray(list)) throw expected('an array', value)
  return list[clamp(index, -1, list.length)] ?? null
}

function boundsOf(key: JqObject): { readonly start: JqValue; readonly end: JqValue } {
  const [start, end] = [key.get('start'), key.get('end')]
  if (start === undefined || end === undefined) throw expected('"start" and "end" for slicing', key)
  return { start, end }
}

/** Counts from the end if negative; then between `min` and `length`. */
function clamp(index: bigint, min: number, length: number): number {
  const at = index < 0n ? index + BigInt(length) : index
  return at < BigInt(min) ? min : at < BigInt(length) ? Number(at) : length
}

/** `.[start:end]` of an array or text, which is counted in characters. */
export function sliceValue(value: JqValue, start: JqValue, end: JqValue): JqValue {
  if (value === null) return null
  if (isArray(value)) {
    const [from, to] = sliceBounds(start, end, value.length, 'a number for indexing an array')
    return value.slice(from, to)
  }
  if (typeof value !== 'string') throw expected('an array', value)
  const chars = [...value]
  const [from, to] = sliceBounds(start, end, chars.length, 'a number for indexing a string')
  return chars.slice(from, to).join('')
}

function sliceBounds(start: JqValue, end: JqValue, length: number, wanted: string): readonly [number, number] {
  const from = start === null ? 0n : toInt(start)
  if (from === null) throw expected(wanted, start)
  const first = clamp(from, 0, length)
  if (end === null) return [first, length]
  const plain = isNumber(end) ? plainNumber(end) : null
  const to = toInt(typeof plain === 'number' ? Math.ceil(plain) : end)
  if (to === null) throw expected(wanted, end)
  return [first, clamp(to, first, length)]
}

/** Where `part` occurs in `list`. */
export function indicesOf(list: readonly JqValue[], part: readonly JqValue[]): readonly bigint[] {
  const found: bigint[] = []
  if (part.length === 0) return found
  for (let at = 0; at + part.length <= list.length; at++) {
    if (part.every((item, i) => compareValues(list[at + i] ?? null, item) === 0)) found.push(BigInt(at))
  }
  return found
}

export function getPath(value: JqValue, path: JqValue): JqValue {
  if (!isArray(path)) throw notApplicable('getpath', value, path)
  let at = value
  for (const key of path) {
    if (at !== null && !isArray(at) && !isObject(at)) throw notApplicable('getpath', value, path)
    try {
      at = indexValue(at, key)
    } catch (error) {
      throw error instanceof JqError ? failedOn('getpath', error.message, value, path) : error
    }
  }
  return at
}

export function setPath(value: JqValue, path: JqValue, replacement: JqValue): JqValue {
  if (!isArray(path)) throw notApplicable('setpath', value, path)
  try {
    return withPath(value, path, 0, () => replacement)
  } catch (error) {
    throw error instanceof JqError ? failedOn('setpath', error.message, value, path, replacement) : error
  }
}

/** Stands in the place of what is deleted until all of it is known. */
const hole: JqValue = new Map<string, JqValue>()

/** Deletes all of them at once, so that one does not move another. */
export function deletePaths(value: JqValue, paths: JqValue): JqValue {
  if (!isArray(paths)) throw notApplicable('delpaths', value, paths)
  if (paths.length === 0) return value
  try {
    let result = value
    for (const path of paths) {
      if (!isArray(path)) throw expected('an array', path)
      result = withHole(result, path, 0)
    }
    return result === hole ? null : withoutHoles(result)
  } catch (error) {
    throw error instanceof JqError ? failedOn('delpaths', error.message, value, paths) : error
  }
}

function withPath(value: JqValue, path: readonly JqValue[], at: number, change: () => JqValue): JqValue {
  const key = path[at]
  if (key === undefined) return change()
  const inner = (old: JqValue): JqValue => withPath(old, path, at + 1, change)
  if (typeof key === 'string') {
    if (value !== null && !isObject(value)) throw expected('an object', value)
    return new Map(value ?? []).set(key, inner(value?.get(key) ?? null))
  }
  if (isNumber(key)) return withIndex(value, toInt(key) ?? 0n, inner)
  if (isObject(key)) return withSlice(value, key, inner)
  if (isArray(value)) throw expected('a number for indexing an array', key)
  throw expected('a string for object key', key)
}

function withIndex(value: JqValue, index: bigint, inner: (old: JqValue) => JqValue): JqValue {
  if (value !== null && !isArray(value)) throw expected('an array', value)
  const list = [...(value ?? [])]
  const at = index < 0n ? index + BigInt(list.length) : index
  if (at < 0n) throw new JqError(`array index should not be negative: ${String(index)}`)
  if (at >= indexMax || at - BigInt(list.length) > fillMax) throw new JqError(`array index too large: ${String(index)}`)
  const place = Number(at)
  const item = inner(list[place] ?? null)
  while (list.length < place) list.push(null)
  list[place] = item
  return list
}

function withSlice(value: JqValue, key: JqObject, inner: (old: JqValue) => JqValue): JqValue {
  if (value !== null && !isArray(value)) throw expected('an array', value)
  const list = value ?? []
  const { start, end } = boundsOf(key)
  const [from, to] = sliceBounds(start, end, list.length, 'a number for indexing an array')
  const replaced = inner(list.slice(from, to))
  if (!isArray(replaced)) throw expected('an array', replaced)
  return [...list.slice(0, from), ...replaced, ...list.slice(to)]
}

function withHole(value: JqValue, path: readonly JqValue[], at: number): JqValue {
  const key = path[at]
  if (key === undefined || value === hole) return hole
  if (typeof key === 'string') {
    if (value !== null && !isObject(value)) throw expected('an object', value)
    return value?.has(key) === true ? new Map(value).set(key, withHole(value.get(key) ?? null, path, at + 1)) : value
  }
  if (!isNumber(key) && !isObject(key)) {
    if (isArray(value)) throw expected('a number for indexing an array', key)
    throw expected('a string for object key', key)
  }
  if (value === null) return null
  if (!isArray(value)) throw expected('an array', value)
  if (isObject(key)) return withHoleInSlice(value, key, path, at)
  const place = clamp(toInt(key) ?? 0n, -1, value.length)
  return value.map((item, i) => (i === place ? withHole(item, path, at + 1) : item))
}

function withHoleInSlice(value: readonly JqValue[], key: JqObject, path: readonly JqValue[], at: number): JqValue {
  const { start, end } = boundsOf(key)
  const [from, to] = sliceBounds(start, end, value.length, 'a number for indexing an array')
  const changed = withHole(value.slice(from, to), path, at + 1)
  const middle = isArray(changed) ? changed : value.slice(from, to).map(() => hole)
  return [...value.slice(0, from), ...middle, ...value.slice(to)]
}

function withoutHoles(value: JqValue): JqValue {
  if (isArray(value)) return value.filter((item) => item !== hole).map(withoutHoles)
  if (!isObject(value)) return value
  return new Map([...value].filter(([, item]) => item !== hole).map(([key, item]) => [key, withoutHoles(item)]))
}
