/** Workflows from a seed: every kind of template and concern, small, and mostly with an outcome that no fault may change. */
import type { Workflow } from '../../src/resources/index.ts'
import type { Dice } from './dice.ts'
import { daemonLeaf, drawLeaf } from './templates.ts'
import type { Leaf, Surroundings } from './templates.ts'

export type Task = {
  readonly name: string
  readonly workflow: Workflow
  readonly submitAtMs: number
  /** What comes of it may depend on when things happen: deadlines, the order of failures. */
  readonly isTimed: boolean
  /** What a person does to it, and when; `null` for nothing. */
  readonly deed: { readonly kind: 'terminate' | 'stop' | 'delete' | 'suspend'; readonly atMs: number } | null
}

export type Limits = Readonly<Record<string, string>>

/** How big the workflows are, and what they know. */
export type Size = {
  readonly leavesMost: number
  readonly callsMost: number
  /** Artifacts and hooks that were not there from the beginning. */
  readonly hasMore: boolean
  readonly failing?: Surroundings['failing']
}

export const fullSize: Size = { leavesMost: 3, callsMost: 4, hasMore: false }
export const smallSize: Size = { leavesMost: 1, callsMost: 2, hasMore: true }
/** So that there is something to retry. */
export const failingSize: Size = { ...smallSize, failing: { chance: 0.35, mends: [1, 1, 2, 9] } }

export function drawTask(dice: Dice, name: string, { leavesMost, callsMost, hasMore, failing }: Size): Task {
  const volume = dice.chance(0.2) ? 'work' : null
  const isNarrow = dice.chance(0.25)
  const around = {
    volume,
    isNarrow,
    mutexes: [dice.pick(['m', 'n'])],
    semaphores: [dice.pick(['one', 'two'])],
    hasArtifacts: hasMore && dice.chance(0.25),
    ...(failing && { failing }),
  }
  const leaves: [Leaf, ...Leaf[]] = [drawLeaf(dice, 'leaf-0', around)]
  for (let index = 1; index <= dice.int(1, leavesMost); index += 1) leaves.push(drawLeaf(dice, `leaf-${index}`, around))
  const server = dice.chance(0.15) ? daemonLeaf(dice, 'server') : null
  const inner = dice.chance(0.4)
    ? drawFlow(dice, 'inner', leaves, { server: null, isNarrow, callsMost, hasMore })
    : null
  const main = drawFlow(dice, 'main', inner === null ? leaves : [inner, ...leaves], {
    server,
    isNarrow,
    callsMost,
    hasMore,
  })
  const isTimed = dice.chance(0.05)
  const deed = drawDeed(dice)
  const spec = {
    entrypoint: 'main',
    templates: [main, ...(inner === null ? [] : [inner]), ...leaves, ...(server === null ? [] : [server])].map(
      (leaf) => leaf.template,
    ),
    // A daemon takes one of the places, for ever if there is but one.
    ...(isNarrow && dice.chance(0.7) ? { parallelism: dice.int(server === null ? 1 : 2, 3) } : {}),
    ...(dice.chance(0.2) ? { onExit: dice.pick(leaves).template.name } : {}),
    ...(dice.chance(0.1) ? { synchronization: { mutexes: [{ name: 'whole' }] } } : {}),
    ...drawPodGC(dice),
    ...(isTimed ? { activeDeadlineSeconds: dice.int(2, 12) } : {}),
    ...(dice.chance(0.1) ? { ttlStrategy: { secondsAfterCompletion: dice.int(0, 20) } } : {}),
    ...(dice.chance(0.2) ? { priority: dice.int(0, 5) } : {}),
    ...claimsOf(volume),
  }
  return {
    name,
    workflow: workflowOf(name, spec),
    submitAtMs: dice.pick([0, 0, dice.int(0, 5_000)]),
    isTimed: isTimed || deed !== null || leaves.some((leaf) => leaf.isTimed),
    deed,
  }
}

type Flow = {
  readonly server: Leaf | null
  readonly isNarrow: boolean
  readonly callsMost: number
  readonly hasMore: boolean
}

