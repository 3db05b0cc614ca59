/** Hears of news: a connection that listens, and a look from time to time for what was not said or not heard. */
import { keepSession } from '../../postgres/index.ts'
import type { KeptSession, PostgresOptions } from '../../postgres/index.ts'

export const allNews = ['changes', 'owned', 'grants', 'commands', 'answers', 'members', 'capacity'] as const
export type FleetNews = (typeof allNews)[number]
export type NewsSet = ReadonlySet<FleetNews>

export type EarsOptions = {
  readonly server: PostgresOptions
  readonly schema: string
  /** Ours: our own changes are no news. */
  readonly name: string
  readonly pingMs: number
}

/** Everything is looked at this often, whatever was heard. */
const lookMs = 5_000

export class Ears {
  readonly #session: KeptSession
  readonly #listeners = new Set<(news: NewsSet) => void>()
  readonly #timer: ReturnType<typeof setInterval>
  readonly #name: string

  constructor({ server, schema, name, pingMs }: EarsOptions) {
    this.#name = name
    this.#session = keepSession(
      { ...server, applicationName: 'drydock listener' },
      {
        pingMs,
        onUp: async (client) => {
          client.on('notification', ({ payload = '' }) => this.#hear(payload))
          await client.query(`LISTEN "${schema}"`)
          this.tell(allNews)
        },
      },
    )
    this.#timer = setInterval(() => this.tell(allNews), lookMs)
    this.#timer.unref()
  }

  on(listener: (news: NewsSet) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(news: readonly FleetNews[]): void {
    const set = new Set(news)
    for (const listener of this.#listeners) listener(set)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#listeners.clear()
    await this.#session.close()
  }

  #hear(payload: string): void {
    const [what, who] = payload.split(' ')
    const news = allNews.find((one) => one === what)
    if (news !== undefined && !(news === 'changes' && who === this.#name)) this.tell([news])
  }
}
