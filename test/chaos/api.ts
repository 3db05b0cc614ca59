/** The REST API of whichever daemon is in charge. Nothing here throws for a daemon that is away. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Workflow } from '../../src/resources/index.ts'

export type Answer = { readonly status: number; readonly body: unknown; readonly url: string }

const patienceMs = 10_000

export class Api {
  readonly #urls: readonly string[]
  #last = 0

  constructor(urls: readonly string[]) {
    this.#urls = urls
  }

  /** Of the first daemon that is in charge; `null` where none is. */
  async ask(method: string, path: string, body?: object): Promise<Answer | null> {
    for (let index = 0; index < this.#urls.length; index += 1) {
      const at = (this.#last + index) % this.#urls.length
      const answer = await askOne(this.#urls[at] ?? '', method, path, body)
      if (answer === null || answer.status === 503) continue
      this.#last = at
      return answer
    }
    return null
  }

  async isThere(): Promise<boolean> {
    return (await this.ask('GET', '/api/v1/workflows/default?listOptions.limit=1'))?.status === 200
  }

  /** Milliseconds until somebody answered; `null` if nobody did. */
  async whenThere(withinMs: number): Promise<number | null> {
    const began = performance.now()
    while (performance.now() - began < withinMs) {
      if (await this.isThere()) return performance.now() - began
      await sleep(25)
    }
    return null
  }

  async workflows(): Promise<readonly Workflow[] | null> {
    const answer = await this.ask('GET', '/api/v1/workflows/default')
    if (answer?.status !== 200) return null
    return (answer.body as { items?: readonly Workflow[] | null }).items ?? []
  }
}

async function askOne(base: string, method: string, path: string, body?: object): Promise<Answer | null> {
  try {
    const answer = await fetch(`${base}${path}`, {
      method,
      signal: AbortSignal.timeout(patienceMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : parsed(text), url: base }
  } catch {
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
