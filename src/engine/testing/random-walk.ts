/** A run driven by a seed: which pod ends next and how follows from its name, so that two drivers of one run agree. */
import { fnv32a } from '../../expressions/index.ts'
import type { NodeStatus, WorkflowSpec } from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { Decision, Operation } from '../decision.ts'
import type { PodPlan } from '../effects.ts'
import { lockTable } from '../lock-table.ts'
import { heldLocks } from '../sync.ts'
import { Body } from '../body.ts'
import type { MemoEntry, World } from '../world.ts'
import { type PodEnd, Story, storyWorld } from './story.ts'

export type Outcomes = { readonly seed: number; /** Of 100 pods, so many fail. */ readonly failing: number }

type LimitedWorld = World & { readonly memos: Map<string, MemoEntry> }

/** Two slots in every semaphore, and caches that outlive the run. */
export const limitedWorld = (): LimitedWorld => {
  const memos = new Map<string, MemoEntry>()
  return {
    ...storyWorld(),
    locks: lockTable((lock) => (lock.mutex ? { limit: 1 } : { limit: 2 })),
    memos,
    memo: (cacheName, key) => memos.get(`${cacheName}/${key}`) ?? null,
  }
}

/** As after a restart: locks are what the status says is held. */
export function restarted(story: Story): Story {
  const world = { ...story.world, locks: limitedWorld().locks }
  for (const { holder, lock } of heldLocks(story.run.status.synchronization))
    world.locks.restore(holder, story.run.uid, lock)
  return story.reopened(world)
}

export class RandomWalk {
  story: Story
  readonly outcomes: Outcomes
  /** Called after every decision. */
  readonly check: (story: Story) => void
  /** Names of the nodes whose pods ran, in order of asking. */
  readonly ran: string[] = []
  /** Daemons that run until they are stopped. */
  private readonly serving = new Set<string>()
  private counted = 0

  constructor(story: Story, outcomes: Outcomes, check: (story: Story) => void = () => {}) {
    this.story = story
    this.outcomes = outcomes
    this.check = check
    this.looked()
  }

  static of(spec: WorkflowSpec, outcomes: Outcomes, check?: (story: Story) => void): RandomWalk {
    return new RandomWalk(new Story(spec, limitedWorld()), outcomes, check)
  }

  /** One thing happens; false where nothing is left to happen. */
  step(): boolean {
    const { story } = this
    if (this.isAtRest) return false
    if (story.last?.wakes.includes('uid') === true) return this.after(story.tell({ kind: 'lookAgain' }))
    const task = this.nextTask()
    if (task !== null)
      return this.after(
        story.tell({
          kind: 'taskFinished',
          node: task.id as never,
          result: { phase: this.exitCode(task.name) === 0 ? 'Succeeded' : 'Failed' },
        }),
      )
    const plan = this.nextPod()
    if (plan !== null) {
      if (!this.serving.has(plan.identity.nodeName)) {
        story.begin(plan.identity.nodeName)
        this.looked()
      }
      if (this.servesOn(plan)) {
        this.serving.add(plan.identity.nodeName)
        return true
      }
      if (!story.pods.has(plan.identity.nodeName)) return true
      story.end(plan.identity.nodeName, this.endOf(plan))
      this.looked()
      return true
    }
    const wake = story.last?.wakeAt ?? null
    if (wake === null) return false
    story.now = Math.max(wake, story.now) as typeof story.now
    return this.after(story.tell())
  }

  ask(operation: Operation): void {
    const answer = this.story.ask(operation)
    if (!('refused' in answer)) this.looked()
  }

  toTheEnd(): this {
    for (let steps = 0; steps < 5000; steps += 1) if (!this.step()) return this
    throw new Error('the run does not end')
  }

  get isAtRest(): boolean {
    return ['Succeeded', 'Failed', 'Error'].includes(this.story.phase)
  }

  private after(_decision: Decision): true {
    this.looked()
    return true
  }

  looked(): void {
    const { effects } = this.story
    if (this.story.last !== null) this.remember(this.story.last)
    for (; this.counted < effects.length; this.counted += 1) {
      const effect = effects[this.counted]
      if (effect?.kind === 'runPod') this.ran.push(effect.plan.identity.nodeName)
    }
    this.check(this.story)
  }

  private remember({ memos }: Decision): void {
    const { world, now } = this.story
    const at = rfc3339(now)
    for (const { cacheName, key, hitOnly, ...entry } of memos)
      if (hitOnly !== true)
        (world as LimitedWorld).memos.set(`${cacheName}/${key}`, {
          ...entry,
          creationTimestamp: at,
          lastHitTimestamp: at,
        })
  }

  /** Where slots are limited a daemon dies at once: it would keep one for ever. */
  private servesOn(plan: PodPlan): boolean {
    const { parallelism, templates = [] } = this.story.run.spec
    const isLimited = parallelism !== undefined || templates.some((template) => template.parallelism !== undefined)
    return plan.daemon && !isLimited && !this.isStopped(plan) && this.hash(`serves ${plan.identity.nodeName}`) % 2 === 0
  }

  private isStopped({ identity }: PodPlan): boolean {
    return this.story.effects.some((effect) => effect.kind === 'stopPod' && effect.pod === identity.id)
  }

  /** Another run takes over: the restarted one. */
  restart(): void {
    this.story = restarted(this.story)
    this.counted = this.story.effects.length
    this.check(this.story)
  }

  private hash(text: string): number {
    return Number(fnv32a(`${this.outcomes.seed} ${text}`)) % 100_003
  }

  private nextPod(): PodPlan | null {
    const plans = [...this.story.pods.values()].filter(
      (plan) => !this.serving.has(plan.identity.nodeName) || this.isStopped(plan),
    )
    return plans.reduce<PodPlan | null>(
      (least, plan) =>
        least === null || this.hash(plan.identity.nodeName) < this.hash(least.identity.nodeName) ? plan : least,
      null,
    )
  }

  private nextTask(): NodeStatus | null {
    const { nodes, frames } = this.story.run
    for (const node of nodes.values()) {
      const frame = frames.get(node.id)
      const asked = frame instanceof Body ? frame.underWay() : null
      if (asked !== null && asked.kind !== 'runPod') return node
    }
    return null
  }

  private exitCode(name: string): number {
    return this.hash(`exit ${name}`) % 100 < this.outcomes.failing ? 1 : 0
  }

  private endOf(plan: PodPlan): PodEnd {
    const name = plan.identity.nodeName
    const parameters = Object.fromEntries(plan.outputParameters.map((parameter) => [parameter.name, name]))
    if (this.exitCode(name) !== 0)
      return this.hash(`how ${name}`) % 3 === 0 ? { collectError: 'no such file' } : { exitCode: 1, parameters }
    return { exitCode: 0, parameters }
  }
}
