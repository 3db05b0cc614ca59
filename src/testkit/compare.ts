/** What a walk came to against what a case expects: one line for each difference. */
import type { NodeStatus, Outputs, Workflow } from '../resources/index.ts'
import { instantOf } from '../resources/index.ts'
import type { Expectation, NodeExpectation } from './case-file.ts'
import { durationMs, relativeName } from './mocks.ts'
import type { WalkResult } from './walk.ts'

export function differences(result: WalkResult, expected: Expectation): readonly string[] {
  const { workflow } = result
  const { status = {} } = workflow
  const found: string[] = []
  const compare = comparing(found)
  if (result.stuck !== null) found.push(`the workflow did not end: ${result.stuck}`)
  compare('phase', status.phase ?? '', expected.phase)
  compare('message', status.message ?? '', expected.message)
  compare('progress', status.progress ?? '', expected.progress)
  if (expected.duration !== undefined)
    compare('duration', seconds(tookMs(workflow)), seconds(durationMs(String(expected.duration))))
  compareOutputs('outputs', status.outputs, expected.outputs, found)
  const nodes = new Map(
    Object.values(status.nodes ?? {}).map((node) => [relativeName(node.name, workflow.metadata.name ?? ''), node]),
  )
  for (const [name, wanted] of Object.entries(expected.nodes ?? {}))
    compareNode(name, nodeNamed(nodes, name, workflow), wanted, found)
  compareOrder(result, expected, found)
  return found
}

const seconds = (ms: number): string => `${ms / 1000}s`
const tookMs = ({ status }: Workflow): number =>
  (instantOf(status?.finishedAt) ?? 0) - (instantOf(status?.startedAt) ?? 0)

/** By relative or whole name, or by display name where only one node bears it. */
function nodeNamed(
  nodes: ReadonlyMap<string, NodeStatus>,
  name: string,
  { metadata }: Workflow,
): NodeStatus | undefined {
  const exact = nodes.get(name) ?? nodes.get(relativeName(name, metadata.name ?? ''))
  if (exact !== undefined) return exact
  const shown = [...nodes.values()].filter(({ displayName }) => displayName === name)
  return shown.length === 1 ? shown[0] : undefined
}

function comparing(found: string[]) {
  return (what: string, actual: string, wanted: string | number | boolean | undefined): void => {
    if (wanted === undefined || fits(actual, String(wanted))) return
    found.push(`${what}: expected ${JSON.stringify(String(wanted))}, got ${JSON.stringify(actual)}`)
  }
}

/** `/…/` is a regular expression. */
function fits(actual: string, wanted: string): boolean {
  const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1]
  return pattern === undefined ? actual === wanted : new RegExp(pattern, 's').test(actual)
}

function compareNode(
  name: string,
  node: NodeStatus | undefined,
  wanted: string | NodeExpectation,
  found: string[],
): void {
  if (wanted === 'absent') {
    if (node !== undefined) found.push(`node ${name}: expected none, got one in phase ${node.phase ?? ''}`)
    return
  }
  if (node === undefined) {
    found.push(`node ${name}: there is none`)
    return
  }
  const compare = comparing(found)
  const { phase, type, message, inputs, outputs } = typeof wanted === 'string' ? { phase: wanted } : wanted
  compare(`node ${name}: phase`, node.phase ?? '', phase)
  compare(`node ${name}: type`, node.type, type)
  compare(`node ${name}: message`, node.message ?? '', message)
  for (const [parameter, value] of Object.entries(inputs ?? {})) {
    const given = node.inputs?.parameters?.find((one) => one.name === parameter)?.value
    compare(`node ${name}: input ${parameter}`, given ?? '(none)', value)
  }
  compareOutputs(`node ${name}: outputs`, node.outputs, outputs, found)
}

function compareOutputs(
  what: string,
  actual: Outputs | undefined,
  wanted: NodeExpectation['outputs'],
  found: string[],
): void {
  const compare = comparing(found)
  for (const [name, value] of Object.entries(wanted?.parameters ?? {}))
    compare(
      `${what}.parameters.${name}`,
      actual?.parameters?.find((one) => one.name === name)?.value ?? '(none)',
      value,
    )
  for (const name of wanted?.artifacts ?? [])
    if (!actual?.artifacts?.some((one) => one.name === name)) found.push(`${what}.artifacts.${name}: there is none`)
  compare(`${what}.result`, actual?.result ?? '(none)', wanted?.result)
  compare(`${what}.exitCode`, actual?.exitCode ?? '(none)', wanted?.exitCode)
}

function compareOrder({ starts, workflow }: WalkResult, { order, starts: all }: Expectation, found: string[]): void {
  const relative = (name: string) => relativeName(name, workflow.metadata.name ?? '')
  const actual = starts.map(({ node }) => node)
  const told = actual.join(', ')
  if (all !== undefined && actual.join('\n') !== all.map(relative).join('\n'))
    found.push(`starts: expected ${all.join(', ')}; got ${told}`)
  const places = (order ?? []).map((name) => actual.indexOf(relative(name)))
  const isOrdered = places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1))
  if (!isOrdered) found.push(`order: expected ${(order ?? []).join(', ')}; started were ${told}`)
}
