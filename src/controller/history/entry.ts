/**
 * One decision as it is stored: short keys, node ids less the workflow's name, and no more than a page of it. Values of
 * parameters and outputs are never in it: of what was asked for, only the names are.
 */
import type { Decision, Effect, Observation, Operation, Transition } from '../../engine/index.ts'

export type StoredEntry = {
  /** Its number; counts from 0, with gaps where a commit failed. */
  readonly s: number
  /** Milliseconds since 1970. */
  readonly t: number
  /** Observed: kind, node, detail. */
  readonly o?: readonly (readonly string[])[]
  /** Asked for by a person. */
  readonly r?: readonly string[]
  /** Nodes: id, phase, message. */
  readonly n?: readonly (readonly string[])[]
  /** How many more nodes changed than there is room for. */
  readonly m?: number
  /** Nodes that were deleted: some of them, and how many in all. */
  readonly d?: { readonly ids: readonly string[]; readonly all: number }
  /** Effects by kind: of which nodes (some of them), and how many in all. */
  readonly e?: Readonly<Record<string, { readonly ids: readonly string[]; readonly all: number }>>
  /** Remarks: node (or empty), text. */
  readonly x?: readonly (readonly string[])[]
  /** The workflow's phase and message, where they changed. */
  readonly w?: readonly [string, string]
}

/** What led to a decision, beside what it was. */
export type Happened = {
  readonly workflow: string
  readonly observations: readonly Observation[]
  readonly operations: readonly Operation[]
  readonly told: readonly Transition[]
  readonly more: number
  readonly decision: Decision
  /** Phase and message of the workflow where they are news. */
  readonly status: readonly [string, string] | null
}

const idsMax = 20
const observationsMax = 20
/** Effects that follow from others, or from the end of a node. */
const routine: ReadonlySet<string> = new Set(['preparePod', 'keepLog', 'removePod'])
/** Characters of one message, and of all messages of one entry. */
const messageMax = 300
const messagesMax = 6_000

/** `null`: nothing changed that anybody would want to know. */
export function entryOf(happened: Happened, at: number, number: number): StoredEntry | null {
  const { told, more, decision, operations, status, observations, workflow } = happened
  const { deleted, effects } = decision
  const remarks = decision.notes.length === 0 ? [] : decision.notes.filter(({ node }) => node !== null)
  if (told.length === 0 && operations.length === 0 && remarks.length === 0 && deleted.length === 0 && status === null)
    return null
  const short = (id: string) => shortOf(workflow, id)
  const cut = cutter()
  // Built piece by piece: this runs once a decision.
  const entry: { -readonly [Key in keyof StoredEntry]: StoredEntry[Key] } = { s: number, t: at }
  if (observations.length > 0) {
    const observed = observedOf(observations, short, cut)
    if (observed.length > 0) entry.o = observed
  }
  if (operations.length > 0) entry.r = operations.map(operationText)
  if (told.length > 0) entry.n = told.map((one) => nodeCells(one, short, cut))
  if (more > 0) entry.m = more
  if (deleted.length > 0) entry.d = { ids: deleted.slice(0, idsMax).map(short), all: deleted.length }
  const begun = effects.length === 0 ? null : effectsOf(effects, short)
  if (begun !== null) entry.e = begun
  if (remarks.length > 0) entry.x = remarks.slice(0, idsMax).map(({ node, text }) => [short(node ?? ''), cut(text)])
  if (status !== null) entry.w = [status[0], cut(status[1])]
  return entry
}

const shortOf = (workflow: string, id: string): string =>
  id === workflow ? '' : id.startsWith(`${workflow}-`) ? id.slice(workflow.length + 1) : `/${id}`

/** The id that `shortOf` made short. */
export const fullId = (workflow: string, short: string): string =>
  short === '' ? workflow : short.startsWith('/') ? short.slice(1) : `${workflow}-${short}`

