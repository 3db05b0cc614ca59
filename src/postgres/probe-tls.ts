/** Asks a server whether it speaks TLS: the protocol's SSLRequest, answered with one letter. */
import { connect } from 'node:net'

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Rejects where nobody answers. */
export function speaksTls(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no answer from ${host}:${port} within ${timeoutMs} ms`)),
    )
    socket.once('connect', () => socket.write(sslRequest))
    socket.once('data', (answer) => {
      resolve(answer[0] === 'S'.charCodeAt(0))
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`${host}:${port} hung up`)))
  })
}
