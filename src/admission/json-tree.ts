/** A JSON document as a raw node, with places; numbers keep their digits, keys their doubles. */
import type { Limits } from './limits.ts'
import type { RawEntry, RawMap, RawNode } from './raw-node.ts'
import { TreeFault } from './yaml-tree.ts'

/** Whether the whole text is one JSON value. */
export function isJson(text: string): boolean {
  if (!/^\s*[[{"\-\dtfn]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** @throws TreeFault where a limit is broken; the text must be JSON */
export function jsonTreeOf(text: string, limits: Limits): RawNode {
  return new JsonReader(text, limits).value(0)
}

class JsonReader {
  readonly #text: string
  readonly #limits: Limits
  #at = 0
  #count = 0

  constructor(text: string, limits: Limits) {
    this.#text = text
    this.#limits = limits
  }

  value(depth: number): RawNode {
    this.#skipBlanks()
    const offset = this.#at
    if (depth > this.#limits.maxDepth) {
      throw new TreeFault(`nested deeper than ${this.#limits.maxDepth} levels`, offset, 'limit maxDepth')
    }
    if (++this.#count > this.#limits.maxNodes) {
      throw new TreeFault(`holds more than ${this.#limits.maxNodes} values`, offset, 'limit maxNodes')
    }
    switch (this.#text[offset]) {
      case '{':
        return this.#map(offset, depth)
      case '[':
        return this.#list(offset, depth)
      case '"':
        return { kind: 'text', offset, value: this.#string() }
      default:
        return this.#word(offset)
    }
  }

  #skipBlanks(): void {
    while (/[\s,:]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #map(offset: number, depth: number): RawNode {
    this.#at++
    const entries = new Map<string, RawEntry>()
    const duplicates: RawMap['duplicates'][number][] = []
    for (this.#skipBlanks(); this.#text[this.#at] !== '}'; this.#skipBlanks()) {
      const keyOffset = this.#at
      const key = this.#string()
      if (entries.has(key)) duplicates.push({ key, keyOffset })
      entries.set(key, { key, keyOffset, value: this.value(depth + 1) })
    }
    this.#at++
    return { kind: 'map', offset, entries: [...entries.values()], duplicates }
  }

  #list(offset: number, depth: number): RawNode {
    this.#at++
    const items: RawNode[] = []
    for (this.#skipBlanks(); this.#text[this.#at] !== ']'; this.#skipBlanks()) items.push(this.value(depth + 1))
    this.#at++
    return { kind: 'list', offset, items }
  }

  #string(): string {
    const start = this.#at
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) if (this.#text[this.#at] === '\\') this.#at++
    this.#at++
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #word(offset: number): RawNode {
    const pattern = /[-+.\w]+/y
    pattern.lastIndex = offset
    const word = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += Math.max(1, word.length)
    if (word === 'null') return { kind: 'null', offset }
    if (word === 'true' || word === 'false') return { kind: 'bool', offset, value: word === 'true' }
    return { kind: 'number', offset, literal: word }
  }
}
