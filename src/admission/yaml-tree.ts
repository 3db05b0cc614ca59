/** A parsed YAML document as a raw node: anchors followed, merge keys merged, scalars resolved as Argo does. */
import { type Alias, type Document, type Node, type Pair, type Scalar, isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Limits } from './limits.ts'
import { numberLiteral, type RawEntry, type RawMap, type RawNode } from './raw-node.ts'
import { resolvePlain } from './yaml-scalars.ts'

/** A fault of the document as a whole; Argo then drops it. */
export class TreeFault extends Error {
  readonly offset: number
  readonly hint: string | undefined
  constructor(message: string, offset: number, hint?: string) {
    super(message)
    this.offset = offset
    this.hint = hint
  }
}

type Sized = { readonly node: RawNode; readonly size: number }
type Reading = {
  readonly text: string
  readonly anchors: Map<string, Node>
  /** Nodes already read, so that an alias costs nothing however often it is used. */
  readonly read: Map<Node, Sized>
  /** Nodes being read, to find anchors that contain themselves. */
  readonly open: Set<Node>
  readonly limits: Limits
  decoded: number
  aliased: number
}

/** @throws TreeFault where the document cannot be held as JSON or breaks a limit */
export function treeOf(document: Document.Parsed, text: string, limits: Limits): RawNode {
  const { contents } = document
  if (contents === null) return { kind: 'null', offset: 0 }
  const reading: Reading = {
    text,
    anchors: new Map(),
    read: new Map(),
    open: new Set(),
    limits,
    decoded: 0,
    aliased: 0,
  }
  return nodeOf(contents, reading, 0).node
}

const offsetOf = (node: Node): number => node.range?.[0] ?? 0

function nodeOf(node: Node, reading: Reading, depth: number): Sized {
  if (isAlias(node)) return aliased(node, reading, depth)
  if (depth > reading.limits.maxDepth) {
    throw new TreeFault(`nested deeper than ${reading.limits.maxDepth} levels`, offsetOf(node), 'limit maxDepth')
  }
  if (node.anchor !== undefined) reading.anchors.set(node.anchor, node)
  reading.open.add(node)
  const sized = isMap(node)
    ? mapOf(node.items as Pair<Node, Node | null>[], offsetOf(node), reading, depth)
    : isSeq(node)
      ? listOf(node.items as Node[], offsetOf(node), reading, depth)
      : isScalar(node)
        ? { node: scalarOf(node), size: 1 }
        : { node: { kind: 'null', offset: offsetOf(node) } as const, size: 1 }
  reading.open.delete(node)
  reading.read.set(node, sized)
  count(reading, 1, node)
  return sized
}

function count(reading: Reading, nodes: number, node: Node): void {
  reading.decoded += nodes
  if (reading.decoded > reading.limits.maxNodes) {
    throw new TreeFault(`holds more than ${reading.limits.maxNodes} values`, offsetOf(node), 'limit maxNodes')
  }
}

/** A bomb of aliases is refused by the measure of Argo's reader: too great a part of all values comes from aliases. */
function aliased(alias: Alias, reading: Reading, depth: number): Sized {
  const target = reading.anchors.get(alias.source)
  if (!target) throw new TreeFault(`unknown anchor '${alias.source}' referenced`, offsetOf(alias))
  if (reading.open.has(target)) throw new TreeFault(`anchor '${alias.source}' value contains itself`, offsetOf(alias))
  const sized = reading.read.get(target) ?? nodeOf(target, reading, depth)
  reading.aliased += sized.size
  count(reading, sized.size + 1, alias)
  if (
    reading.aliased > 100 &&
    reading.decoded > 1000 &&
    reading.aliased / reading.decoded > aliasShare(reading.decoded)
  ) {
    throw new TreeFault('document contains excessive aliasing', offsetOf(alias), 'write the values out')
  }
  return { node: movedTo(sized.node, offsetOf(alias)), size: sized.size + 1 }
}

const smallDocument = 400_000
const largeDocument = 4_000_000
const aliasShare = (decoded: number): number =>
  decoded <= smallDocument
    ? 0.99
    : decoded >= largeDocument
      ? 0.1
      : 0.99 - 0.89 * ((decoded - smallDocument) / (largeDocument - smallDocument))

/** The alias itself is the place of a value that was written elsewhere. */
const movedTo = (node: RawNode, offset: number): RawNode => ({ ...node, offset })