/** One call of one template: little to compute, so that many faults can be tried. */
export function drawTinyTask(dice: Dice, name: string): Task {
  const volume = dice.chance(0.15) ? 'work' : null
  const around = { volume, isNarrow: false, mutexes: ['m'], semaphores: ['one'], hasArtifacts: dice.chance(0.2) }
  const leaf = drawLeaf(dice, 'main', around)
  const deed = drawDeed(dice)
  const spec = {
    entrypoint: 'main',
    templates: [leaf.template],
    ...(dice.chance(0.1) ? { onExit: 'main' } : {}),
    ...drawPodGC(dice),
    ...(dice.chance(0.1) ? { ttlStrategy: { secondsAfterCompletion: dice.int(0, 20) } } : {}),
    ...claimsOf(volume),
  }
  const isTimed = deed !== null || leaf.isTimed
  return { name, workflow: workflowOf(name, spec), submitAtMs: 0, isTimed, deed }
}

const workflowOf = (name: string, spec: object): Workflow => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { name, namespace: 'default' },
  spec,
})

const drawDeed = (dice: Dice): Task['deed'] =>
  dice.chance(0.12)
    ? { kind: dice.pick(['terminate', 'stop', 'delete', 'suspend'] as const), atMs: dice.int(500, 15_000) }
    : null

const drawPodGC = (dice: Dice): object =>
  dice.chance(0.2)
    ? {
        podGC: {
          strategy: dice.pick(['OnPodCompletion', 'OnWorkflowCompletion']),
          ...(dice.chance(0.5) ? { deleteDelayDuration: '3s' } : {}),
        },
      }
    : {}

const claimsOf = (volume: string | null): object =>
  volume === null
    ? {}
    : {
        volumeClaimTemplates: [
          {
            metadata: { name: volume },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
          },
        ],
        volumeClaimGC: { strategy: 'OnWorkflowCompletion' },
      }

/** Steps or a graph that calls the given templates. */
function drawFlow(dice: Dice, name: string, callable: readonly [Leaf, ...Leaf[]], around: Flow): Leaf {
  const { server, isNarrow } = around
  const calls = dice.int(1, around.callsMost)
  const template = {
    name,
    inputs: { parameters: [{ name: 'in', value: 'i' }] },
    ...(isNarrow && dice.chance(0.5) && server === null ? { parallelism: dice.int(1, 2) } : {}),
    ...(dice.chance(0.08) ? { synchronization: { mutexes: [{ name: `of-${name}` }] } } : {}),
    ...(dice.chance(0.08) ? { retryStrategy: { limit: 1, retryPolicy: 'Always' } } : {}),
    ...(dice.chance(0.5)
      ? { steps: drawSteps(dice, calls, callable, around) }
      : { dag: drawDag(dice, calls, callable, around) }),
  }
  return { template, makesResult: false, canFail: false, isTimed: false }
}

function drawSteps(
  dice: Dice,
  calls: number,
  callable: readonly [Leaf, ...Leaf[]],
  { server, hasMore }: Flow,
): readonly (readonly object[])[] {
  const groups: object[][] = server === null ? [] : [[{ name: 'server', template: 'server' }]]
  const before: { name: string; leaf: Leaf; isLoop: boolean }[] = []
  let group: object[] = []
  for (let index = 0; index < calls; index += 1) {
    const leaf = dice.pick(callable)
    const own = `s${index}`
    const loop = drawLoop(dice)
    const giver = dice.chance(0.5) ? before.find((one) => one.leaf.makesResult && !one.isLoop) : undefined
    group.push({
      name: own,
      template: leaf.template.name,
      ...argumentsOf(
        dice,
        giver === undefined ? null : `steps.${giver.name}.outputs.${outputOf(dice, giver.leaf)}`,
        server === null ? null : 'steps.server.ip',
        loop !== null,
        artifactFrom('steps', leaf, before),
      ),
      ...(loop ?? {}),
      ...(dice.chance(0.12) ? { when: dice.pick(['true', 'false', '1 == 1']) } : {}),
      ...(leaf.canFail && dice.chance(0.5) ? { continueOn: { failed: true } } : {}),
      ...drawHooks(dice, callable, hasMore && loop === null ? `steps.${own}` : null),
    })
    const isLast = index === calls - 1 || dice.chance(0.6)
    if (!isLast) continue
    groups.push(group)
    // Outputs are seen by later groups only.
    before.push(
      ...group.map((one) => ({
        name: (one as { name: string }).name,
        leaf: callable.find((other) => other.template.name === (one as { template: string }).template) ?? leaf,
        // What a loop of failures leaves cannot be referred to: its followers wait for ever, as in Argo.
        isLoop:
          'withItems' in one ||
          'withSequence' in one ||
          'when' in one ||
          ('withParam' in one && canFail(callable, one)),
      })),
    )
    group = []
  }
  return groups
}

