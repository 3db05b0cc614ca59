/** What a workflow as a whole waits for now, or why it ended as it did. */
import { isEnded, isFailedOrError } from '../../engine/index.ts'
import type { NodeStatus } from '../../resources/index.ts'
import { instant, instantOf } from '../../resources/index.ts'
import { culpritsOf } from './ended.ts'
import type { Facts, Told } from './facts.ts'
import { durationText, ending, listed, nameOf, nothing, said, spanText, timeText, together, waiting } from './facts.ts'
import { allUnborn } from './unborn.ts'
import { tellLock, tellUnfinished } from './waiting.ts'

const leavesMax = 10
const unbornMax = 10

export function tellWorkflow(facts: Facts): Told {
  const { workflow, live } = facts
  const isOver = Boolean(workflow.status?.finishedAt)
  if (isOver) return together(tellEnd(facts), tellExitHandler(facts))
  return together(
    tellOutside(facts),
    live?.isHeld === true ? tellHeld(facts) : tellUnderWay(facts),
    tellDeadline(facts),
  )
}

function tellOutside({ live, name }: Facts): Told {
  if (live === null) return said(`Nobody runs ${name} at the moment: the daemon has just begun, or cannot read it.`)
  const store =
    live.storeDown === null
      ? nothing
      : waiting(`Nothing can be decided: the store is down (${live.storeDown}). It goes on when the store is back.`, {
          kind: 'store',
        })
  const engine =
    live.engineAway === null
      ? nothing
      : waiting(`The container engine does not answer: ${ending(live.engineAway)} Nothing is started until it does.`, {
          kind: 'engine',
        })
  return together(store, engine)
}

function tellHeld({ live, name, workflow }: Facts): Told {
  const { all = 0, allBegun = 0, namespace = 0, namespaceBegun = 0 } = live?.limits ?? {}
  const isFull = all > 0 && allBegun >= all
  const text = isFull
    ? `at most ${all} workflows run at once (parallelism), and ${allBegun} are under way`
    : namespace > 0 && namespaceBegun >= namespace
      ? `at most ${namespace} workflows of namespace ${workflow.metadata.namespace ?? ''} run at once (namespaceParallelism), and ${namespaceBegun} are under way`
      : 'workflows of a higher priority or greater age come first'
  return waiting(`${name} has not begun: ${text}.`, { kind: 'parallelism' })
}

function tellUnderWay(facts: Facts): Told {
  const { workflow, name, nodes, now, spec } = facts
  const { status } = workflow
  const all = Object.values(nodes)
  const done = all.filter(isEnded).length
  const phase = status?.phase || 'Pending'
  const since = spanText(status?.startedAt, now)
  const head = said(
    all.length === 0
      ? `${name} is ${phase} and has made no node yet.`
      : `${name} is ${phase}${since === '' ? '' : ` and has been for ${since}`}; of its ${all.length} nodes ${done} have ended.`,
  )
  const shutdown = workflow.spec?.shutdown ?? spec.shutdown
  const ending =
    shutdown === 'Stop' || shutdown === 'Terminate'
      ? said(
          `It is being ${shutdown === 'Stop' ? 'stopped: only exit handlers still run' : 'terminated: everything is ended at once'}.`,
        )
      : nothing
  if (workflow.spec?.suspend === true && ending === nothing)
    return together(
      head,
      waiting(
        `It is suspended as a whole: nothing new begins until drydock resume -n ${workflow.metadata.namespace ?? 'default'} ${name}.`,
        { kind: 'suspended' },
      ),
      tellLeaves(facts),
    )
  const lock = all.length === 0 ? waitedLock(facts) : null
  if (lock !== null) return together(head, ending, tellLock(facts, name, lock))
  const leaves = tellLeaves(facts)
  const unborn = allUnborn(facts, unbornMax)
  const told = together(head, ending, tellFailedSoFar(facts), leaves, unborn, tellExitHandler(facts))
  if (leaves.sentences.length > 0 || unborn.sentences.length > 0 || all.length === 0) return told
  return together(
    told,
    said(
      'Nothing of it is under way and nothing waits: it should end at once. If it does not, it is stuck; that is a bug.',
    ),
  )
}

