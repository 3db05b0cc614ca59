/** Tells a listener what is news to it; what it was told is remembered by numbers, so that nothing is missed while it is cut off. */
import type { WorkflowUid } from '../../resources/index.ts'
import type { Command, FleetListener } from '../fleet.ts'
import type { MemoryDisk } from './disk.ts'
import type { FleetNews } from './fleet-disk.ts'

export class MemoryFollower {
  readonly #disk: MemoryDisk
  readonly #name: string
  readonly #listener: FleetListener
  #seen: number
  #grant = 0
  #commands = new Set<string>()
  #isClosed = false

  constructor(disk: MemoryDisk, name: string, since: number, listener: FleetListener) {
    this.#disk = disk
    this.#name = name
    this.#seen = since
    this.#listener = listener
  }

  close(): void {
    this.#isClosed = true
  }

  look(news: ReadonlySet<FleetNews>): void {
    if (this.#isClosed) return
    if (news.has('members')) this.#listener.members?.()
    if (news.has('changes')) this.#changes()
    if (news.has('owned')) this.#owned()
    if (news.has('grants')) this.#grants()
    if (news.has('commands') || news.has('owned')) this.#orders()
    if (news.has('capacity')) this.#listener.capacity?.()
  }

  #changes(): void {
    const { fleet, version } = this.#disk
    const since = this.#seen
    this.#seen = version
    if (fleet.logFrom === null) return
    if (since < fleet.logFrom) {
      this.#listener.lostTrack?.(`changes up to ${fleet.logFrom} are no longer known, we had read up to ${since}`)
      return
    }
    const events = fleet.log.filter((event) => event.resourceVersion > since && event.member !== this.#name)
    if (events.length > 0) this.#listener.changes?.(events)
  }

  #owned(): void {
    const handed = [...(this.#disk.fleet.handed.get(this.#name) ?? [])]
    this.#disk.fleet.handed.delete(this.#name)
    const ours = handed.filter((uid) => this.#isOurs(uid))
    if (ours.length > 0) this.#listener.owned?.(ours)
  }

  #grants(): void {
    const grants = this.#disk.fleet.grantsAfter(this.#grant, this.#name)
    this.#grant = this.#disk.fleet.lastGrant
    if (grants.length > 0) this.#listener.granted?.(grants)
  }

  #orders(): void {
    const open: Command[] = []
    for (const { id, from, workflowUid, request, answer } of this.#disk.fleet.commands.values())
      if (answer === null && this.#isOurs(workflowUid) && !this.#commands.has(id))
        open.push({ id, from, workflowUid, request: JSON.parse(request) as unknown })
    const known = this.#disk.fleet.commands
    this.#commands = new Set([...this.#commands].filter((id) => known.has(id)))
    for (const { id } of open) this.#commands.add(id)
    if (open.length > 0) this.#listener.commands?.(open)
  }

  #isOurs(uid: WorkflowUid): boolean {
    return this.#disk.workflows.get(uid)?.row.owner === this.#name
  }
}