function cutter(): (text: string) => string {
  let left = messagesMax
  return (text) => {
    const room = Math.min(messageMax, left)
    const kept = text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}…`
    left -= kept.length
    return kept
  }
}

function nodeCells({ node, phase, message }: Transition, short: (id: string) => string, cut: (text: string) => string) {
  return message === '' ? [short(node), phase] : [short(node), phase, cut(message)]
}

function observedOf(
  observations: readonly Observation[],
  short: (id: string) => string,
  cut: (text: string) => string,
): string[][] {
  const cells: string[][] = []
  for (const observation of observations) {
    // Neither tells anything that the nodes do not.
    if (observation.kind === 'podProgress') continue
    if (observation.kind === 'podChanged' && observation.state.phase === 'created') continue
    if (cells.length === observationsMax) {
      cells.push(['more', '', String(observations.length - observationsMax)])
      break
    }
    const node = 'node' in observation ? short(observation.node) : ''
    const detail = detailOf(observation)
    cells.push(detail === '' ? [observation.kind, node] : [observation.kind, node, cut(detail)])
  }
  return cells
}

function detailOf(observation: Observation): string {
  switch (observation.kind) {
    case 'podChanged':
      return observation.state.phase
    case 'podFinished': {
      const { state, stageError, collectError } = observation.result
      const codes = state.containers.flatMap(({ name, exitCode, reason }) =>
        exitCode === undefined ? [] : [`${name} ${exitCode}${reason === 'OOMKilled' ? ' OOMKilled' : ''}`],
      )
      const faults = [stageError, collectError].filter((text) => text !== undefined)
      return [...codes, ...faults].join('; ')
    }
    case 'podWaits':
    case 'podRefused':
      return observation.message
    case 'taskFinished':
      return observation.result.phase
    case 'claimCreated':
      return observation.claimName
    case 'claimFailed':
      return `${observation.claimName}: ${observation.message}`
    case 'artifactsDeleted':
      return observation.error === null ? observation.name : `${observation.name}: ${observation.error}`
    default:
      return ''
  }
}

function effectsOf(effects: readonly Effect[], short: (id: string) => string): NonNullable<StoredEntry['e']> | null {
  const kinds: Record<string, { ids: string[]; all: number }> = {}
  let isAny = false
  for (const effect of effects) {
    if (routine.has(effect.kind)) continue
    isAny = true
    const kind = (kinds[effect.kind] ??= { ids: [], all: 0 })
    kind.all += 1
    if (kind.ids.length < idsMax) kind.ids.push(short(targetOf(effect)))
  }
  return isAny ? kinds : null
}

/** The node, or the name of what is no node. Ids of pods end in their node's short id and the count of retries. */
function targetOf(effect: Effect): string {
  switch (effect.kind) {
    case 'runPod':
    case 'preparePod':
      return effect.plan.identity.nodeId
    case 'stopPod':
    case 'removePod':
      return `pod ${effect.pod.slice(effect.pod.indexOf('.') + 1)}`
    case 'createClaim':
    case 'deleteClaim':
      return effect.claimName
    case 'deleteArtifacts':
      return effect.artifacts[0]?.node ?? ''
    default:
      return effect.node
  }
}

/** Names only: values may be secret. */
function operationText(operation: Operation): string {
  const of = 'nodeFieldSelector' in operation && operation.nodeFieldSelector ? ` ${operation.nodeFieldSelector}` : ''
  switch (operation.kind) {
    case 'resume':
      return `resume${of}${operation.by ? ` by ${operation.by}` : ''}`
    case 'set': {
      const names = Object.keys(operation.outputParameters ?? {})
      return `set${of}${operation.phase ? ` phase ${operation.phase}` : ''}${names.length > 0 ? ` outputs ${names.join(', ')}` : ''}`
    }
    case 'retry': {
      const names = (operation.parameters ?? []).map((text) => text.split('=')[0] ?? '')
      return `retry${of}${operation.restartSuccessful === true ? ' with what succeeded' : ''}${names.length > 0 ? ` with parameters ${names.join(', ')}` : ''}`
    }
    case 'edit': {
      const { kind, ...fields } = operation
      return `${kind} ${Object.keys(fields).join(', ')}`
    }
    default:
      return `${operation.kind}${of}`
  }
}
