/** The text of one document as a raw node, with what turns its offsets into places. */
import type { Position } from '../resources/index.ts'
import { readYaml } from './flow-indent.ts'
import { isJson, jsonTreeOf } from './json-tree.ts'
import type { Limits } from './limits.ts'
import type { Path, Problem } from './problem.ts'
import { type RawNode, entryOf } from './raw-node.ts'
import { type DocumentText, LineTable, deepPlace } from './source-text.ts'
import { TreeFault, treeOf } from './yaml-tree.ts'

export type ReadOptions = { readonly file?: string | undefined; readonly limits: Limits }

export type Tree = { readonly node: RawNode; readonly lines: LineTable; readonly text: string }
export type Unread = { readonly problem: Problem }

export function jsonTree(part: DocumentText, { file, limits }: ReadOptions): Tree | Unread {
  const lines = new LineTable(part.text, part, { file })
  if (!isJson(part.text)) return { problem: { message: 'is not JSON', at: lines.positionOf(0), aborts: true } }
  return guarded(part.text, lines, limits, () => jsonTreeOf(part.text, limits))
}

// Everything but tab, line ends and what Unicode counts as printable.

const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]|\ufeff/

export function yamlTree(part: DocumentText, { file, limits }: ReadOptions): Tree | Unread | null {
  const text = part.text.replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n')
  const plain = new LineTable(text, part, { file })
  const bad = text.search(unprintable)
  if (bad !== -1) {
    const message = 'yaml: control characters are not allowed'
    return { problem: { message, at: plain.positionOf(bad), silentInArgo: true } }
  }
  const tree = guarded(text, plain, limits, () => {
    const yaml = readYaml(text)
    const [error] = yaml.errors
    if (error?.message.includes('call stack')) throw new RangeError(error.message)
    if (error) throw new TreeFault(`yaml: ${error.message}`, error.pos[0])
    if (!yaml.document || yaml.document.contents === null) return null
    const lines = new LineTable(yaml.text, part, { file, shifts: yaml.shifts })
    return guarded(yaml.text, lines, limits, () =>
      treeOf(yaml.document as NonNullable<typeof yaml.document>, yaml.text, limits),
    )
  })
  if ('problem' in tree) return tree
  return tree.node
}

/** A fault of the whole document as a problem. */
function guarded<T>(
  text: string,
  lines: LineTable,
  limits: Limits,
  read: () => T,
): { readonly node: T; readonly lines: LineTable; readonly text: string } | { readonly problem: Problem } {
  try {
    return { node: read(), lines, text }
  } catch (error) {
    if (error instanceof TreeFault) {
      const { message, offset, hint } = error
      return { problem: { message, at: lines.positionOf(offset), ...(hint ? { hint } : {}), silentInArgo: true } }
    }
    if (error instanceof RangeError) {
      return {
        problem: {
          message: 'is nested too deeply',
          at: lines.positionOf(deepPlace(text, limits.maxDepth)),
          hint: 'limit maxDepth',
          silentInArgo: true,
        },
      }
    }
    throw error
  }
}

/** The place of the nearest value to a path that is written down, or of a text within it. */
export function positionOfPath(tree: Tree, path: Path, text?: string): Position {
  return tree.lines.positionOf(offsetOfPath(tree.node, path, { source: tree.text, text }))
}

function offsetOfPath(
  root: RawNode,
  path: Path,
  within: { readonly source: string; readonly text: string | undefined },
): number {
  let node = root
  let offset = root.offset
  for (const step of path) {
    const entry = node.kind === 'map' ? entryOf(node, String(step)) : undefined
    const item = node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined
    const next = entry?.value ?? item
    if (!next) return offset
    offset = entry?.keyOffset ?? next.offset
    node = next
  }
  if (within.text === undefined || node.kind !== 'text' || node.end === undefined) return offset
  const found = within.source.indexOf(within.text, node.offset)
  return found !== -1 && found < node.end ? found : offset
}
