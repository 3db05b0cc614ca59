/** What an operation would do, as a table: one node a line, parents first. */
import type { NodePreview, Preview } from '../../engine/index.ts'
import { tableText } from './table.ts'

/** Empty where nothing of the workflow would change. */
export function previewText({ spec, nodes }: Preview): string {
  const fields = spec.map(({ field, before, after }) => `  spec.${field}: ${valueText(before)} → ${valueText(after)}\n`)
  if (nodes.length === 0) return fields.join('')
  const rows = nodes.map((node) => [`  ${node.displayName}`, node.type, node.phase || '-', fateText(node), node.name])
  return `${fields.join('')}${tableText([['  NODE', 'TYPE', 'PHASE', 'WOULD', 'NODENAME'], ...rows])}`
}

function fateText({ fate, becomes, message, outputs }: NodePreview): string {
  const values = Object.entries(outputs ?? {}).map(([name, value]) => `${name}=${value}`)
  const more = [message, ...values].filter((part) => part !== undefined && part !== '').join(', ')
  return `${wordsOf(fate, becomes)}${more === '' ? '' : ` (${more})`}`
}

function wordsOf(fate: NodePreview['fate'], becomes = ''): string {
  switch (fate) {
    case 'runs-again':
      return 'run again'
    case 'opened-again':
      return 'be opened again'
    case 'ends':
      return `become ${becomes}`
    case 'changes':
      return becomes === '' ? 'be changed' : `become ${becomes}`
    case 'begins':
      return 'begin'
    case 'kept':
      return 'be kept'
    case 'dropped':
      return 'be dropped'
  }
}

const valueText = (value: unknown): string => (value === null ? 'unset' : JSON.stringify(value))