function listOf(items: Node[], offset: number, reading: Reading, depth: number): Sized {
  const read = items.map((item) => nodeOf(item, reading, depth + 1))
  return { node: { kind: 'list', offset, items: read.map(({ node }) => node) }, size: sizeOf(read) }
}

const sizeOf = (read: readonly Sized[]): number => read.reduce((sum, { size }) => sum + size, 1)

function mapOf(pairs: Pair<Node, Node | null>[], offset: number, reading: Reading, depth: number): Sized {
  const entries = new Map<string, RawEntry>()
  const duplicates: RawMap['duplicates'][number][] = []
  let size = 1
  const put = (entry: RawEntry) => {
    if (entries.has(entry.key)) duplicates.push({ key: entry.key, keyOffset: entry.keyOffset })
    entries.set(entry.key, entry)
  }
  for (const { key, value } of pairs) {
    if (isMergeKey(key)) {
      for (const entry of mergedEntries(value, key, reading, depth)) put(entry)
      continue
    }
    const keyOffset = offsetOf(key)
    if (reading.text.slice(keyOffset, key.range?.[1]).includes('\n')) {
      throw new TreeFault('yaml: a key must stand on one line', keyOffset)
    }
    const name = keyOf(
      isAlias(key) ? nodeOf(key, reading, depth).node : isScalar(key) ? scalarOf(key) : null,
      keyOffset,
    )
    const inner = value
      ? nodeOf(value, reading, depth + 1)
      : { node: { kind: 'null', offset: keyOffset } as const, size: 1 }
    size += inner.size + 1
    put({ key: name, keyOffset, value: inner.node })
  }
  return { node: { kind: 'map', offset, entries: [...entries.values()], duplicates }, size }
}

const isMergeKey = (key: Node): boolean =>
  isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && key.tag === undefined

function mergedEntries(value: Node | null, key: Node, reading: Reading, depth: number): RawEntry[] {
  const node = value ? nodeOf(value, reading, depth + 1).node : undefined
  const maps = node?.kind === 'list' ? [...node.items].reverse() : [node]
  return maps.flatMap((map) => {
    if (map?.kind !== 'map')
      throw new TreeFault('map merge requires map or sequence of maps as the value', offsetOf(key))
    return map.entries
  })
}

function keyOf(key: RawNode | null, offset: number): string {
  switch (key?.kind) {
    case 'text':
      return key.value
    case 'bool':
      return String(key.value)
    case 'number':
      return key.literal
    default:
      throw new TreeFault('a key must be a text', offset, 'put quotes around a value that begins with {{')
  }
}

const endOf = (scalar: Scalar) => (scalar.range ? { end: scalar.range[1] } : {})

function scalarOf(scalar: Scalar): RawNode {
  const offset = offsetOf(scalar)
  const text = typeof scalar.value === 'string' ? scalar.value : String(scalar.value ?? '')
  const tag = scalar.tag
  if (tag === undefined || tag === '') {
    if (scalar.type !== 'PLAIN' && scalar.type !== undefined)
      return { kind: 'text', offset, value: text, ...endOf(scalar) }
    const resolved = resolvePlain(text, offset)
    if (resolved === null) throw new TreeFault(`JSON cannot hold the number ${text}`, offset)
    return resolved.kind === 'text' ? { ...resolved, ...endOf(scalar) } : resolved
  }
  return taggedScalar(tag, text, offset)
}

const standard = 'tag:yaml.org,2002:'

function taggedScalar(tag: string, text: string, offset: number): RawNode {
  if (!tag.startsWith(standard)) return { kind: 'text', offset, value: text }
  const name = tag.slice(standard.length)
  if (name === 'str' || name === 'timestamp') return { kind: 'text', offset, value: text }
  if (name === 'binary') return { kind: 'text', offset, value: Buffer.from(text, 'base64').toString() }
  const resolved = resolvePlain(text, offset)
  const fits =
    (name === 'int' && resolved?.kind === 'number' && !resolved.literal.includes('.')) ||
    (name === 'bool' && resolved?.kind === 'bool') ||
    (name === 'null' && resolved?.kind === 'null')
  if (resolved && fits) return resolved
  if (name === 'float' && resolved?.kind === 'number') {
    return { kind: 'number', offset, literal: numberLiteral(Number(resolved.literal)) }
  }
  throw new TreeFault(`cannot decode !!${tag.slice(standard.length)} \`${text}\``, offset)
}
