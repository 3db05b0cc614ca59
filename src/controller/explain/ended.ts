/** Why a node ended as it did: ran, was skipped, omitted, failed, was retried in vain. */
import { compileDag } from '../../expressions/index.ts'
import { isFailedOrError } from '../../engine/index.ts'
import type { DAGTask, NodeStatus } from '../../resources/index.ts'
import { callerOf, nodesByName, templateOf } from './callers.ts'
import type { Facts, Told } from './facts.ts'
import { ending, listed, nameOf, said, spanText, together } from './facts.ts'
import { conditionText } from './unborn.ts'
import { attemptsOf, limitText } from './waiting.ts'

export function tellEnded(facts: Facts, node: NodeStatus): Told {
  switch (node.phase) {
    case 'Skipped':
      return tellSkipped(facts, node)
    case 'Omitted':
      return tellOmitted(facts, node)
    case 'Succeeded':
      return tellSucceeded(facts, node)
    default:
      return tellFailed(facts, node)
  }
}

function tellSucceeded(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const { hit, cacheName, key } = node.memoizationStatus ?? {}
  if (hit === true)
    return said(
      `${who} did not run: its outputs were found in the cache ${cacheName ?? ''} under the key ${key ?? ''}.`,
    )
  const span = spanText(node.startedAt, node.finishedAt)
  const attempts = node.type === 'Retry' ? attemptsOf(facts, node) : []
  const failed = attempts.filter(({ phase }) => isFailedOrError(phase))
  if (failed.length === 0) return said(`${who} succeeded${span === '' ? '' : ` after ${span}`}.`)
  return together(
    said(`${who} succeeded at attempt ${attempts.length}${limitText(facts, node)}, after ${span}.`),
    said(...failed.map((one) => `${nameOf(one)} had failed: ${ending(one.message ?? one.phase ?? '')}`)),
  )
}

function tellSkipped(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const message = node.message ?? ''
  if (message === 'Skipped, empty params')
    return said(`${who} was skipped: the list that it loops over is empty (withItems, withParam or withSequence).`)
  const [, evaluated] = /^when '(.*)' evaluated false$/s.exec(message) ?? []
  if (evaluated === undefined) return said(`${who} was skipped${message === '' ? '.' : `: ${ending(message)}`}`)
  const written = callerOf(facts, node)?.call.when
  if (written === undefined || written === evaluated)
    return said(`${who} was skipped: its condition (when) “${evaluated}” is false.`)
  return said(`${who} was skipped: its condition (when) “${written}” came to “${evaluated}”, which is false.`)
}

function tellOmitted(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const caller = callerOf(facts, node)
  if (caller?.kind !== 'task') return said(`${who} was omitted${node.message ? `: ${ending(node.message)}` : '.'}`)
  const task = caller.call as DAGTask
  const logic = compileDag(caller.template.dag?.tasks ?? []).get(task.name)
  const byName = nodesByName(facts)
  const others = (logic?.tasks ?? []).map((name) => {
    const other = byName.get(`${caller.boundary.name}.${name}`)
    return `${name} is ${other?.phase ?? 'not begun'}`
  })
  const full = logic === undefined || logic.text === task.depends ? '' : ` (that is, ${logic.text})`
  return said(`${who} was omitted: it depends on ${conditionText(task)}${full}, which is false: ${listed(others, 10)}.`)
}

const deadlines: readonly (readonly [RegExp, string])[] = [
  [
    /^Pod was active on the node longer than the specified deadline/,
    'it ran longer than its activeDeadlineSeconds (or timeout) allows',
  ],
  [/^Step exceeded its deadline/, 'the workflow’s activeDeadlineSeconds was over'],
  [/^timeout$/, 'it had waited for as long as its timeout or pendingTimeout allows'],
  [/^retry exceeded workflow deadline/, 'the workflow’s activeDeadlineSeconds left no time for another attempt'],
  [/strategy:? +'?Stop/, 'the workflow was stopped'],
  [/strategy:? +'?Terminate/, 'the workflow was terminated'],
  [/^pod deleted/, 'its containers vanished without Drydock’s doing'],
  [/OOMKilled/, 'it needed more memory than its limit allows and was killed (OOMKilled)'],
  [/^No more retries left/, 'the retries of its strategy are used up'],
  [/^Max duration limit exceeded|^Backoff would exceed max duration/, 'the maxDuration of its back-off is over'],
  [/^retryStrategy\.expression evaluated to false/, 'the expression of its retryStrategy says not to try again'],
  [/^init: /, 'its inputs could not be put in place, or an init container failed'],
  [/^wait: /, 'its outputs could not be collected'],
]

function tellFailed(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const message = node.message ?? ''
  const span = spanText(node.startedAt, node.finishedAt)
  const [, why] = deadlines.find(([pattern]) => pattern.test(message)) ?? []
  const code = node.outputs?.exitCode
  const exit = code === undefined || message.includes(`exit code ${code}`) ? '' : ` (exit code ${code})`
  const verb = node.phase === 'Error' ? 'ended in error' : 'failed'
  const head = `${who} ${verb}${span === '' ? '' : ` after ${span}`}${exit}`
  const detail = message === '' ? '' : ending(message)
  const first = why === undefined ? `${head}${detail === '' ? '.' : `: ${detail}`}` : `${head}: ${why}. ${detail}`
  const told = said(first.trimEnd())
  if (node.type === 'Retry') {
    const attempts = attemptsOf(facts, node)
    const lines = attempts.map((one, index) => `Attempt ${index + 1}: ${ending(one.message || one.phase || '')}`)
    return together(told, said(`It was tried ${times(attempts.length)}${limitText(facts, node)}.`, ...lines))
  }
  const guilty = culpritsOf(facts, node).filter(({ id }) => id !== node.id)
  if (guilty.length > 0) return together(told, said(`What failed in it: ${listed(guilty.map(faultText))}.`))
  if (node.type === 'Pod' && isFailedOrError(node.phase) && hasNoRetry(facts, node))
    return together(told, said('It is not retried: it has no retryStrategy.'))
  return told
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)
const faultText = (node: NodeStatus): string => `${nameOf(node)} (${node.message || node.phase || ''})`

const hasNoRetry = (facts: Facts, node: NodeStatus): boolean =>
  node.nodeFlag?.retried !== true && (templateOf(facts, node)?.retryStrategy ?? facts.spec.retryStrategy) === undefined

/** The nodes at the bottom that failed: what a person looks for first. A Retry node stands for its attempts. */
export function culpritsOf(facts: Facts, root: NodeStatus): readonly NodeStatus[] {
  const isWithin = (node: NodeStatus): boolean => {
    for (let at: NodeStatus | undefined = node; at !== undefined; at = facts.nodes[at.boundaryID ?? ''])
      if (at.id === root.id) return true
    return node.name.startsWith(`${root.name}[`) || node.name.startsWith(`${root.name}(`)
  }
  return Object.values(facts.nodes)
    .filter((node) => isFailedOrError(node.phase) && isLeaf(node) && node.nodeFlag?.retried !== true)
    .filter((node) => node.name !== facts.name || Object.keys(facts.nodes).length === 1 || node.id !== root.id)
    .filter(isWithin)
    .sort((a, b) => (a.finishedAt ?? '').localeCompare(b.finishedAt ?? ''))
}

const isLeaf = ({ type }: NodeStatus): boolean =>
  !['Steps', 'DAG', 'StepGroup', 'TaskGroup', 'Container'].includes(type)
