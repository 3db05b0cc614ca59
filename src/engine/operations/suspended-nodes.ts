/** resume, stop and set on active Suspend nodes (semantics-operations.md §3.2). */
import type { NodeStatus, Parameter } from '../../resources/index.ts'
import { matchesNodeFieldSelector, parseNodeFieldSelector } from '../../expressions/index.ts'
import type { Operation, Refusal } from '../decision.ts'
import { exportGlobals } from '../global-outputs.ts'
import type { Run } from '../run.ts'
import { supplyDefaults } from '../suspend.ts'
import { refusal } from './refusal.ts'

const isActive = (node: NodeStatus): boolean => node.type === 'Suspend' && node.phase === 'Running'
const noMatch = (selector: string) =>
  refusal(
    'INTERNAL',
    `currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: ${selector}`,
  )

export function resumeAll(run: Run, by: string | undefined): Refusal | null {
  const active = [...run.nodes.values()].filter(isActive)
  for (const node of active) {
    const lacking = lacksDefault(node)
    if (lacking !== null) return refusal('INTERNAL', lacking)
  }
  // Argo carries the text on from node to node: one that had a message gives it to those that come after it.
  let text = resumedText(by)
  for (const node of active) {
    supplyDefaults(run, node)
    if (node.message) text = `${node.message}; ${text}`
    end(run, node, 'Succeeded', text)
  }
  return null
}

export function resumeNodes(run: Run, selector: string, by: string | undefined): Refusal | null {
  const found = select(run, selector)
  if (!Array.isArray(found)) return found
  for (const node of found) end(run, node, 'Succeeded', resumedText(by) || (node.message ?? ''))
  return null
}

export function stopNodes(run: Run, selector: string, message: string): Refusal | null {
  const found = select(run, selector)
  if (!Array.isArray(found)) return found
  for (const node of found) end(run, node, 'Failed', message || (node.message ?? ''))
  return null
}

export function setNodes(
  run: Run,
  { nodeFieldSelector, phase, message, outputParameters }: Extract<Operation, { kind: 'set' }>,
): Refusal | null {
  if (!nodeFieldSelector)
    return refusal('INTERNAL', "'set' currently only targets suspend nodes, use a node field selector to target them")
  if (phase && !['Succeeded', 'Failed', 'Error'].includes(phase))
    return refusal('INVALID', `${phase} is an invalid phase to set to`)
  const found = select(run, nodeFieldSelector)
  if (!Array.isArray(found)) return found
  const filled = new Map<NodeStatus, Parameter[]>()
  for (const node of found) {
    const parameters = withValues(node, outputParameters ?? {})
    if (!Array.isArray(parameters)) return parameters
    filled.set(node, parameters)
  }
  for (const [node, parameters] of filled) {
    if (outputParameters !== undefined && Object.keys(outputParameters).length > 0) {
      node.outputs = { ...node.outputs, parameters }
      exportGlobals(run, node.outputs)
    }
    if (phase) end(run, node, phase as 'Succeeded' | 'Failed' | 'Error', message || (node.message ?? ''))
    else if (message) {
      node.message = message
      run.touch(node)
    } else run.touch(node)
  }
  return null
}

function select(run: Run, text: string): NodeStatus[] | Refusal {
  const selector = parseNodeFieldSelector(text)
  if (!selector.ok) return refusal('INVALID', selector.error)
  const found = [...run.nodes.values()].filter(
    (node) => isActive(node) && matchesNodeFieldSelector(selector.value, node),
  )
  return found.length === 0 ? noMatch(text) : found
}

function lacksDefault(node: NodeStatus): string | null {
  for (const parameter of node.outputs?.parameters ?? []) {
    if (parameter.valueFrom?.supplied === undefined) continue
    if (parameter.valueFrom.default === undefined)
      return `raw output parameter '${parameter.name}' has not been set and does not have a default value`
  }
  return null
}

function withValues(node: NodeStatus, values: Readonly<Record<string, string>>): Parameter[] | Refusal {
  const declared = node.outputs?.parameters ?? []
  const names = Object.keys(values)
  if (names.length > 0 && declared.length === 0)
    return refusal('INTERNAL', 'cannot set output parameters because node is not expecting any raw parameters')
  for (const name of names) {
    const parameter = declared.find((one) => one.name === name)
    if (parameter === undefined) return refusal('INTERNAL', `node is not expecting output parameter '${name}'`)
    if (parameter.valueFrom?.supplied === undefined)
      return refusal(
        'INTERNAL',
        `cannot set output parameter '${name}' because it does not use valueFrom.raw or it was already set`,
      )
  }
  return declared.map((parameter) => {
    const value = values[parameter.name]
    if (value === undefined) return parameter
    const { valueFrom: _supplied, ...rest } = parameter
    return { ...rest, value }
  })
}

function end(run: Run, node: NodeStatus, phase: 'Succeeded' | 'Failed' | 'Error', message: string): void {
  run.setPhase(node, phase, message)
  if (!node.message) delete node.message
  run.frames.get(node.id)?.markDirty()
}

/** Added to an earlier message also where nobody is known. */
const resumedText = (by: string | undefined): string => (by ? `Resumed by: map[User:${by}]` : '')
