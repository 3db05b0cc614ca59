/** What must hold, seen from outside only: what steps wrote themselves against what the API says of them. */
import type { NodeStatus, Workflow } from '../../src/resources/index.ts'
import type { Line } from './lines.ts'
import { workflowOf } from './lines.ts'
import type { Wanted } from './workflows.ts'

/** What the faults of a run may do to an attempt. */
export type Licence = {
  /** The engine was stopped with its containers. */
  readonly mayBeKilled: boolean
  /** The engine was stopped: it does not know the end of what started or ended at that very moment, nor what was printed meanwhile. */
  readonly mayBeUnknown: boolean
  /** Containers were removed by hand. */
  readonly mayVanish: boolean
  /** Outputs may not have found room. */
  readonly mayNotBeKept: boolean
}

const count = (lines: readonly Line[], mark: Line['mark']): number => lines.filter((line) => line.mark === mark).length

const groupedBy = <K>(lines: readonly Line[], key: (line: Line) => K): ReadonlyMap<K, Line[]> => {
  const groups = new Map<K, Line[]>()
  for (const line of lines) {
    const group = groups.get(key(line))
    if (group === undefined) groups.set(key(line), [line])
    else group.push(line)
  }
  return groups
}

export type Seen = { readonly wanted: Wanted; readonly last: Workflow | null }

export function judge(all: readonly Seen[], lines: readonly Line[], licence: Licence): readonly string[] {
  const byWorkflow = groupedBy(lines, workflowOf)
  const known = new Set(all.map(({ wanted }) => wanted.name))
  const strangers = [...byWorkflow.keys()].filter((name) => !known.has(name))
  return [
    ...strangers.map((name) => `${name}: lines of a workflow that nobody asked for`),
    ...all.flatMap(({ wanted, last }) => {
      const own = byWorkflow.get(wanted.name) ?? []
      const found = last?.status?.finishedAt
        ? judgeEnded(wanted, last, own, licence)
        : wanted.isFleeting === true
          ? judgeByLines(wanted, own)
          : ['has not ended']
      return found.map((text) => `${wanted.name}: ${text}`)
    }),
    ...overlaps(lines, 'mutex', 1),
    ...overlaps(lines, 'semaphore', 2),
    ...overlaps(asHeldByWorkflow(lines), 'workflow', 1),
  ]
}

/** Nobody saw the end of it: at least nothing is missing, and no attempt was doubled. */
function judgeByLines(wanted: Wanted, lines: readonly Line[]): readonly string[] {
  const violations: string[] = []
  for (const part of wanted.parts)
    if (!lines.some(({ label, mark }) => label === `${wanted.name}/${part}` && mark === 'E'))
      violations.push(`${part} has left no line`)
  for (const [key, own] of groupedBy(lines, ({ label, node, mark }) => `${label} ${node} ${mark}`))
    if (own.length > 1) violations.push(`${key} stands there ${own.length} times`)
  return violations
}

function judgeEnded(wanted: Wanted, last: Workflow, lines: readonly Line[], licence: Licence): readonly string[] {
  const nodes = last.status?.nodes ?? {}
  const violations: string[] = []
  const phase = last.status?.phase ?? ''
  const mayFail = wanted.isBrittle === true && (licence.mayBeKilled || licence.mayBeUnknown)
  const isPhase = phase === wanted.phase || (mayFail && /^(Succeeded|Failed|Error)$/.test(phase))
  if (!isPhase) violations.push(`ended ${phase} instead of ${wanted.phase}: ${last.status?.message ?? ''}`)
  for (const [node, own] of groupedBy(lines, ({ node }) => node))
    if (nodes[node] === undefined)
      violations.push(`${own.length} lines of node ${node}, which the workflow does not know (${own[0]?.label ?? ''})`)
  for (const node of Object.values(nodes)) violations.push(...judgeNode(wanted, node, lines, licence))
  if (phase !== wanted.phase) return violations
  const succeeded = new Set(Object.values(nodes).flatMap(({ id, phase }) => (phase === 'Succeeded' ? [id] : [])))
  for (const part of wanted.parts) {
    const label = `${wanted.name}/${part}`
    const done = lines.filter((line) => line.label === label && line.mark === 'E' && succeeded.has(line.node))
    if (done.length !== 1 && !(done.length === 0 && isGivenUp(wanted, nodes, licence)))
      violations.push(`${part} has succeeded ${done.length} times`)
  }
  for (const part of wanted.begun ?? []) {
    const label = `${wanted.name}/${part}`
    if (!lines.some((line) => line.label === label && line.mark === 'B')) violations.push(`${part} has never begun`)
  }
  return violations
}

/**
 * Once a workflow is stopped nothing of it is tried again, its exit handler neither: where the engine was stopped at the
 * very moment in which the handler's step started, what is known of that attempt is that its end is unknown.
 */
