/** Files into created containers and out of ended ones, by the engine's archive calls. */
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Header, extract, pack } from 'tar-stream'
import { WorldError } from '../../resources/index.ts'
import type { EngineCalls } from './engine-calls.ts'
import { mountOfPath } from './preparation.ts'
import { list, record, textOr } from './wire.ts'

/** Go's mark of a symbolic link in a file mode. */
const goSymlink = 0x8000000

/** @throws WorldError not retryable where an entry lies on a read-only root file system; what the tar itself throws, as it is */
export async function writeTar(
  calls: EngineCalls,
  name: string,
  given: AsyncIterable<Uint8Array>,
  outer?: AbortSignal,
): Promise<void> {
  const broken = new AbortController()
  const tar = Readable.from(given, { objectMode: false })
  tar.on('error', (error) => broken.abort(error))
  const signal = outer ? AbortSignal.any([outer, broken.signal]) : broken.signal
  const options = { query: { path: '/' }, deadlineMs: 0, signal }
  const found = record(await calls.client.json('inspectContainer', 'GET', `/containers/${name}/json`, { signal }))
  if (record(found.HostConfig).ReadonlyRootfs !== true) {
    await calls.client.call('putArchive', 'PUT', `/containers/${name}/archive`, { ...options, tar })
    return
  }
  const targets = list(found.Mounts).map((one) => textOr(record(one).Destination, ''))
  for (const [mount, inside] of await splitByMount(tar, targets)) {
    await calls.client.call('putArchive', 'PUT', `/containers/${name}/archive`, {
      ...options,
      query: { path: mount },
      tar: inside,
    })
  }
}

/** Entries of the tar; what breaks it is thrown here too. */
function extracted(tar: Readable): ReturnType<typeof extract> {
  const entries = extract()
  tar.on('error', (error) => entries.destroy(error))
  return tar.pipe(entries)
}

/** The engine unpacks nothing at the root of a read-only container, but each volume by itself. */
async function splitByMount(tar: Readable, targets: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const byMount = new Map<string, ReturnType<typeof pack>>()
  for await (const entry of extracted(tar)) {
    const path = `/${entry.header.name.replace(/^\.?\/+/, '')}`
    const mount = mountOfPath(path.replace(/\/$/, ''), targets)
    if (mount === null) {
      const isParent = entry.header.type === 'directory' && targets.some((target) => target.startsWith(path))
      entry.resume()
      if (isParent) continue
      throw new WorldError('READ_ONLY_ROOT', `${path} lies on a read-only root file system`, { retryable: false })
    }
    const chunks: Buffer[] = []
    for await (const chunk of entry) chunks.push(chunk as Buffer)
    const inside = byMount.get(mount) ?? pack()
    byMount.set(mount, inside)
    inside.entry({ ...entry.header, pax: undefined, name: `.${path.slice(mount.length)}` }, Buffer.concat(chunks))
  }
  const tars = [...byMount].map(async ([mount, inside]): Promise<[string, Buffer]> => {
    inside.finalize()
    const chunks: Buffer[] = []
    for await (const chunk of inside) chunks.push(chunk as Buffer)
    return [mount, Buffer.concat(chunks)]
  })
  return new Map(await Promise.all(tars))
}

/** A tar of the path, a symlink at its end followed; `null` where nothing stands. @throws WorldError POD_GONE without the container */
export async function readPath(
  calls: EngineCalls,
  name: string,
  path: string,
  signal?: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | null> {
  const get = async (at: string): Promise<Awaited<ReturnType<typeof calls.client.stream>> | null> => {
    const url = `/containers/${name}/archive`
    const stream = await calls.client.stream('getArchive', 'GET', url, { query: { path: at }, allow: [404], signal })
    if (stream.statusCode !== 404) return stream
    // Either the path or the container is not there.
    if (/No such container/i.test(await text(stream)))
      throw new WorldError('POD_GONE', 'pod deleted', { retryable: false })
    return null
  }
  const stream = await get(path)
  if (!stream) return null
  const header = stream.headers['x-docker-container-path-stat']
  const stat = record(JSON.parse(Buffer.from(typeof header === 'string' ? header : 'e30=', 'base64').toString('utf8')))
  const mode = typeof stat.mode === 'number' ? stat.mode : 0
  const target = textOr(stat.linkTarget, '')
  if (Math.floor(mode / goSymlink) % 2 === 0 || target === '') return stream
  stream.destroy()
  const real = await get(target)
  return real && renamed(real, path.replace(/\/+$/, '').split('/').at(-1) ?? '')
}

/** The first part of every entry's name becomes `base`. */
async function* renamed(tar: Readable, base: string): AsyncGenerator<Uint8Array> {
  const out = pack()
  const work = (async () => {
    for await (const entry of extracted(tar)) {
      const [, ...rest] = entry.header.name.split('/')
      const name = [base, ...rest].join('/')
      const header: Header = { ...entry.header, pax: undefined, name }
      await new Promise<void>((resolve, reject) => {
        const sink = out.entry(header, (error) => (error ? reject(error) : resolve()))
        entry.pipe(sink)
      })
    }
    out.finalize()
  })()
  work.catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))))
  for await (const chunk of out) yield chunk as Uint8Array
}
