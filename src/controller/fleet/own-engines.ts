/** The container engines that this controller reaches: what the others are told of them, and our share of their room. */
import type { RuntimeInfo } from '../../runtime/port.ts'
import type { Fleet, FleetEngine } from '../../store/fleet.ts'
import type { ControllerConfig } from '../config.ts'
import type { Core } from '../core.ts'
import { enginesOf } from './engines.ts'
import type { Membership } from './membership.ts'
import { SharedCapacity } from './shared-capacity.ts'

export type OwnEnginesParts = {
  readonly core: () => Core
  readonly port: Fleet
  readonly membership: Membership
  /** Read afresh each time. */
  readonly config: Pick<ControllerConfig, 'capacity'>
}

export class OwnEngines {
  readonly #parts: OwnEnginesParts
  #capacity: SharedCapacity | null = null
  #engines: readonly FleetEngine[] = []
  #wanted: ReadonlySet<string> = new Set()

  constructor(parts: OwnEnginesParts) {
    this.#parts = parts
  }

  /** Nothing starts before its room is known to be ours. */
  begin(): void {
    const { core, port, membership } = this.#parts
    const { clock, log, capacity } = core()
    this.#capacity = new SharedCapacity({
      clock,
      log,
      capacity,
      shares: port.capacity,
      name: port.name,
      members: () => membership.members,
      engines: () => this.#engines,
      onWanted: (engines) => this.#tellWanted(engines),
    })
    capacity.setShares(new Map())
  }

  /** More room may be free, or more wanted. */
  look(): void {
    this.#capacity?.look()
  }

  close(): void {
    this.#capacity?.close()
  }

  /** What the container engine is. */
  async known(info: RuntimeInfo): Promise<void> {
    const { core, config } = this.#parts
    this.#engines = enginesOf(info, config.capacity)
    this.#capacity?.start()
    await this.#tell()
    core().runtime.endpoints?.onChange(() => {
      const { endpoints } = core().runtime
      const now = { ...info, ...(endpoints === undefined ? {} : { endpoints: endpoints.now() }) }
      this.#engines = enginesOf(now, config.capacity)
      this.#capacity?.look()
      void this.#tell().catch(() => undefined)
    })
  }

  /** Our engine answers, or does not: nothing new is given to whom it does not. */
  health(isUp: boolean): void {
    if (this.#parts.core().runtime.endpoints !== undefined || this.#engines.every((engine) => engine.isUp === isUp))
      return
    this.#engines = this.#engines.map((engine) => ({ ...engine, isUp }))
    void this.#tell().catch(() => undefined)
  }

  #tell(): Promise<void> {
    return this.#parts.membership.setEngines(
      this.#engines.map((engine) => (this.#wanted.has(engine.id) ? { ...engine, isWanted: true } : engine)),
    )
  }

  #tellWanted(engines: ReadonlySet<string>): void {
    if (engines.size === this.#wanted.size && [...engines].every((id) => this.#wanted.has(id))) return
    this.#wanted = engines
    void this.#tell().catch(() => undefined)
  }
}