function isGivenUp({ needs }: Wanted, nodes: Readonly<Record<string, NodeStatus>>, licence: Licence): boolean {
  if (needs !== 'stop') return false
  const handlers = Object.values(nodes).filter(({ name, type }) => type === 'Pod' && /\.onExit\(\d+\)$/.test(name))
  return handlers.some(
    ({ message = '' }) =>
      (licence.mayBeUnknown && unknownEnd.test(message)) || (licence.mayBeKilled && killedEnd.test(message)),
  )
}

// Each of a container itself, or of a member of its set that it waited for.
const unknownEnd = /ContainerStatusUnknown|exit code 255\)|exited with non-zero code: 255$/
/** Of a script whose result is wanted, and which ended while the engine was stopped. */
const lostOutput = /^wait: Error \(exit code 64\): the container ended while the engine was away, /
const killedEnd = /exit code (137|143)\)|exited with non-zero code: (137|143)$/

/** One attempt. */
function judgeNode(wanted: Wanted, node: NodeStatus, all: readonly Line[], licence: Licence): readonly string[] {
  const { phase, type } = node
  if (phase === 'Pending' || phase === 'Running') return [`node ${node.name} is ${phase} in a workflow that has ended`]
  const lines = all.filter((line) => line.node === node.id)
  if (type !== 'Pod') return []
  const violations: string[] = []
  const where = `${node.name} (${node.id}) ${phase ?? ''}${node.message ? ` "${node.message}"` : ''}`
  for (const [label, own] of groupedBy(lines, (line) => line.label)) {
    const part = label.slice(wanted.name.length + 1)
    const [begun, ended] = [count(own, 'B'), count(own, 'E')]
    if (begun > 1 || ended > 1) violations.push(`${where}: ${part} began ${begun} times and ended ${ended} times`)
    else if (begun < ended) violations.push(`${where}: ${part} ended without having begun`)
    else if (phase === 'Succeeded' && ended !== 1 && !(wanted.begun ?? []).includes(part))
      violations.push(`${where}: ${part} succeeded without having ended`)
  }
  if (phase === 'Succeeded' && lines.length === 0) violations.push(`${where}: succeeded and left no line`)
  if (phase === 'Failed' || phase === 'Error') {
    const reason = unexplained(wanted, node, licence)
    if (reason !== null) violations.push(`${where}: ${reason}`)
  }
  return violations
}

/** Whether faults of the run explain that an attempt did not succeed; `null`: they do, or it was meant to fail. */
function unexplained(wanted: Wanted, { message = '' }: NodeStatus, licence: Licence): string | null {
  if (wanted.needs === 'stop') return null
  if (/exit code 3\)/.test(message))
    return wanted.kind === 'retried' || wanted.kind === 'failing' ? null : 'exit code 3'
  if (/pod deleted/.test(message)) return licence.mayVanish ? null : 'no container was removed by hand'
  if (unknownEnd.test(message) || lostOutput.test(message))
    return licence.mayBeUnknown ? null : 'the engine was never away'
  // Argo passes over an init container that was killed, and says only that the main one never began.
  if (/due to PodInitializing: $/.test(message)) return licence.mayBeKilled ? null : 'nobody killed an init container'
  if (killedEnd.test(message)) return licence.mayBeKilled ? null : 'nobody killed it'
  if (/ENOSPC|no space left|disk is full/i.test(message)) return licence.mayNotBeKept ? null : 'no disk was full'
  return 'no fault of the run explains it'
}

/** From the first line of a workflow to its last, in the order in which they were written. */
function asHeldByWorkflow(lines: readonly Line[]): readonly Line[] {
  const own = lines.filter(({ lock, label }) => lock === 'workflow' && label !== '')
  const edges = new Map<Line, Line>()
  for (const [name, group] of groupedBy(own, workflowOf)) {
    const [first, last] = [group[0], group.at(-1)]
    if (first === undefined || last === undefined || first === last) continue
    edges.set(first, { ...first, mark: 'B', label: name, node: name })
    edges.set(last, { ...last, mark: 'E', label: name, node: name })
  }
  return own.flatMap((line) => edges.get(line) ?? [])
}

/**
 * Holders of a lock at once, by what they wrote while they held it. Of an attempt that was killed only its begin is known,
 * which says that it held the lock at that moment.
 */
function overlaps(lines: readonly Line[], lock: string, most: number): readonly string[] {
  const own = lines.filter((line) => line.lock === lock)
  const ended = new Set(own.filter(({ mark }) => mark === 'E').map(({ node }) => node))
  const holding = new Set<string>()
  const violations: string[] = []
  // Lines stand in the order in which they were written; the clock only ticks every hundredth of a second.
  for (const { mark, node, label, at } of own) {
    if (mark === 'E') holding.delete(node)
    else {
      if (holding.size >= most) violations.push(`${lock}: ${label} at ${at} beside ${[...holding].join(', ')}`)
      if (ended.has(node)) holding.add(node)
    }
  }
  return violations
}
