/** A way to a server that can be made bad: cut, stalled, refused, or deaf in one direction. */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export type Weather = 'fine' | 'stalled' | 'refused'

export type Proxy = {
  readonly url: string
  /** Connections that stood in bad weather never recover; `cut` ends them. */
  become(weather: Weather): void
  /** The answer to the next request that holds the text is lost, and all after it on that connection. */
  muteAfter(text: string): void
  cut(): void
  close(): void
}

export async function proxyTo(url: string): Promise<Proxy> {
  const target = new URL(url)
  let weather: Weather = 'fine'
  let muteAfter: string | null = null
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer((near) => {
    if (weather === 'refused') return near.destroy()
    const far = connect(Number(target.port), target.hostname)
    const pair = [near, far] as const
    pairs.add(pair)
    // What was once held back stays so: half a conversation is of no use to anybody.
    const spoilt = { up: false, down: false }
    near.on('data', (chunk) => {
      spoilt.up ||= weather === 'stalled'
      if (muteAfter !== null && chunk.includes(muteAfter)) {
        spoilt.down = true
        muteAfter = null
      }
      if (!spoilt.up) far.write(chunk)
    })
    far.on('data', (chunk) => {
      spoilt.down ||= weather === 'stalled'
      if (!spoilt.down) near.write(chunk)
    })
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('error', () => undefined)
      one.on('close', () => {
        if (!spoilt.up && !spoilt.down) other.destroy()
        pairs.delete(pair)
      })
    }
    return undefined
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const near = new URL(url)
  near.port = String((server.address() as AddressInfo).port)
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    url: near.href,
    become: (next) => {
      weather = next
    },
    muteAfter: (text) => {
      muteAfter = text
    },
    cut,
    close: () => {
      cut()
      server.close()
    },
  }
}
