/** A document as written, before it is read as a kind: values with the place each one stands at. */

export type RawScalar =
  | { readonly kind: 'null'; readonly offset: number }
  | { readonly kind: 'bool'; readonly offset: number; readonly value: boolean }
  /** A number as JSON writes it, so that no digit is lost. */
  | { readonly kind: 'number'; readonly offset: number; readonly literal: string }
  /** `end` is where a text that was written as YAML ends. */
  | { readonly kind: 'text'; readonly offset: number; readonly value: string; readonly end?: number }

export type RawEntry = { readonly key: string; readonly keyOffset: number; readonly value: RawNode }
export type RawMap = {
  readonly kind: 'map'
  readonly offset: number
  readonly entries: readonly RawEntry[]
  /** Keys that stand twice, merged ones included, in the order of the text. */
  readonly duplicates: readonly { readonly key: string; readonly keyOffset: number }[]
}
export type RawList = { readonly kind: 'list'; readonly offset: number; readonly items: readonly RawNode[] }
export type RawNode = RawScalar | RawMap | RawList

/** A value that came as JSON, without places. */
export function rawOf(value: unknown): RawNode {
  if (value === null || value === undefined) return { kind: 'null', offset: 0 }
  if (typeof value === 'boolean') return { kind: 'bool', offset: 0, value }
  if (typeof value === 'number') return { kind: 'number', offset: 0, literal: numberLiteral(value) }
  if (typeof value === 'string') return { kind: 'text', offset: 0, value }
  if (Array.isArray(value)) return { kind: 'list', offset: 0, items: value.map(rawOf) }
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => ({ key, keyOffset: 0, value: rawOf(inner) }))
  return { kind: 'map', offset: 0, entries, duplicates: [] }
}

/** The value as plain JSON. */
export function plainOf(node: RawNode): unknown {
  switch (node.kind) {
    case 'null':
      return null
    case 'bool':
    case 'text':
      return node.value
    case 'number':
      return Number(node.literal)
    case 'list':
      return node.items.map(plainOf)
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]))
  }
}

/** As Go writes a float64 in JSON; JavaScript agrees but for negative zero. */
export const numberLiteral = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** The text of a field, empty where there is none. */
export const textField = (node: RawNode, key: string): string => {
  const value = entryOf(node, key)?.value
  return value?.kind === 'text' ? value.value : ''
}

export const entryOf = (node: RawNode, key: string): RawEntry | undefined =>
  node.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined
