/** Why a node that has not ended stands where it stands. */
import { isActive, isEnded, isFailedOrError } from '../../engine/index.ts'
import type { NodeStatus } from '../../resources/index.ts'
import { instantOf } from '../../resources/index.ts'
import type { Wait } from '../port.ts'
import { templateOf } from './callers.ts'
import type { Amounts, Facts, LockFacts, Told } from './facts.ts'
import { durationText, ending, listed, nameOf, nothing, said, spanText, timeText, together, waiting } from './facts.ts'
import { gateBefore } from './gates.ts'
import { phases, unbornOf } from './unborn.ts'

export function tellUnfinished(facts: Facts, node: NodeStatus): Told {
  const lock = node.synchronizationStatus?.waiting
  if (lock !== undefined && lock !== '') return tellLock(facts, nameOf(node), lock)
  switch (node.type) {
    case 'Suspend':
      return tellSuspended(facts, node)
    case 'Retry':
      return tellRetry(facts, node)
    case 'Steps':
    case 'DAG':
    case 'StepGroup':
    case 'TaskGroup':
      return tellGroup(facts, node)
    default:
      return node.phase === 'Running' ? tellRunning(facts, node) : tellPending(facts, node)
  }
}

/** @param who the node, or the workflow */
export function tellLock({ live }: Facts, who: string, lock: string): Told {
  const known: LockFacts = live?.lock(lock) ?? { holders: [], pending: 0, limit: null }
  const [namespace = '', kind = '', ...rest] = lock.split('/')
  const what = kind === 'Mutex' ? `mutex ${rest.join('/')}` : `semaphore ${rest.join('/')}`
  const place = `${what} of namespace ${namespace}`
  const others = known.pending > 1 ? ` ${known.pending} wait for it in all.` : ''
  const wait: Omit<Wait, 'text'> = { kind: 'lock', node: who, on: lock }
  if (known.limit !== null && known.limit <= 0)
    return waiting(`${who} waits for the ${place}, whose limit is ${known.limit}: nobody gets it.${others}`, wait)
  if (known.holders.length === 0)
    return waiting(`${who} waits for the ${place}, which is free: others that asked before come first.${others}`, wait)
  const limit = known.limit === null || kind === 'Mutex' ? '' : ` (limit ${known.limit})`
  return waiting(`${who} waits for the ${place}${limit}, which ${listed(known.holders)} holds.${others}`, wait)
}

function tellSuspended({ live, name, workflow }: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const due = live?.dueOf(node.id) ?? null
  if (due !== null)
    return waiting(`${who} is suspended until ${timeText(due)}.`, { kind: 'time', node: who, until: timeText(due) })
  const asked = (node.outputs?.parameters ?? [])
    .filter(({ valueFrom }) => valueFrom?.supplied !== undefined)
    .map((parameter) => parameter.name)
  const namespace = workflow.metadata.namespace ?? 'default'
  const supply = asked.length === 0 ? '' : ` It asks for ${listed(asked)} (drydock node set ${name} -p NAME=VALUE).`
  return waiting(
    `${who} waits for a person: drydock resume -n ${namespace} ${name} --node-field-selector id=${node.id}.${supply}`,
    { kind: 'person', node: who },
  )
}

function tellRetry(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const attempts = attemptsOf(facts, node)
  const last = attempts.at(-1)
  const limit = limitText(facts, node)
  const due = facts.live?.dueOf(node.id) ?? null
  if (last === undefined) return tellPending(facts, node)
  if (!isEnded(last))
    return together(
      said(`${who} is at attempt ${attempts.length}${limit}.${failuresText(attempts)}`),
      tellUnfinished(facts, last),
    )
  const why = `${who} failed ${attempts.length === 1 ? 'once' : `${attempts.length} times`}${limit}, last with ${ending(last.message ?? last.phase ?? '')}`
  if (due !== null) {
    const at = timeText(due)
    return waiting(
      `${why} It is retried at ${at}, in ${durationText(due - facts.now)} (${(node.message ?? 'back-off').toLowerCase()}).`,
      { kind: 'backoff', node: who, until: at },
    )
  }
  const boundary = facts.nodes[node.boundaryID ?? ''] ?? node
  const gate = gateBefore(facts, `the next attempt of ${who}`, boundary, {})
  return together(said(why), gate.sentences.length > 0 ? gate : said('The next attempt is about to begin.'))
}

export const attemptsOf = ({ nodes }: Facts, node: NodeStatus): readonly NodeStatus[] =>
  (node.children ?? []).flatMap((id) => {
    const child = nodes[id]
    return child?.nodeFlag?.retried === true ? [child] : []
  })

function failuresText(attempts: readonly NodeStatus[]): string {
  const failed = attempts.filter(({ phase }) => isFailedOrError(phase))
  const last = failed.at(-1)
  return last === undefined ? '' : ` The one before failed: ${ending(last.message ?? last.phase ?? '')}`
}

/** ` of at most 3`, counting the first one. */
export function limitText(facts: Facts, node: NodeStatus): string {
  const strategy = templateOf(facts, node)?.retryStrategy ?? facts.spec.retryStrategy
  const limit = Number(strategy?.limit ?? Number.NaN)
  return Number.isInteger(limit) ? ` of at most ${limit + 1}` : ''
}

