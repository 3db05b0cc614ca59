/** A Docker Engine that can go away: its socket, with a switch in between. */
import { rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

export class CutProxy {
  readonly #path: string
  readonly #engine: string
  readonly #open = new Set<Socket>()
  #server: Server | null = null

  /** @param path of the socket to be made @param engine the real engine's */
  constructor(path: string, engine: string) {
    this.#path = path
    this.#engine = engine
  }

  async join(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect({ path: this.#engine, allowHalfOpen: true })
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#open.add(from)
        from.on('close', () => {
          this.#open.delete(from)
          to.destroy()
        })
        from.on('error', () => to.destroy())
        from.pipe(to)
      }
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(this.#path, () => resolve()))
  }

  /** Connections end, new ones are refused. */
  cut(): void {
    this.#server?.close()
    this.#server = null
    for (const socket of this.#open) socket.destroy()
    rmSync(this.#path, { force: true })
  }
}
