/** A controller that stops gives what is its own to those who can go on with it. */
import type { Workflow } from '../../resources/index.ts'
import type { Fleet, Member } from '../../store/fleet.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import type { LockDesk } from './lock-desk.ts'
import type { Membership } from './membership.ts'
import { reachesAllOf } from './placement.ts'

export type HandOverParts = {
  readonly core: () => Core
  readonly port: Fleet
  readonly desk: LockDesk
  readonly membership: Membership
  /** The name of the member that is to have the workflow. */
  readonly choose: (workflow: Pick<Workflow, 'spec'>, among: readonly Member[]) => string
  readonly letGo: (live: LiveRun) => void
}

/** How long the end waits for what is on its way to the store. */
const endMs = 3_000
/** How long what is on its way to the engine is waited for. */
const quietMs = 6_000
const pause = (core: Core, ms: number): Promise<void> => core.clock.sleep(ms)

export class HandOver {
  readonly #parts: HandOverParts
  #count = 0

  constructor(parts: HandOverParts) {
    this.#parts = parts
  }

  /** Workflows that were handed over. */
  get count(): number {
    return this.#count
  }

  /** Once nothing is decided any more. */
  async run(): Promise<void> {
    const { desk, port, letGo } = this.#parts
    const core = this.#parts.core()
    await Promise.race([desk.idle(), pause(core, endMs)])
    const groups = new Map<string, LiveRun[]>()
    for (const live of core.runs.all()) {
      const heir = this.#successorOf(live)
      if (heir !== null) groups.set(heir, [...(groups.get(heir) ?? []), live])
    }
    for (const [to, runs] of groups) {
      try {
        // Nothing of ours may start a container that the next one starts too.
        await Promise.race([Promise.all(runs.map(({ uid }) => core.pods.letGo(uid))), pause(core, quietMs)])
        await port.handOver(
          runs.map(({ uid }) => uid),
          to,
        )
        this.#count += runs.length
        core.log.info({ member: to, workflows: runs.length }, 'workflows were handed over')
        for (const live of runs) letGo(live)
      } catch (error) {
        core.log.warn({ member: to, error: String(error) }, 'workflows could not be handed over')
      }
    }
  }

  /** One that reaches every engine that we do, or where no container has begun, one that it may run on. */
  #successorOf(live: LiveRun): string | null {
    const { membership, port, choose } = this.#parts
    const self = membership.find(port.name)
    const others = membership.others().filter(({ isLive, isDraining }) => isLive && !isDraining)
    const hasBegun = live.pods.size > 0
    const able = hasBegun && self !== undefined ? others.filter((member) => reachesAllOf(member, self)) : others
    return able.length === 0 ? null : choose({ spec: live.run.spec }, able)
  }
}