function tellGroup(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const children = Object.values(facts.nodes).filter((one) =>
    node.type === 'Steps' || node.type === 'DAG'
      ? one.boundaryID === node.id && one.type !== 'StepGroup'
      : node.children?.includes(one.id) === true,
  )
  const open = children.filter(isActive)
  const begun = said(
    open.length === 0
      ? `${who} has nothing under way.`
      : `${who} waits for ${open.length === 1 ? 'one' : open.length} of its nodes: ${phases(open)}.`,
  )
  const below = open.slice(0, 5).map((child) => (isLeaf(child) ? tellUnfinished(facts, child) : nothing))
  const unborn = unbornOf(facts, node)
    .slice(0, 10)
    .map(({ tell }) => tell())
  return together(begun, ...below, ...unborn)
}

const isLeaf = ({ type }: NodeStatus): boolean => !['Steps', 'DAG', 'StepGroup', 'TaskGroup'].includes(type)

function tellRunning(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const span = spanText(node.startedAt, facts.now)
  const where = node.hostNodeName ? ` on ${node.hostNodeName}` : ''
  const away = facts.live?.endpointAway(node.hostNodeName ?? '') ?? null
  if (away !== null)
    return waiting(`${who} was last seen running${where}, which does not answer: ${ending(away)} It waits for it.`, {
      kind: 'engine',
      node: who,
    })
  if (node.daemoned === true)
    return said(`${who} is a daemon and has been ready${where}; it ends with what started it.`)
  const progress = node.progress && node.progress !== '0/1' ? `, progress ${node.progress}` : ''
  return waiting(`${who} has been under way for ${span}${where}${progress}.`, { kind: 'container', node: who })
}

/** The words in which a pod says why it does not start yet (pods/pod-life.ts). */
const pendingReasons: readonly (readonly [
  RegExp,
  Wait['kind'],
  (who: string, message: string, facts: Facts) => string,
])[] = [
  [
    /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|ErrImage\w*): /,
    'image',
    (who, message) => `${who} cannot start: its image cannot be had. ${ending(message)} It is tried again and again.`,
  ],
  [
    /^Unschedulable: /,
    'capacity',
    (who, message, facts) => `${who} waits for room on the host: ${ending(message.slice(15))} ${capacityText(facts)}`,
  ],
  [
    /^EndpointAway: /,
    'engine',
    (who, message) =>
      `${who} may be running where nobody can look: ${ending(message.slice(14))} It is not run elsewhere.`,
  ],
  [
    /^resource creation rate-limit reached/,
    'rate',
    (who) => `${who} waits because pods are made at a limited rate (resourceRateLimit).`,
  ],
  [
    /^ContainerCreating: /,
    'engine',
    (who, message) => `${who} cannot be created at the moment: ${ending(message.slice(19))} It is tried again.`,
  ],
]

function tellPending(facts: Facts, node: NodeStatus): Told {
  const who = nameOf(node)
  const message = node.message ?? ''
  for (const [pattern, kind, text] of pendingReasons)
    if (pattern.test(message)) return waiting(text(who, message, facts), { kind, node: who })
  if (message !== '')
    return waiting(`${who} waits for something it refers to: ${ending(message)}`, { kind: 'configuration', node: who })
  const away = facts.live?.engineAway ?? null
  if (away !== null)
    return waiting(`${who} waits for the container engine, which does not answer: ${ending(away)}`, {
      kind: 'engine',
      node: who,
    })
  const started = instantOf(node.startedAt)
  const since = started === null ? '' : ` since ${timeText(started)}`
  return waiting(`${who} is being prepared${since}: its containers are made and its inputs put in place.`, {
    kind: 'container',
    node: who,
  })
}

function capacityText({ live }: Facts): string {
  if (live === null) return ''
  const { waiting: others } = live.capacity
  const rooms = live.capacity.endpoints
  if (rooms.length > 0) {
    const texts = rooms.map(({ name, used, budget, ok, schedulable }) => {
      const state = !ok ? ' (does not answer)' : schedulable ? '' : ' (takes nothing new)'
      return `on ${name}${state} ${amountsText(used, budget)}`
    })
    return `Taken are ${listed(texts)}; ${podsText(others)}.`
  }
  const { used, budget } = live.capacity
  return `Taken are ${amountsText(used, budget)}; ${podsText(others)}.`
}

const podsText = (others: number): string => (others === 1 ? 'one pod waits' : `${others} pods wait`)

function amountsText(used: Amounts, budget: Amounts): string {
  const part = (name: string, taken: string, all: number, allText: string) =>
    all === Infinity ? [] : [`${taken} of ${allText} ${name}`]
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
  const parts = [
    ...part('cores', String(Math.round(used.cpus * 1000) / 1000), budget.cpus, String(budget.cpus)),
    ...part('memory', mebibytes(used.memoryBytes), budget.memoryBytes, mebibytes(budget.memoryBytes)),
    ...part('containers', String(used.containers), budget.containers, String(budget.containers)),
  ]
  return listed(parts)
}
