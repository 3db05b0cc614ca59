/** A registry with one image and one user, as far as `docker pull` asks it. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { pauseProgram } from '../pause-program.ts'
import { tarOf } from '../tar.ts'

export type PrivateRegistry = {
  /** `127.0.0.1:port`, which engines take without TLS. */
  readonly host: string
  readonly image: string
  readonly user: string
  readonly password: string
  close(): void
}

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

export async function startPrivateRegistry(): Promise<PrivateRegistry> {
  const [user, password, repository] = ['keeper', 'of:the/keys+', 'private/pause']
  const program = Buffer.from(process.arch === 'arm64' ? pauseProgram.arm64 : pauseProgram.amd64, 'base64')
  const tar = await tarOf([
    { kind: 'file', path: '/pause', mode: 0o755, content: program },
    // No other image has this layer.
    { kind: 'file', path: '/made', mode: 0o644, content: Buffer.from(`${Date.now()} ${process.pid}`) },
  ])
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Entrypoint: ['/pause'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  )
  const kind = 'application/vnd.docker'
  const manifestType = `${kind}.distribution.manifest.v2+json`
  const part = (mediaType: string, content: Buffer) => ({ mediaType, size: content.length, digest: digestOf(content) })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: part(`${kind}.container.image.v1+json`, config),
      layers: [part(`${kind}.image.rootfs.diff.tar.gzip`, layer)],
    }),
  )
  const blobs = new Map([config, layer].map((content) => [digestOf(content), content]))
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

  const server = createServer(({ headers, url = '', method }, response) => {
    if (headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="private"', 'Content-Type': 'application/json' })
      return void response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')
    }
    const send = (type: string, content: Buffer) => {
      response.writeHead(200, {
        'Content-Type': type,
        'Content-Length': content.length,
        'Docker-Content-Digest': digestOf(content),
      })
      response.end(method === 'HEAD' ? '' : content)
    }
    if (/^\/v2\/?$/.test(url)) return send('application/json', Buffer.from('{}'))
    if (url.startsWith(`/v2/${repository}/manifests/`)) return send(manifestType, manifest)
    const blob = blobs.get(url.split('/').at(-1) ?? '')
    if (blob !== undefined) return send('application/octet-stream', blob)
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { host, image: `${host}/${repository}:1`, user, password, close: () => void server.close() }
}
