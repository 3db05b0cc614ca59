/** Commands to the owner of a workflow: rows that wait for an answer. */
import { randomUUID } from 'node:crypto'
import type { WorkflowUid } from '../../resources/index.ts'
import { unanswered } from '../fault.ts'
import type { FleetCommands } from '../fleet.ts'
import type { Ears } from './fleet-ears.ts'
import type { FleetLink } from './fleet-link.ts'

export class Commands implements FleetCommands {
  readonly #link: FleetLink
  readonly #ears: Ears
  readonly #open = new Map<string, (answer: string) => void>()
  #reading: Promise<void> | null = null
  #isNews = false

  constructor(link: FleetLink, ears: Ears) {
    this.#link = link
    this.#ears = ears
    ears.on((news) => {
      if (news.has('answers')) this.#read()
    })
  }

  async send(uid: WorkflowUid, request: unknown, deadlineMs: number): Promise<unknown> {
    const id = randomUUID()
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<null>((resolve) => (timer = setTimeout(resolve, deadlineMs, null)))
    const answered = new Promise<string>((resolve) => this.#open.set(id, resolve))
    try {
      const sent = this.#put(id, uid, JSON.stringify(request ?? null), deadlineMs)
      const answer = await Promise.race([sent.then(() => answered), late])
      if (answer !== null) return JSON.parse(answer)
    } finally {
      clearTimeout(timer)
      this.#open.delete(id)
      void this.#link
        .transact((client) => client.query('DELETE FROM command WHERE id = $1', [id]))
        .catch(() => undefined) // it is cleared away when it is late
    }
    throw unanswered(uid, deadlineMs)
  }

  async answer(id: string, answer: unknown): Promise<void> {
    const sql = 'UPDATE command SET answer = $2 WHERE id = $1 AND answer IS NULL'
    await this.#link.transact(async (client, epoch) => {
      await this.#link.mustLead(client, epoch)
      await client.query(sql, [id, JSON.stringify(answer ?? null)])
      await this.#link.tell(client, 'answers')
    })
  }

  async #put(id: string, uid: WorkflowUid, request: string, deadlineMs: number): Promise<void> {
    const sql = `INSERT INTO command (id, sender, workflow_uid, request, late_at)
      VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') ON CONFLICT DO NOTHING`
    await this.#link.transact(async (client, epoch) => {
      await this.#link.mustLead(client, epoch)
      await client.query(sql, [id, this.#link.name.lease, uid, request, deadlineMs])
      await this.#link.tell(client, 'commands')
    })
    this.#ears.tell(['commands']) // it may be for ourselves
  }

  #read(): void {
    this.#isNews = true
    this.#reading ??= this.#readOpen().finally(() => (this.#reading = null))
  }

  async #readOpen(): Promise<void> {
    while (this.#isNews && this.#open.size > 0) {
      this.#isNews = false
      const sql = 'SELECT id, answer FROM command WHERE id = ANY($1) AND answer IS NOT NULL'
      const found = await this.#link
        .transact(async (client) => {
          return (await client.query<{ id: string; answer: string }>(sql, [[...this.#open.keys()]])).rows
        })
        .catch(() => [])
      for (const { id, answer } of found) this.#open.get(id)?.(answer)
    }
  }
}
