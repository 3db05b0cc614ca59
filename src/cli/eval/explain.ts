/** Shows an answer to people: how the text was read, its value and type, or the error. */
import { compileDepends, compileExpression } from '../../expressions/index.ts'
import { answerLine } from './batch.ts'

export type Explained = { readonly ok: boolean; readonly text: string; readonly json: string }

export function explain(given: Readonly<Record<string, unknown>>): Explained {
  const json = answerLine(JSON.stringify(given))
  const answer = JSON.parse(json) as { readonly value?: unknown; readonly type?: string; readonly error?: string }
  const lines = [...readingOf(given)]
  if (answer.error === undefined) {
    lines.push(['value', shown(answer.value)])
    if (answer.type !== undefined) lines.push(['type', answer.type])
  } else lines.push(['error', answer.error])
  const width = Math.max(...lines.map(([label]) => label.length))
  const text = lines.map(([label, value]) => `${`${label}:`.padEnd(width + 1)} ${indented(value, width + 2)}\n`)
  return { ok: answer.error === undefined, text: text.join(''), json }
}

function readingOf(given: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  if (given['kind'] === 'expr') {
    const { tree } = compileExpression(String(given['input']))
    return 'root' in tree ? [['read as', outline(tree.root)]] : []
  }
  if (given['kind'] !== 'depends') return []
  const logic = compileDepends({ name: 'this', depends: String(given['depends']) }, () => undefined)
  return [
    ['read as', logic.text],
    ['waits for', logic.tasks.join(', ')],
  ]
}

/** A syntax tree as nested brackets: `(binary + (identifier a) (number 1))`. */
function outline(node: unknown): string {
  if (Array.isArray(node)) return `[${node.map(outline).join(' ')}]`
  if (typeof node !== 'object' || node === null) return typeof node === 'string' ? node : String(node)
  const { kind, ...fields } = node as Readonly<Record<string, unknown>>
  const parts = Object.entries(fields)
    .filter(([name, value]) => name !== 'at' && value !== undefined && value !== null && value !== false)
    .map(([, value]) => outline(value))
  return `(${[String(kind), ...parts].join(' ')})`
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2))
const indented = (text: string, by: number): string => text.replaceAll('\n', `\n${' '.repeat(by)}`)