function waitedLock({ workflow }: Facts): string | null {
  const { mutex, semaphore } = workflow.status?.synchronization ?? {}
  return mutex?.waiting?.[0]?.mutex ?? semaphore?.waiting?.[0]?.semaphore ?? null
}

/** Unfinished nodes at the bottom of the tree; those that wait before those that work. */
function tellLeaves(facts: Facts): Told {
  const open = Object.values(facts.nodes).filter(
    (node) => !isEnded(node) && !['Steps', 'DAG', 'StepGroup', 'TaskGroup'].includes(node.type),
  )
  const covered = new Set(open.filter(({ type }) => type === 'Retry').flatMap(({ children = [] }) => children))
  const leaves = open.filter(({ id, type }) => !covered.has(id) && type !== 'Container')
  const waits = (node: NodeStatus) => (node.type === 'Pod' && node.phase === 'Running' ? 1 : 0)
  const sorted = leaves.sort((a, b) => waits(a) - waits(b))
  const told = together(...sorted.slice(0, leavesMax).map((node) => tellUnfinished(facts, node)))
  if (sorted.length <= leavesMax) return told
  return together(told, said(`${sorted.length - leavesMax} more nodes are under way or wait.`))
}

function tellFailedSoFar(facts: Facts): Told {
  const root = facts.nodes[facts.name]
  const failed = root === undefined ? [] : culpritsOf(facts, root)
  return failed.length === 0 ? nothing : said(`${listed(failed.map(nameOf))} failed so far.`)
}

function tellExitHandler({ nodes, name }: Facts): Told {
  const handler = Object.values(nodes).find((node) => node.name === `${name}.onExit`)
  if (handler === undefined) return nothing
  if (!isEnded(handler)) return said('Its steps have ended; the exit handler is under way.')
  return said(
    isFailedOrError(handler.phase)
      ? `Its exit handler ${handler.phase === 'Error' ? 'ended in error' : 'failed'}: ${ending(handler.message ?? '')}`
      : 'Its exit handler ran and succeeded.',
  )
}

function tellEnd(facts: Facts): Told {
  const { workflow, name, nodes, spec } = facts
  const { phase = '', message = '', startedAt, finishedAt } = workflow.status ?? {}
  const span = spanText(startedAt, finishedAt)
  const verb = phase === 'Succeeded' ? 'succeeded' : phase === 'Error' ? 'ended in error' : 'failed'
  const head = `${name} ${verb}${span === '' ? '' : ` after ${span}`}`
  if (phase === 'Succeeded') return said(`${head}.`)
  const shutdown = workflow.spec?.shutdown ?? spec.shutdown
  const why = shutdown ? ` It was ${shutdown === 'Stop' ? 'stopped' : 'terminated'}.` : ''
  const root = nodes[name]
  const culprits = root === undefined ? [] : culpritsOf(facts, root)
  const shown = culprits
    .slice(0, leavesMax)
    .map((node) => `${nameOf(node)}: ${ending(node.message || node.phase || '')}`)
  return said(
    `${head}${message === '' ? '.' : `: ${ending(message)}`}${why}`,
    ...(shown.length === 0 ? [] : [`What failed first: ${shown[0] ?? ''}`]),
    ...shown.slice(1),
  )
}

function tellDeadline({ workflow, spec, now }: Facts): Told {
  const seconds = spec.activeDeadlineSeconds
  const started = instantOf(workflow.status?.startedAt)
  if (seconds === undefined || seconds === null || started === null) return nothing
  const at = instant(started + seconds * 1000)
  return said(
    at > now
      ? `It has until ${timeText(at)} (activeDeadlineSeconds ${seconds}): ${durationText(at - now)} are left.`
      : `Its deadline was ${timeText(at)} (activeDeadlineSeconds ${seconds}): what still runs is being ended.`,
  )
}
