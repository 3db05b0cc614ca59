/** The text of a file, cut into documents as Argo cuts it, with places counted from 1. */
import type { Position } from '../resources/index.ts'
import type { Limits } from './limits.ts'
import type { Problem } from './problem.ts'

/** One document of a file: its text, and where that text begins in the file. */
export type DocumentText = { readonly text: string; readonly firstLine: number; readonly firstColumn: number }

/** Documents part at every line that begins with `---`, whatever follows on that line. */
export function splitDocuments(text: string): DocumentText[] {
  const documents: DocumentText[] = []
  let line = 1
  let column = 1
  for (const part of text.split('\n---')) {
    documents.push({ text: part, firstLine: line, firstColumn: column })
    line += countLines(part) + 1
    column = '---'.length + 1
  }
  return documents.filter((document) => document.text.trim() !== '')
}

const countLines = (text: string): number => {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** Says at which line and column of the file an offset of a document stands. */
export class LineTable {
  readonly #starts: number[] = [0]
  readonly #document: DocumentText
  readonly #file: string | undefined
  /** Columns that were put in front of a line to make it readable, by line of the document from 0. */
  readonly #shifts: ReadonlyMap<number, number>

  constructor(
    text: string,
    document: DocumentText,
    more: { file?: string | undefined; shifts?: ReadonlyMap<number, number> },
  ) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
    this.#document = document
    this.#file = more.file
    this.#shifts = more.shifts ?? new Map()
  }

  positionOf(offset: number): Position {
    const line = this.lineOf(offset)
    const shift = this.#shifts.get(line) ?? 0
    const inLine = Math.max(0, offset - (this.#starts[line] ?? 0) - shift)
    const first = line === 0 ? this.#document.firstColumn : 1
    return {
      ...(this.#file === undefined ? {} : { file: this.#file }),
      line: this.#document.firstLine + line,
      column: first + inLine,
    }
  }

  /** Line of the document, from 0. */
  lineOf(offset: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The text of a file without a byte order mark, or why it is not read. */
export function textOf(source: string | Uint8Array, limits: Limits): { readonly text: string } | Problem {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.byteLength
  if (size > limits.maxFileBytes) {
    return { message: `is larger than ${limits.maxFileBytes} bytes`, hint: 'limit maxFileBytes' }
  }
  try {
    const text = typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source)
    return { text: text.replace(/^\uFEFF/, '') }
  } catch {
    return { message: 'is not a text in UTF-8', at: firstBadByte(source), silentInArgo: true }
  }
}

/** Where the first byte stands that is no part of a character, in lines and columns of what precedes it. */
function firstBadByte(source: string | Uint8Array): Position {
  const bytes = Buffer.from(source)
  const text = bytes.toString('utf8')
  const replacement = Buffer.from('\uFFFD')
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) {
    const offset = Buffer.byteLength(text.slice(0, at))
    if (bytes.subarray(offset, offset + replacement.length).equals(replacement)) continue
    const lines = text.slice(0, at).split('\n')
    return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
  }
  return { line: 1, column: 1 }
}

/** Where a text that is nested too deeply for its reader passes a depth; strings are not told apart from the rest. */
export function deepPlace(text: string, limit: number): number {
  let depth = 0
  let inLine = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\n') inLine = 0
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if ((char === '-' || char === '?') && text[at + 1] === ' ') inLine++
    else if (char === ' ' && (at === 0 || text[at - 1] === '\n')) inLine = indentOf(text, at)
    if (depth > limit || inLine > limit) return at
  }
  return 0
}

function indentOf(text: string, start: number): number {
  let end = start
  while (text[end] === ' ') end++
  return end - start
}