function drawDag(dice: Dice, calls: number, callable: readonly [Leaf, ...Leaf[]], { server, hasMore }: Flow): object {
  const tasks: object[] = server === null ? [] : [{ name: 'server', template: 'server' }]
  const before: { name: string; leaf: Leaf; isPlain: boolean }[] = []
  for (let index = 0; index < calls; index += 1) {
    const leaf = dice.pick(callable)
    const own = `t${index}`
    const loop = drawLoop(dice)
    const needed = before.filter(() => dice.chance(0.6))
    const giver = needed.find((one) => one.leaf.makesResult && one.isPlain)
    const terms = needed.map((one) =>
      one.leaf.canFail ? `(${one.name}.Succeeded || ${one.name}.Failed || ${one.name}.Skipped)` : one.name,
    )
    if (server !== null) terms.unshift('server')
    const when = dice.chance(0.12) ? { when: dice.pick(['true', 'false']) } : {}
    tasks.push({
      name: own,
      template: leaf.template.name,
      ...(terms.length > 0 ? { depends: terms.join(' && ') } : {}),
      ...argumentsOf(
        dice,
        giver === undefined || dice.chance(0.5) ? null : `tasks.${giver.name}.outputs.${outputOf(dice, giver.leaf)}`,
        server === null ? null : 'tasks.server.ip',
        loop !== null,
        artifactFrom(
          'tasks',
          leaf,
          needed.map(({ name, leaf: one, isPlain }) => ({ name, leaf: one, isLoop: !isPlain })),
        ),
      ),
      ...(loop ?? {}),
      ...when,
      ...drawHooks(dice, callable, hasMore && loop === null ? `tasks.${own}` : null),
    })
    before.push({ name: own, leaf, isPlain: loop === null && !('when' in when) && !leaf.canFail })
  }
  return { tasks, ...(dice.chance(0.2) ? { failFast: false } : {}) }
}

function drawLoop(dice: Dice): object | null {
  const kind = dice.next()
  if (kind < 0.12) return { withItems: ['a', 'b', 'c'].slice(0, dice.int(1, 3)) }
  if (kind < 0.18) return { withSequence: { count: String(dice.int(0, 3)) } }
  return kind < 0.22 ? { withParam: '["x", "y"]' } : null
}

const outputOf = (dice: Dice, leaf: Leaf): string =>
  leaf.isMemoized === true ? 'parameters.p' : dice.pick(['parameters.p', 'result'])

/** A hook that waits for a lock which its own call holds would wait for ever. */
const isPlain = ({ canFail: may, template }: Leaf): boolean =>
  !may && !('synchronization' in template || 'steps' in template || 'dag' in template)

/** @param call as expressions name it; `null`: only the exit hook is known */
function drawHooks(dice: Dice, callable: readonly [Leaf, ...Leaf[]], call: string | null): object {
  const exit = dice.chance(0.1) ? { exit: { template: dice.pick(callable).template.name } } : {}
  const plain = call !== null && dice.chance(0.1) ? callable.find(isPlain) : undefined
  const running =
    plain === undefined ? {} : { running: { expression: `${call}.status == "Running"`, template: plain.template.name } }
  return Object.keys({ ...exit, ...running }).length === 0 ? {} : { hooks: { ...exit, ...running } }
}

/** What an earlier call has surely made, for one that takes an artifact. */
function artifactFrom(
  scope: string,
  taker: Leaf,
  before: readonly { readonly name: string; readonly leaf: Leaf; readonly isLoop: boolean }[],
): string | null {
  if (taker.takesArtifact !== true) return null
  const giver = before.find(({ leaf, isLoop }) => leaf.makesArtifact === true && !isLoop && !leaf.canFail)
  return giver === undefined ? null : `{{${scope}.${giver.name}.outputs.artifacts.made}}`
}

function argumentsOf(
  dice: Dice,
  giver: string | null,
  ip: string | null,
  isLoop: boolean,
  artifact: string | null,
): object {
  const value =
    giver !== null
      ? `{{${giver}}}`
      : isLoop && dice.chance(0.7)
        ? '{{item}}'
        : ip !== null && dice.chance(0.5)
          ? `{{${ip}}}`
          : 'a'
  return {
    arguments: {
      parameters: [{ name: 'in', value }],
      ...(artifact === null ? {} : { artifacts: [{ name: 'taken', from: artifact }] }),
    },
  }
}

const canFail = (callable: readonly Leaf[], call: object): boolean =>
  callable.some(({ template, canFail: may }) => template.name === (call as { template: string }).template && may)
