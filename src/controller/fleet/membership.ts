/** Who is there: tells the others about us, knows what they tell, and says when one has gone. */
import type { Clock } from '../../resources/index.ts'
import { instant } from '../../resources/index.ts'
import type { Fleet, FleetEngine, FleetSelf, Member } from '../../store/fleet.ts'
import { Alarms } from '../alarms.ts'
import { persevere } from '../back-off.ts'
import type { Log } from '../telemetry.ts'

export type MembershipParts = {
  readonly fleet: Pick<Fleet, 'name' | 'present' | 'members'>
  readonly clock: Clock
  readonly log: Log
  readonly host: string
  readonly url: () => string | null
  readonly takeOverAfterMs: number
  /** A member has gone for good, as far as can be told; called again and again while it owns something. */
  readonly onGone: (member: Member) => Promise<void>
  /** The figures were read anew: the store answers. */
  readonly onRefreshed: () => void
}

const lookMsMost = 500
const lookMsLeast = 20

export class Membership {
  readonly #parts: MembershipParts
  readonly #alarms: Alarms
  readonly #ending = new AbortController()
  #engines: readonly FleetEngine[] = []
  #isDraining = false
  #members: readonly Member[] = []
  #told = ''
  #reading: Promise<void> | null = null
  readonly #live = new Map<string, boolean>()

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.#alarms = new Alarms(parts.clock)
  }

  /** As last read. */
  get members(): readonly Member[] {
    return this.#members
  }

  find(name: string): Member | undefined {
    return this.#members.find((member) => member.name === name)
  }

  others(): readonly Member[] {
    return this.#members.filter(({ name }) => name !== this.#parts.fleet.name)
  }

  async start(): Promise<void> {
    await this.#present()
    await this.refresh()
    this.#again()
  }

  async setEngines(engines: readonly FleetEngine[]): Promise<void> {
    this.#engines = engines
    await this.#present()
  }

  /** We take nothing new from now on. */
  async drain(): Promise<void> {
    this.#isDraining = true
    await this.#present()
    await this.refresh()
  }

  /** The URL may be known by now. */
  async tellAgain(): Promise<void> {
    await this.#present()
  }

  close(): void {
    this.#ending.abort()
    this.#alarms.clearAll()
  }

  /** Reads who is there now. */
  refresh(): Promise<void> {
    this.#reading ??= this.#refresh().finally(() => (this.#reading = null))
    return this.#reading
  }

  async #refresh(): Promise<void> {
    const { fleet, log, onRefreshed } = this.#parts
    this.#members = await fleet.members()
    for (const { name, isLive } of this.others()) {
      if (this.#live.get(name) === isLive) continue
      if (this.#live.has(name) || isLive) log.info({ member: name }, isLive ? 'a member is there' : 'a member has gone')
      this.#live.set(name, isLive)
    }
    onRefreshed()
  }

  #again(): void {
    const { clock, takeOverAfterMs } = this.#parts
    // Whoever is gone is taken over from when the time has come, not some time after it.
    const left = this.others().flatMap(({ isLive, goneForMs }) => (isLive ? [] : [takeOverAfterMs - goneForMs]))
    const due = left.filter((ms) => ms > 0)
    const inMs = Math.max(lookMsLeast, Math.min(lookMsMost, takeOverAfterMs / 4, ...due))
    this.#alarms.set('look', instant(Math.ceil(clock.now() + inMs)), () => {
      void this.#look().finally(() => {
        if (!this.#ending.signal.aborted) this.#again()
      })
    })
  }

  async #look(): Promise<void> {
    const { takeOverAfterMs, onGone, log } = this.#parts
    try {
      await this.refresh()
      if (this.#isDraining) return
      for (const member of this.others())
        if (!member.isLive && (member.isDraining || member.goneForMs >= takeOverAfterMs)) await onGone(member)
    } catch (error) {
      if (!this.#ending.signal.aborted) log.debug({ error: String(error) }, 'the other members could not be looked at')
    }
  }

  async #present(): Promise<void> {
    const { fleet, clock, host, url } = this.#parts
    const self: FleetSelf = { host, url: url(), engines: this.#engines, isDraining: this.#isDraining }
    const text = JSON.stringify(self)
    if (text === this.#told) return
    const signal = this.#ending.signal
    await persevere(() => fleet.present(self), { clock, signal })
    this.#told = text
  }
}
